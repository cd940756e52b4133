from odoo import fields, models
from odoo.exceptions import UserError


class CrmQuoteRefuse(models.TransientModel):
    """The customer said no, on the telephone or at the counter: note why."""

    _name = "crm.quote.refuse"
    _description = "Quote Refused by the Customer"

    order_id = fields.Many2one("sale.order", "Quote", required=True)
    reason_id = fields.Many2one("crm.lost.reason")
    message = fields.Text("In the customer's words")

    def action_refuse(self):
        """Cancel the quote as refused.

        :raise UserError: it is not with the customer
        """
        self.ensure_one()
        order = self.order_id
        if order.state not in ("draft", "sent"):
            raise UserError(self.env._("%s is not open any more, so it cannot be refused.", order.name))
        order._action_cancel()
        order._on_quote_refused(self.reason_id, self.message)
        return {"type": "ir.actions.act_window_close"}
