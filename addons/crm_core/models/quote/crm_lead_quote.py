from odoo import fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    primary_quote_id = fields.Many2one(
        "sale.order",
        "Primary quote",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        domain="[('opportunity_id', '=', id), ('state', '!=', 'cancel')]",
        help="The quote the expected revenue is taken from, where the pipeline says so.",
    )
    quote_revenue = fields.Boolean(related="pipeline_id.quote_revenue")

    def write(self, vals):
        """Another primary quote is another expected revenue."""
        result = super().write(vals)
        if vals.get("primary_quote_id"):
            self._sync_quote_revenue()
        return result

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), "primary_quote_id"]

    def _prepare_opportunity_quotation_context(self):
        """A new quote starts with the template of the pipeline."""
        context = super()._prepare_opportunity_quotation_context()
        template = self.pipeline_id.quote_template_id
        return {**context, "default_sale_order_template_id": template.id} if template else context

    def _choose_primary_quote(self, orders, kind):
        """Follow the quotes: the first one sent, its revisions, and whatever is accepted.

        :param orders: the quotes something happened to
        :param kind: what happened, see ``crm.quote.event``
        """
        for order in orders.filtered("opportunity_id.quote_revenue"):
            lead, primary = order.opportunity_id, order.opportunity_id.primary_quote_id
            open_ = primary.state in ("draft", "sent", "sale")
            if kind == "accepted" or (kind == "sent" and not open_):
                lead.primary_quote_id = order
            elif kind == "superseded" and primary == order:
                lead.primary_quote_id = order.superseded_by_id

    def _sync_quote_revenue(self):
        """Take the expected revenue from the primary quote, in the currency of the opportunity's company."""
        for lead in self.filtered(lambda lead: lead.quote_revenue and lead.primary_quote_id):
            order, currency = lead.primary_quote_id, lead.company_currency
            date = order.date_order or fields.Datetime.now()
            amount = order.currency_id._convert(order.amount_untaxed, currency, order.company_id, date)
            if currency.compare_amounts(amount, lead.expected_revenue):
                lead.expected_revenue = amount

    def _lose_refused(self, reason):
        """Where the pipeline says so, an opportunity whose last open quote was refused is lost.

        :param reason: the ``crm.lost.reason`` the customer gave, perhaps none
        """
        leads = self.filtered(lambda lead: lead.pipeline_id.quote_refused_lost and lead.won_status == "pending")
        lost = leads.filtered(lambda lead: all(order.state == "cancel" for order in lead.order_ids))
        if lost:
            lost.action_set_lost(lost_reason_id=reason.id)
