from odoo import models

from ..tools import canonical


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _get_billing_content(self):
        """Return what the customer accepts with this line, as plain data."""
        self.ensure_one()
        return {
            "kind": self.display_type or "",
            "product": self.product_id.id,
            "name": self.name or "",
            "quantity": canonical.number(self.product_uom_qty),
            "unit": self.product_uom_id.id,
            "price": canonical.number(self.price_unit),
            "discount": canonical.number(self.discount),
            "taxes": [
                [tax.id, tax.amount_type, canonical.number(tax.amount), bool(tax.price_include)]
                for tax in self.tax_ids.sorted("id")
            ],
            "total": canonical.number(self.price_total),
        }

    def _get_billing_labels(self):
        """Return the line as text for people."""
        self.ensure_one()
        return {
            "name": self.name or "",
            "quantity": f"{canonical.number(self.product_uom_qty)} {self.product_uom_id.name or ''}".strip(),
            "price": self.currency_id.format(self.price_unit),
            "discount": canonical.number(self.discount, 2),
            "taxes": ", ".join(self.tax_ids.mapped("name")),
            "total": self.currency_id.format(self.price_total),
        }
