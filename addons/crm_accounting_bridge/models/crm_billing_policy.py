from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import canonical

# What a policy can ask of an order: field, weight (the most specific policy wins), how the order answers.
CRITERIA = (
    ("partner_id", 64, lambda order: order.partner_id | order.partner_id.commercial_partner_id),
    ("sale_order_template_id", 32, lambda order: order.sale_order_template_id),
    (
        "partner_category_id",
        16,
        lambda order: order.partner_id.category_id | order.partner_id.commercial_partner_id.category_id,
    ),
    ("pipeline_id", 8, lambda order: order.opportunity_id.pipeline_id),
    ("team_id", 4, lambda order: order.team_id),
    ("currency_id", 2, lambda order: order.currency_id),
)
DUE = [
    ("trigger", "With the event of the policy"),
    ("manual", "When somebody says it is due"),
]


class CrmBillingPolicy(models.Model):
    """Which accepted quotes are invoiced by themselves, when, in how many parts and how far.

    A quote that no policy fits is invoiced as the host does it.
    """

    _name = "crm.billing.policy"
    _description = "Billing policy"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    user_id = fields.Many2one(
        "res.users",
        "Responsible",
        default=lambda self: self.env.user,
        check_company=True,
        help="Who is told when a quote cannot be invoiced or waits for approval.",
    )

    # Which quotes
    partner_id = fields.Many2one("res.partner", "Customer", check_company=True)
    partner_category_id = fields.Many2one("res.partner.category", "Customer tag")
    sale_order_template_id = fields.Many2one("sale.order.template", "Quotation template", check_company=True)
    pipeline_id = fields.Many2one("crm.pipeline", check_company=True)
    team_id = fields.Many2one("crm.team", "Sales Team", check_company=True)
    currency_id = fields.Many2one("res.currency")
    limit_currency_id = fields.Many2one("res.currency", compute="_compute_limit_currency_id")
    min_total = fields.Monetary("From", currency_field="limit_currency_id", help="Total with taxes; 0 for no limit.")
    max_total = fields.Monetary("Up to", currency_field="limit_currency_id", help="Total with taxes; 0 for no limit.")

    # When and how far
    trigger = fields.Selection(
        [
            ("signed", "The customer signs"),
            ("paid", "The customer pays online"),
            ("confirmed", "The order is confirmed"),
            ("manual", "Somebody says so"),
        ],
        required=True,
        default="signed",
        help="The event that makes an invoice due.",
    )
    mode = fields.Selection(
        [
            ("hold", "Wait for approval, then post"),
            ("draft", "Leave a draft"),
            ("post", "Post"),
            ("send", "Post and send by e-mail"),
        ],
        required=True,
        default="hold",
    )
    journal_id = fields.Many2one(
        "account.journal",
        domain="[('type', '=', 'sale'), ('company_id', '=', company_id)]",
        check_company=True,
        help="By default the journal of the order, or the company's first one for sales.",
    )
    lock_rule = fields.Selection(
        [("block", "Stop and ask"), ("shift", "Post in the next open period")],
        "If the period is closed",
        required=True,
        default="block",
    )
    identity_rule = fields.Selection(
        [("off", "Do not check"), ("companies", "Check companies"), ("always", "Check every customer")],
        "Tax number and address",
        required=True,
        default="off",
        help="Stops before an invoice without the customer's tax number or postal address is made.",
    )

    # In how many parts
    deposit_percent = fields.Float("Deposit (%)", digits=(16, 4))
    line_ids = fields.One2many("crm.billing.policy.line", "policy_id", "Instalments before the last", copy=True)
    final_due = fields.Selection(DUE, "The rest is due", required=True, default="trigger")
    final_delay_days = fields.Integer("Days later", help="Days between the event and the invoice of the rest.")

    _percent_range = models.Constraint(
        "CHECK(deposit_percent >= 0 AND deposit_percent < 100)",
        "A deposit is 0 to less than 100 percent; the rest is invoiced at the end.",
    )

    @api.depends("currency_id", "company_id")
    def _compute_limit_currency_id(self):
        for policy in self:
            policy.limit_currency_id = policy.currency_id or policy.company_id.currency_id

    @api.constrains("line_ids", "deposit_percent")
    def _check_shares(self):
        for policy in self:
            if policy.line_ids and sum(policy.line_ids.mapped("percent")) >= 100:
                raise ValidationError(
                    self.env._(
                        "The instalments of %(policy)s add up to 100%% or more. Leave something for the last invoice:"
                        " it settles the rest to the cent.",
                        policy=policy.name,
                    )
                )

    # ------------------------------------------------------------
    # Finding
    # ------------------------------------------------------------

    @api.model
    def _find_for(self, order, source=None):
        """Return the most specific policy that fits an order, or nothing.

        :param order: one ``sale.order``
        :param source: how it was accepted (``signature``, ``payment``, ``office``); then policies
            whose event this acceptance can never be are left out
        """
        # sudo: which policy applies does not depend on who accepts, and the customer may not read policies.
        policies = self.sudo().search([("company_id", "=", order.company_id.id)])
        fitting = policies.filtered(lambda policy: policy._fits(order.sudo(), source))
        return fitting.sorted(lambda policy: (-policy._get_specificity(), policy.sequence, policy.id))[:1]

    def _fits(self, order, source=None):
        """Tell whether a policy covers an order."""
        self.ensure_one()
        asked = ((self[field], answer(order)) for field, _weight, answer in CRITERIA if self[field])
        return (
            all(value in answers for value, answers in asked)
            and self._fits_total(order)
            and (source is None or self._fits_source(order, source))
        )

    def _fits_total(self, order):
        """Tell whether the order's total is within the limits, in the currency of the limits."""
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

    def _get_reason(self):
        """Return why the policy applies, as one sentence for people."""
        self.ensure_one()
        labels = self.fields_get([field for field, _weight, _answer in CRITERIA])
        parts = [
            self.env._("%(field)s is %(value)s", field=labels[field]["string"], value=self[field].display_name)
            for field, _weight, _answer in CRITERIA
            if self[field]
        ]
        parts += [
            self.env._("%(limit)s %(amount)s", limit=label, amount=self.limit_currency_id.format(self[field]))
            for field, label in (("min_total", self.env._("total from")), ("max_total", self.env._("total up to")))
            if self[field]
        ]
        return ", ".join(parts) or self.env._("for every quote of %(company)s", company=self.company_id.name)

    # ------------------------------------------------------------
    # Instalments
    # ------------------------------------------------------------

    def _get_shares(self):
        """Return how a quote is cut: one dict of instalment values and ``percent`` each, the last one final."""
        self.ensure_one()
        shares = [line._prepare_share() for line in self.line_ids]
        if not shares and self.deposit_percent:
            shares = [{"kind": "deposit", "name": self.env._("Deposit"), "percent": self.deposit_percent}]
        final = {
            "kind": "final",
            "name": self.env._("Balance") if shares else self.env._("Invoice"),
            "percent": 100 - sum(share["percent"] for share in shares),
            "due": self.final_due,
            "delay_days": self.final_delay_days,
        }
        return [*shares, final]

    def _prepare_snapshot(self):
        """Return the policy as it was when a quote was accepted under it."""
        self.ensure_one()
        return {
            "id": self.id,
            "name": self.name,
            "trigger": self.trigger,
            "mode": self.mode,
            "lock_rule": self.lock_rule,
            "shares": [{**share, "percent": canonical.number(share["percent"])} for share in self._get_shares()],
        }
