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

    def _get_quote_cost(self):
        """Return what the line costs us, in the quote's currency."""
        self.ensure_one()
        order = self.order_id
        # sudo: the percentage is shown, not the cost of the product.
        product = self.product_id.sudo().with_company(order.company_id)
        quantity = self.product_uom_id._compute_quantity(self.product_uom_qty, product.uom_id, round=False)
        date = order.date_order or fields.Datetime.now()
        cost = product.cost_currency_id._convert(product.standard_price, order.currency_id, order.company_id, date)
        return cost * quantity if product else 0.0

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
