from odoo import fields, models

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
        if self.display_type:
            return {"kind": self.display_type, "name": self.name or ""}
        return {
            "kind": "",
            "name": self.name or "",
            "quantity": f"{canonical.number(self.product_uom_qty)} {self.product_uom_id.name or ''}".strip(),
            "price": self.currency_id.format(self.price_unit),
            "discount": canonical.number(self.discount, 2),
            "taxes": ", ".join(self.tax_ids.mapped("name")),
            "total": self.currency_id.format(self.price_total),
        }

    def _billing_restore(self, values):
        """Write what was accepted, as :meth:`_get_billing_content` gave it."""
        if self.display_type or not self:
            self.name = values["name"]
            return
        self.write(
            {
                "product_id": values["product"],
                "name": values["name"],
                "product_uom_id": values["unit"],
                "product_uom_qty": float(values["quantity"]),
                "price_unit": float(values["price"]),
                "discount": float(values["discount"]),
                "tax_ids": [fields.Command.set([tax[0] for tax in values["taxes"]])],
            }
        )
