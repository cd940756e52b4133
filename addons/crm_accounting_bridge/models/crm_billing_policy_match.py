from odoo import api, fields, models, tools

# What a policy can ask of an order: field, weight (the most specific policy wins), how the order answers.
CRITERIA = (
    ("partner_id", 128, lambda order: order.partner_id | order.partner_id.commercial_partner_id),
    ("sale_order_template_id", 64, lambda order: order.sale_order_template_id),
    (
        "partner_category_id",
        32,
        lambda order: order.partner_id.category_id | order.partner_id.commercial_partner_id.category_id,
    ),
    ("product_category_id", 16, lambda order: order._get_billing_product_categories()),
    ("pipeline_id", 8, lambda order: order.opportunity_id.pipeline_id),
    ("team_id", 4, lambda order: order.team_id),
    ("currency_id", 2, lambda order: order.currency_id),
)


class CrmBillingPolicy(models.Model):
    """Which policy fits a quote, and why."""

    _inherit = "crm.billing.policy"

    @api.model
    def _find_for(self, order, source=None):
        """Return the most specific policy that fits an order, or nothing.

        :param order: one ``sale.order``
        :param source: how it was accepted (``signature``, ``payment``, ``office``); then policies
            whose event this acceptance can never be are left out
        """
        fitting = self._get_ranked(order).filtered(lambda policy: not policy._get_misfit(order.sudo(), source))
        return fitting[:1]

    @api.model
    def _get_ranked(self, order):
        """Return the policies of the order's company, the most specific first."""
        # sudo: which policy applies does not depend on who accepts, and the customer may not read policies.
        return self.sudo().browse(self._get_ranked_ids(order.company_id.id))

    @api.model
    @tools.ormcache("company_id")
    def _get_ranked_ids(self, company_id):
        """Return the ids of the policies of a company, the most specific first."""
        policies = self.sudo().with_context(active_test=True).search([("company_id", "=", company_id)])
        ranked = policies.sorted(lambda policy: (-policy._get_specificity(), policy.sequence, policy.id))
        return tuple(ranked.ids)

    def _get_misfit(self, order, source=None):
        """Return what keeps a policy from covering an order: the name of a criterion, ``total``, ``source`` or None."""
        self.ensure_one()
        for field, _weight, answer in CRITERIA:
            if self[field] and self[field] not in answer(order):
                return field
        if not self._fits_total(order):
            return "total"
        if source is not None and not self._fits_source(order, source):
            return "source"
        return None

    def _fits_total(self, order):
        """Tell whether the order's total is within the limits, in the currency of the limits."""
        if not (self.min_total or self.max_total):
            return True
        currency = self.limit_currency_id
        total = order.currency_id._convert(
            order.amount_total, currency, order.company_id, order.date_order or fields.Date.today()
        )
        return (not self.min_total or currency.compare_amounts(total, self.min_total) >= 0) and (
            not self.max_total or currency.compare_amounts(total, self.max_total) <= 0
        )

    def _fits_source(self, order, source):
        """Tell whether the event of the policy happened or can still happen."""
        return self.trigger != "signed" or source == "signature" or bool(order.signature)

    def _get_specificity(self):
        """Return a number that is higher the more a policy asks for."""
        self.ensure_one()
        return sum(weight for field, weight, _answer in CRITERIA if self[field]) + bool(
            self.min_total or self.max_total
        )

    # ------------------------------------------------------------
    # Words
    # ------------------------------------------------------------

    def _get_reason(self):
        """Return why the policy applies, as one sentence for people."""
        self.ensure_one()
        asked = [field for field, _weight, _answer in CRITERIA if self[field]]
        labels = self.fields_get(asked, ["string"]) if asked else {}
        parts = [
            self.env._("%(field)s is %(value)s", field=labels[field]["string"], value=self[field].display_name)
            for field in asked
        ]
        parts += self._get_limits()
        return ", ".join(parts) or self.env._("for every quote of %(company)s", company=self.company_id.name)

    def _get_limits(self):
        """Return the limits of the total, as text."""
        return [
            self.env._("%(limit)s %(amount)s", limit=label, amount=self.limit_currency_id.format(self[field]))
            for field, label in (("min_total", self.env._("total from")), ("max_total", self.env._("total up to")))
            if self[field]
        ]

    def _explain(self, order, source=None):
        """Return how each policy of the company stands to an order, the best first.

        :param source: how the order is accepted, as for :meth:`_find_for`
        :return: a list of dicts: ``policy``, ``fits`` (bool), ``chosen`` (bool, at most one) and ``reason``
            (one sentence)
        """
        found = self._find_for(order, source)
        rows = []
        for policy in self._get_ranked(order):
            misfit = policy._get_misfit(order.sudo(), source)
            rows.append(
                {
                    "policy": policy,
                    "fits": not misfit,
                    "chosen": policy == found,
                    "reason": policy._get_misfit_reason(misfit) if misfit else policy._get_reason(),
                }
            )
        return rows

    def _get_misfit_reason(self, misfit):
        """Return why the policy does not apply, as one sentence."""
        if misfit == "total":
            return self.env._("the total is not in its limits: %(limits)s", limits=", ".join(self._get_limits()))
        if misfit == "source":
            return self.env._("only for quotes that the customer signs")
        return self.env._(
            "%(field)s is not %(value)s",
            field=self.fields_get([misfit], ["string"])[misfit]["string"],
            value=self[misfit].display_name,
        )
