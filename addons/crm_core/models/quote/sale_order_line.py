from odoo import fields, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    revised_line_id = fields.Many2one(
        "sale.order.line",
        "Line it revises",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The same line in the revision before.",
    )

    def copy_data(self, default=None):
        """In a revision, each line knows which one it was."""
        data = super().copy_data(default)
        if self.env.context.get("crm_quote_revision"):
            return [{**vals, "revised_line_id": line.id} for line, vals in zip(self, data, strict=True)]
        return data

    def _get_revision_content(self):
        """Return what may differ between revisions of this line as plain data; amounts in the quote's currency."""
        self.ensure_one()
        return {
            "name": (self.name or "").strip(),
            "quantity": self.product_uom_qty,
            "unit": self.product_uom_id.name or "",
            "price": self.price_unit,
            "discount": self.discount,
            "tax": ", ".join(self.tax_ids.mapped("name")),
            "subtotal": self.price_subtotal,
        }
