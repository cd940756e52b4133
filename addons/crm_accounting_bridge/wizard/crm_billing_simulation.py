from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_date

from odoo.addons.crm_core.exceptions import JobBlocked


class CrmBillingSimulation(models.TransientModel):
    """Tell what a quote would become if it was accepted now: policy, documents, what would stop them."""

    _name = "crm.billing.simulation"
    _description = "Billing preview"

    order_id = fields.Many2one("sale.order", "Quote", required=True)
    source = fields.Selection(
        [("signature", "Signed by the customer"), ("payment", "Paid online"), ("office", "Confirmed by us")],
        "Accepted how",
        compute="_compute_source",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    policy_id = fields.Many2one("crm.billing.policy", compute="_compute_result")
    result_html = fields.Html("Documents", compute="_compute_result", sanitize=False)

    @api.depends("order_id")
    def _compute_source(self):
        for simulation in self:
            order = simulation.order_id
            if order.require_signature or order.signature:
                simulation.source = "signature"
            else:
                simulation.source = "payment" if order.require_payment else "office"

    @api.depends("order_id", "source")
    def _compute_result(self):
        for simulation in self:
            order = simulation.order_id
            if not order:
                simulation.policy_id = simulation.result_html = False
                continue
            order.check_access("read")
            rows = order.env["crm.billing.policy"]._explain(order, simulation.source)
            chosen = next((row["policy"] for row in rows if row["chosen"]), order.env["crm.billing.policy"])
            simulation.policy_id = chosen
            simulation.result_html = self.env["ir.qweb"]._render(
                "crm_accounting_bridge.simulation", {"rows": rows, "order": order, **simulation._get_result(chosen)}
            )

    def _get_result(self, policy):
        """Return the documents a policy makes of the quote, and what would stop the first one.

        :return: a dict: ``documents`` (list of dicts name, amount, when) and ``problems`` (list of sentences)
        """
        self.ensure_one()
        if not policy:
            return {"documents": [], "problems": []}
        # sudo: the preview reads the books as the job would; the screen shows sentences about this quote only.
        order = self.order_id.sudo().with_company(self.order_id.company_id)
        policy = policy.with_env(order.env)
        rest = order.amount_total - order._get_billed_amount()
        parts = policy._cut(rest, order.currency_id)
        return {
            "documents": [
                {
                    "name": share["name"],
                    "kind": share["kind"],
                    "amount": order.currency_id.format(amount),
                    "when": self._get_when(policy, share),
                }
                for share, amount in parts
            ],
            "problems": self._get_problems(policy, order, *parts[0]),
        }

    def _get_when(self, policy, share):
        """Return when an instalment is invoiced, in words."""
        trigger = policy.trigger if share["due"] == "trigger" else share["due"]
        words = {
            **dict(policy._fields["trigger"]._description_selection(self.env)),
            "delivered": self.env._("Everything is delivered"),
            "delivery_date": self._get_delivery_words(share),
            "manual": self.env._("Somebody says so"),
        }
        event = policy.milestone_event if share["due"] == "trigger" else share["milestone_event"]
        events = dict(policy._get_milestone_events())
        text = events.get(event, words[trigger]) if trigger == "milestone" else words[trigger]
        delay = share["delay_days"]
        return self.env._("%(event)s, %(days)s days later", event=text, days=delay) if delay else text

    def _get_delivery_words(self, share):
        order = self.order_id
        if not order.commitment_date:
            return self.env._("On the delivery date, which the quote does not have yet")
        return format_date(self.env, order.commitment_date + timedelta(days=share["delay_days"]))

    def _get_problems(self, policy, order, share, amount):
        """Return what would stop the first invoice today, as sentences."""
        acceptance = order.env["crm.billing.acceptance"].new(
            {"order_id": order.id, "company_id": order.company_id.id, "policy_id": policy.id, "trigger": policy.trigger}
        )
        part = order.env["crm.billing.installment"].new({"acceptance_id": acceptance.id, "amount": amount, **share})
        job = order.env["crm.billing.job"].new(
            {
                "op": "invoice",
                "order_id": order.id,
                "company_id": order.company_id.id,
                "acceptance_id": acceptance.id,
                "installment_id": part.id,
                "amount": amount,
            }
        )
        problems = []
        for check in [name for name in job._get_standing_checks() if self._may_show(name)]:
            try:
                getattr(job, check)()
            except JobBlocked as error:
                problems.append(str(error))
        return problems

    def _may_show(self, check):
        """Tell whether the user may know the outcome of a check: not everybody sees what a customer owes."""
        return check != "_check_credit" or self.env.user._may_read_receivables()
