from odoo import fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    revision_number = fields.Integer(default=1, readonly=True, copy=False)
    accepted_revision = fields.Integer(
        readonly=True, copy=False, help="The last revision the customer accepted; 0 when none was."
    )

    def write(self, vals):
        """Sending a quote, by mail or by hand, is an event of its opportunity."""
        sent = self.filtered(lambda order: order.state == "draft") if vals.get("state") == "sent" else self.browse()
        result = super().write(vals)
        sent.opportunity_id._on_stage_event("quote_sent")
        return result

    def action_draft(self):
        """What was accepted and is opened again is another revision."""
        accepted = self.filtered(lambda order: order.accepted_revision == order.revision_number)
        result = super().action_draft()
        for order in accepted.filtered(lambda order: order.state == "draft"):
            order.revision_number += 1
        return result

    def _action_confirm(self):
        """Tell, once for each revision, that the customer accepted."""
        result = super()._action_confirm()
        fresh = self.filtered(lambda order: order.accepted_revision < order.revision_number)
        for source, orders in fresh.grouped(lambda order: order._get_acceptance_source()).items():
            for order in orders:
                order.accepted_revision = order.revision_number
            orders._on_quote_accepted(source)
        return result

    def _get_acceptance_source(self):
        """Return how the customer accepted: ``payment``, ``signature`` or ``office``."""
        self.ensure_one()
        paid = self.sudo().transaction_ids.filtered(lambda tx: tx.state in ("authorized", "done"))
        if paid and self.require_payment:
            return "payment"
        return "signature" if self.signature else "office"

    def _on_quote_accepted(self, source):
        """Do what an accepted quote starts; to be extended.

        Called once for each revision, inside the transaction that accepts, whatever the way.
        Must not raise for reasons the customer cannot help.

        :param source: ``signature``, ``payment`` or ``office``
        """
        # sudo: the customer who signs in the portal may not move our opportunity.
        self.sudo().opportunity_id._on_stage_event("quote_accepted")
