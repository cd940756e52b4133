from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

from ..tools import canonical, split

DUE = [
    ("trigger", "With the event of the policy"),
    ("milestone", "When this happens"),
    ("delivered", "When everything is delivered"),
    ("delivery_date", "On the delivery date of the quote"),
    ("manual", "When somebody says it is due"),
]


class CrmBillingPolicy(models.Model):
    """Which accepted quotes are invoiced by themselves, when, in how many parts and how far.

    A quote that no policy fits is invoiced as the host does it.
    """

    _name = "crm.billing.policy"
    _description = "Billing policy"
    _inherit = ["crm.cached.mixin"]
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
    product_category_id = fields.Many2one(
        "product.category", "Product category", help="A quote with at least one product of it or of one below it."
    )
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
            ("delivered", "Everything is delivered"),
            ("milestone", "Something else happens"),
            ("manual", "Somebody says so"),
        ],
        required=True,
        default="signed",
        help="The event that makes an invoice due.",
    )
    milestone_event = fields.Selection(
        selection="_get_milestone_events", string="What happens", help="An event of the opportunity or of the quote."
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
    approval_limit = fields.Monetary(
        "Approval only above",
        currency_field="company_currency_id",
        help="Up to this amount with taxes an invoice needs no approval; 0: every invoice needs it.",
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company currency")
    invoice_date_rule = fields.Selection(
        [
            ("today", "The day it is made"),
            ("due", "The day it became due"),
            ("acceptance", "The day the quote was accepted"),
        ],
        "Invoice date",
        required=True,
        default="today",
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
    credit_rule = fields.Selection(
        [("off", "Do not check"), ("warn", "Invoice and say so"), ("hold", "Stop and ask")],
        "Above the credit limit",
        required=True,
        default="off",
        help="The limit on the contact, against what the customer owes and this invoice.",
    )
    require_po_ref = fields.Boolean(
        "Needs the customer's order number", help="Stops until the customer's reference is on the quote."
    )
    grouping_rule = fields.Selection(
        [("acceptance", "An invoice for each accepted quote"), ("customer", "One invoice for each customer")],
        "Joining quotes",
        required=True,
        default="acceptance",
        help="Only last invoices are joined, of the same customer, address, currency, taxes and payment terms.",
    )
    grouping_period = fields.Selection(
        [("now", "What is due at the same time"), ("week", "At the end of the week"), ("month", "At the month's end")],
        "When joined",
        required=True,
        default="now",
    )
    group_by_reference = fields.Boolean("Apart for each order number", default=True)
    group_by_opportunity = fields.Boolean("Apart for each opportunity")

    cash_rounding_id = fields.Many2one(
        "account.cash.rounding",
        help="The last invoice is rounded so that it can be paid in cash; the others are cut so that they can be.",
    )

    # In how many parts
    deposit_percent = fields.Float("Deposit (%)", digits=(16, 4))
    line_ids = fields.One2many("crm.billing.policy.line", "policy_id", "Instalments before the last", copy=True)
    final_due = fields.Selection(DUE, "The rest is due", required=True, default="trigger")
    final_event = fields.Selection(selection="_get_milestone_events", string="What makes the rest due")
    final_delay_days = fields.Integer("Days later", help="Days between the event and the invoice of the rest.")
    final_name = fields.Char("Name of the rest", translate=True, help="By default “Balance”; for example “Retention”.")

    _percent_range = models.Constraint(
        "CHECK(deposit_percent >= 0 AND deposit_percent < 100)",
        "A deposit is 0 to less than 100 percent; the rest is invoiced at the end.",
    )

    _event_named = models.Constraint(
        "CHECK(trigger != 'milestone' OR milestone_event IS NOT NULL)", "Say what has to happen."
    )
    _final_event_named = models.Constraint(
        "CHECK(final_due != 'milestone' OR final_event IS NOT NULL)", "Say what makes the rest due."
    )

    @api.model
    def _get_milestone_events(self):
        """Return the events that verticals and the suite know: those that move a stage."""
        return self.env["crm.stage"]._fields["stage_event"]._description_selection(self.env)

    @api.model
    @tools.ormcache()
    def _get_configured_company_ids(self):
        """Return the ids of the companies that have a policy: in the others a quote costs what it costs the host."""
        # sudo: the answer is the same for everybody.
        groups = self.sudo()._read_group([("active", "=", True)], ["company_id"])
        return frozenset(company.id for (company,) in groups)

    @api.model
    @tools.ormcache()
    def _get_used_events(self):
        """Return the codes of the events that some policy waits for."""
        # sudo: the answer is the same for everybody.
        policies = (
            self.sudo()
            .with_context(active_test=False)
            .search(
                [
                    "|",
                    ("trigger", "=", "milestone"),
                    "|",
                    ("final_due", "=", "milestone"),
                    ("line_ids.due", "=", "milestone"),
                ]
            )
        )
        return frozenset(
            {
                *policies.mapped("milestone_event"),
                *policies.mapped("final_event"),
                *policies.line_ids.mapped("milestone_event"),
            }
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
    # Instalments
    # ------------------------------------------------------------

    def _get_shares(self):
        """Return how a quote is cut: one dict of instalment values and ``percent`` each, the last one final."""
        self.ensure_one()
        shares = [line._prepare_share() for line in self.line_ids]
        if not shares and self.deposit_percent:
            name, percent = self.env._("Deposit"), self.deposit_percent
            shares = [{"kind": "deposit", "name": name, "percent": percent, "due": "trigger", "delay_days": 0}]
        final = {
            "kind": "final",
            "name": self.final_name or (self.env._("Balance") if shares else self.env._("Invoice")),
            "percent": 100 - sum(share["percent"] for share in shares),
            "due": self.final_due,
            "milestone_event": self.final_event if self.final_due == "milestone" else False,
            "delay_days": self.final_delay_days,
        }
        return [*shares, final]

    def _cut(self, rest, currency):
        """Return the parts of an amount as pairs of instalment values and amount; parts of zero are left out.

        The last one is always the regular invoice of the rest: down payments of fixed amounts and
        one regular invoice add up to the cent, percentages and split quantities do not.

        :param rest: what is still to be invoiced, with taxes, in ``currency``
        """
        shares = self._get_shares()
        if currency.compare_amounts(rest, 0) <= 0:
            return [(shares[-1], rest)]
        coin = self.cash_rounding_id.rounding
        amounts = split.split(rest, [share["percent"] for share in shares], currency.rounding, coin)
        pairs = zip(shares, amounts, strict=True)
        parts = [(share, amount) for share, amount in pairs if amount or share is shares[-1]]
        return parts[:-1] if len(parts) > 1 and not parts[-1][1] else parts

    def action_simulate(self):
        """Ask what a quote would become."""
        return self.env["ir.actions.act_window"]._for_xml_id("crm_accounting_bridge.crm_billing_simulation_action")

    def _prepare_snapshot(self):
        """Return the policy as it was when a quote was accepted under it."""
        self.ensure_one()
        return {
            "id": self.id,
            "name": self.name,
            "trigger": self.trigger,
            "mode": self.mode,
            "milestone_event": self.milestone_event or "",
            **{name: self[name] for name in ("lock_rule", "credit_rule", "grouping_rule", "invoice_date_rule")},
            "approval_limit": canonical.number(self.approval_limit),
            "shares": [{**share, "percent": canonical.number(share["percent"])} for share in self._get_shares()],
        }

    def _get_joining_time(self, due):
        """Return when an instalment is invoiced (UTC): when it is due, or at the end of its week or month.

        :param due: a moment (UTC)
        """
        self.ensure_one()
        if self.grouping_rule != "customer" or self.grouping_period == "now":
            return due
        return fields.Datetime.end_of(due, self.grouping_period).replace(microsecond=0)
