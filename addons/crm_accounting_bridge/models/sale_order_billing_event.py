from odoo import api, fields, models


class SaleOrder(models.Model):
    """What an accepted quote may wait for: milestones and deliveries."""

    _inherit = "sale.order"

    billing_events = fields.Json(copy=False, help="Milestones that happened: code and when (UTC).")

    @api.model
    def _awaits_milestone(self, event):
        """Policies say what their instalments wait for."""
        return event in self.env["crm.billing.policy"]._get_used_events() or super()._awaits_milestone(event)

    def _on_milestone(self, event):
        """Remember the event where a policy asks for it, and queue what it makes due."""
        result = super()._on_milestone(event)
        # sudo: a vertical tells what happened as whoever did it; only our own jobs are made.
        orders = self.sudo()
        if orders and event in orders.env["crm.billing.policy"]._get_used_events():
            orders._billing_note_event(event)
        return result

    def _billing_note_event(self, event):
        """Keep when something happened first, and make due what waited for it."""
        now = fields.Datetime.to_string(fields.Datetime.now())
        for order in self.filtered(lambda order: event not in (order.billing_events or {})):
            order.billing_events = {**(order.billing_events or {}), event: now}
        self._get_last_acceptance()._enqueue_due()

    def _get_last_acceptance(self):
        """Return what the customers accepted last, one for each order that has any."""
        last = [order.billing_acceptance_ids.sorted("revision")[-1:].id for order in self]
        return self.env["crm.billing.acceptance"].browse(filter(None, last))

    def _is_billing_delivered(self):
        """Tell whether everything of the order is delivered, down payments and notes aside."""
        self.ensure_one()
        lines = self.order_line.filtered(lambda line: not line.display_type and not line.is_downpayment)
        return all(line.product_uom_id.compare(line.qty_delivered, line.product_uom_qty) >= 0 for line in lines)

    def _get_billing_product_categories(self):
        """Return the categories of the products and all above them."""
        self.ensure_one()
        paths = self.order_line.product_id.categ_id.mapped("parent_path")
        return self.env["product.category"].browse({int(part) for path in paths for part in path.split("/") if part})
