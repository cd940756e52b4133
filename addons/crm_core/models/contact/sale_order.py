from odoo import models


class SaleOrder(models.Model):
    """Quotes and orders are events in the life of their customer."""

    _inherit = "sale.order"

    def write(self, vals):
        sent = self.filtered(lambda order: order.state == "draft") if vals.get("state") == "sent" else self.browse()
        result = super().write(vals)
        sent.partner_id._on_lifecycle_event("quote")
        return result

    def _action_confirm(self):
        result = super()._action_confirm()
        self.partner_id._on_lifecycle_event("order")
        return result
