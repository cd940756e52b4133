from odoo import fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    billing_acceptance_id = fields.Many2one(
        "crm.billing.acceptance",
        "Accepted quote",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    billing_installment_id = fields.Many2one(
        "crm.billing.installment", "Instalment", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    billing_joined_installment_ids = fields.Many2many(
        "crm.billing.installment",
        "crm_billing_installment_move_rel",
        "move_id",
        "installment_id",
        "Joined instalments",
        readonly=True,
        copy=False,
    )

    # Whatever happens above: an instalment has one invoice.
    _billing_installment_unique = models.UniqueIndex(
        "(billing_installment_id) WHERE billing_installment_id IS NOT NULL"
        " AND state != 'cancel' AND move_type = 'out_invoice'",
        "This instalment of the accepted quote already has an invoice.",
    )

    def _get_order_amount(self, order):
        """Return how much of an order this invoice bills, with its sign.

        An invoice of one order counts with its total; of one that joins orders, only the lines count.
        """
        self.ensure_one()
        sign = -1 if self.move_type == "out_refund" else 1
        lines = self.invoice_line_ids.filtered(lambda line: order in line.sale_line_ids.order_id)
        if self.invoice_line_ids.sale_line_ids.order_id == order:
            return sign * self.amount_total
        return sign * sum(lines.mapped("price_total"))
