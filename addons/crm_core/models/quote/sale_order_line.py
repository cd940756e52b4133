from odoo import api, fields, models

#: What discount and margin are made of.
PRICING = {"product_id", "product_uom_qty", "product_uom_id", "price_unit", "discount"}


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

    @api.model_create_multi
    def create(self, vals_list):
        """What the customer may sign already does not leave the limits by one more line.

        No constraint: those run as the superuser, whom no limit binds.
        """
        lines = super().create(vals_list)
        lines.order_id._check_sent_within_limits()
        return lines

    def write(self, vals):
        """Nor does it by a change of the line."""
        result = super().write(vals)
        if PRICING.intersection(vals):
            self.order_id._check_sent_within_limits()
        return result

    def unlink(self):
        """A line with a good margin that goes may leave a bad one."""
        orders = self.order_id
        result = super().unlink()
        orders._check_sent_within_limits()
        return result

    def copy_data(self, default=None):
        """In a revision, each line knows which one it was."""
        data = super().copy_data(default)
        if self.env.context.get("crm_quote_revision"):
            return [{**vals, "revised_line_id": line.id} for line, vals in zip(self, data, strict=True)]
        return data

    def _get_quote_list_price(self):
        """Return the unit price before anybody gave a discount.

        What was noted when the line was made, or what the price list says if that is more: a program, or an import, may
        note anything. Once the quote is sent, a list that went up since is no discount, until somebody changes a line.
        """
        self.ensure_one()
        noted = self.technical_price_unit
        checked = self.order_id.state == "draft" or self.env.context.get("crm_core_quote_changed")
        return max(noted, self._get_display_price()) if checked and self.product_id else noted

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
