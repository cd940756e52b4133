from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _on_validity_extended(self):
        """The customer, too, is told again before the new end."""
        super()._on_validity_extended()
        # sudo: marks of the system, which nobody writes himself.
        marks = self.env["crm.mail.rule.sent"].sudo()
        told = [("model", "=", self._name), ("res_id", "in", self.ids), ("rule_id.event", "=", "quote_expiring")]
        marks.with_context(active_test=False).search(told).unlink()
