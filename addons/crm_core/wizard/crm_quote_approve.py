from odoo import fields, models


class CrmQuoteApprove(models.TransientModel):
    """Ask for an approval, or decide about it, and say why."""

    _name = "crm.quote.approve"
    _description = "Approval of a Quote: ask or decide"

    order_id = fields.Many2one("sale.order", "Quote", required=True)
    reason = fields.Char(related="order_id.approval_reason")
    mode = fields.Selection([("ask", "Ask"), ("decide", "Decide")], required=True, default="ask")
    request_note = fields.Text("Why it is asked", compute="_compute_request_note")
    note = fields.Text("Why")

    def _compute_request_note(self):
        for wizard in self:
            wizard.request_note = wizard.order_id._get_request().note

    def action_ask(self):
        """Ask for the approval."""
        self.order_id._request_approval(self.note)
        return {"type": "ir.actions.act_window_close"}

    def action_approve(self):
        """Approve what was asked."""
        self.order_id._get_request()._decide("approved", self.note)
        return {"type": "ir.actions.act_window_close"}

    def action_refuse(self):
        """Refuse what was asked."""
        self.order_id._get_request()._decide("refused", self.note)
        return {"type": "ir.actions.act_window_close"}
