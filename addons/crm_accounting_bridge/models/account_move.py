from markupsafe import Markup

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
    no_reminder = fields.Boolean(
        "No reminders", copy=False, help="Disputed: the customer is not reminded of this invoice."
    )

    # Whatever happens above: an instalment has one invoice.
    _billing_installment_unique = models.UniqueIndex(
        "(billing_installment_id) WHERE billing_installment_id IS NOT NULL"
        " AND state != 'cancel' AND move_type = 'out_invoice'",
        "This instalment of the accepted quote already has an invoice.",
    )

    def message_post_with_source(self, source_ref, **kwargs):
        """Leave it to the job to say where its invoices come from, for all of them at once: nobody follows them yet."""
        if source_ref == "mail.message_origin_link" and "crm_accounting_bridge_invoice_values" in self.env.context:
            return self.env["mail.message"]
        return super().message_post_with_source(source_ref, **kwargs)

    def _log_quotes(self):
        """Note on new invoices which quotes they are made from."""
        bodies = {}
        for move in self:
            quotes = Markup(", ").join(order._get_html_link() for order in move.line_ids.sale_line_ids.order_id)
            bodies[move.id] = self.env._("Made from %(quotes)s, as it was accepted.", quotes=quotes)
        self._message_log_batch(bodies)

    def _get_agreed_total(self):
        """Return the total as the quote has it: without what rounding to coins added or took."""
        self.ensure_one()
        rounding = self.line_ids.filtered(lambda line: line.display_type == "rounding")
        return self.amount_total - self.direction_sign * sum(rounding.mapped("amount_currency"))

    def _get_order_amount(self, order):
        """Return how much of an order this invoice bills, with its sign.

        An invoice of one order counts with its total; of one that joins orders, only the lines count.
        """
        self.ensure_one()
        sign = -1 if self.move_type == "out_refund" else 1
        lines = self.invoice_line_ids.filtered(lambda line: order in line.sale_line_ids.order_id)
        if self.invoice_line_ids.sale_line_ids.order_id == order:
            return sign * self._get_agreed_total()
        return sign * sum(lines.mapped("price_total"))

    def _get_billing_acceptances(self):
        """Return the accepted quotes these invoices bill."""
        return self.billing_acceptance_id | self.billing_joined_installment_ids.acceptance_id

    def _invoice_paid_hook(self):
        """A paid invoice is news for the opportunity; the last one moves it."""
        result = super()._invoice_paid_hook()
        # sudo: whoever books the payment, the opportunity of the quote hears of it.
        for move in self.sudo().filtered(lambda move: move.move_type == "out_invoice"):
            move._tell_opportunities()
        return result

    def _tell_opportunities(self):
        """Note the payment on the opportunities, and the event when nothing is open any more."""
        for acceptance in self._get_billing_acceptances().filtered("order_id.opportunity_id"):
            lead = acceptance.order_id.opportunity_id
            amount = self.currency_id.format(self.amount_total)
            lead._message_log(
                body=self.env._("Invoice %(invoice)s of %(amount)s was paid.", invoice=self.name, amount=amount)
            )
            if acceptance._is_settled():
                lead._on_stage_event("invoice_paid")
