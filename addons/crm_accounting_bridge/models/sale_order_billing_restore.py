from odoo import fields, models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    """Putting an order back as the customer accepted it."""

    _inherit = "sale.order"

    def _billing_reopen(self, reason):
        """Set the order back to a quotation as its next revision; its open jobs end."""
        self.ensure_one()
        if self.locked:
            self.action_unlock()
        self._action_cancel()
        self.action_draft()
        self.message_post(body=reason)

    def _billing_restore_accepted(self):
        """Undo what was changed in lines and terms since the last acceptance.

        Lines that came later stay with quantity zero, for the host does not let them be deleted.

        :raise UserError: the order still differs: another customer, another currency, a line that is gone
        """
        self.ensure_one()
        acceptance = self._get_last_acceptance()
        snapshot = acceptance.snapshot
        content = snapshot["content"]
        was_locked = self.locked
        if was_locked:
            self.action_unlock()
        kept = self.env["sale.order.line"]
        for line_id, values in zip(snapshot.get("line_ids", []), content["lines"], strict=False):
            line = self.order_line.filtered(lambda line, line_id=line_id: line.id == line_id)
            line._billing_restore(values)
            kept |= line
        later = self.order_line.filtered(lambda line: not line.is_downpayment) - kept
        later.filtered("display_type").unlink()
        later.filtered(lambda line: not line.display_type).product_uom_qty = 0
        self.write(
            {"payment_term_id": content["terms"]["payment_term"] or False, "note": content["terms"]["note"] or False}
        )
        if was_locked:
            self.action_lock()
        if not acceptance._covers_order():
            raise UserError(
                self.env._(
                    "%(order)s cannot be put back by itself: customer, currency or a line is not the one that was"
                    " accepted. Have it accepted again.",
                    order=self.name,
                )
            )
        self.message_post(
            body=self.env._("Put back as it was accepted on %s.", fields.Date.to_string(acceptance.accepted_on.date()))
        )
