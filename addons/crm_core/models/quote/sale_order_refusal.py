from odoo import fields, models


class SaleOrder(models.Model):
    """What happens when the customer says no."""

    _inherit = "sale.order"

    refusal_reason_id = fields.Many2one(
        "crm.lost.reason", "Refused because", readonly=True, copy=False, ondelete="restrict", index="btree_not_null"
    )
    refusal_message = fields.Text("Customer's words", readonly=True, copy=False)

    def action_draft(self):
        """Opened again, the quote waits for another answer."""
        result = super().action_draft()
        refused = self.filtered(lambda order: order.refusal_reason_id or order.refusal_message)
        refused.write({"refusal_reason_id": False, "refusal_message": False})
        return result

    def _get_refusal_reasons(self):
        """Return the reasons a customer may choose from."""
        # sudo: for the customer, who reads nothing of ours; only what is meant for him.
        return self.env["crm.lost.reason"].sudo().search([("customer_choice", "=", True)])

    def _on_quote_refused(self, reason=None, message=None):
        """Note why quotes were refused, and let their opportunities follow; call it after cancelling them.

        :param reason: a ``crm.lost.reason``, perhaps none
        :param message: the customer's own words
        """
        reason = reason or self.env["crm.lost.reason"]
        message = (message or "").strip()
        self.write({"refusal_reason_id": reason.id, "refusal_message": message or False})
        note = " – ".join(filter(None, (reason.name, message[:200])))
        fresh = self._on_quote_event("refused", note)
        # sudo: the customer decides about the quote; what that means for the opportunity is the pipeline's rule.
        fresh.sudo().opportunity_id._lose_refused(reason)
