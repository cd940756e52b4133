from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

VALID_DAYS = 14


class AutomotiveAppraisal(models.Model):
    """What we would pay for the car that the customer trades in, and until when."""

    _name = "automotive.appraisal"
    _description = "Appraisal"
    _inherit = ["mail.thread", "mail.activity.mixin", "crm.state.mixin"]
    _order = "id desc"
    _check_company_auto = True

    _transitions = {
        "draft": ("inspected", "refused"),
        "inspected": ("draft", "offered", "refused"),
        "offered": ("inspected", "accepted", "refused", "expired"),
        "accepted": ("offered", "refused"),
        "refused": ("draft",),
        "expired": ("inspected",),
    }

    partner_id = fields.Many2one("res.partner", "Customer", required=True, index=True, check_company=True)
    lead_id = fields.Many2one(
        "crm.lead", "Opportunity", index="btree_not_null", ondelete="set null", check_company=True
    )
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    user_id = fields.Many2one(
        "res.users", "Appraised by", default=lambda self: self.env.user, index=True, check_company=True
    )
    vehicle_id = fields.Many2one(
        "automotive.vehicle",
        "Car",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="Once it is known; until then what the customer says is enough.",
    )
    name = fields.Char("Car in their words", help="For example: Lira 1.2 of 2019, silver.")
    odometer = fields.Integer(
        "Odometer (km)", compute="_compute_odometer", store=True, readonly=False, precompute=True, aggregator=None
    )
    state = fields.Selection(
        [
            ("draft", "To inspect"),
            ("inspected", "Inspected"),
            ("offered", "Offered"),
            ("accepted", "Accepted"),
            ("refused", "Refused"),
            ("expired", "Expired"),
        ],
        default="draft",
        required=True,
        readonly=True,
        index=True,
        copy=False,
        tracking=True,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    expected_price = fields.Monetary("Customer expects", help="In the currency of the company, taxes included.")
    market_price = fields.Monetary("Market price", help="What such a car is sold for, taxes included.")
    cost_ids = fields.One2many("automotive.appraisal.cost", "appraisal_id", "To be done to the car", copy=True)
    cost_total = fields.Monetary("Costs", compute="_compute_cost_total", store=True)
    offered_price = fields.Monetary("We offer", tracking=True, copy=False)
    date_valid = fields.Date("Valid until", tracking=True, copy=False)
    note = fields.Text("Condition")

    _prices_positive = models.Constraint(
        "CHECK (LEAST(expected_price, market_price, offered_price) >= 0)",
        "A price cannot be negative.",
    )

    @api.depends("vehicle_id")
    def _compute_odometer(self):
        for appraisal in self:
            appraisal.odometer = appraisal.odometer or appraisal.vehicle_id.odometer

    @api.depends("cost_ids.amount")
    def _compute_cost_total(self):
        for appraisal in self:
            appraisal.cost_total = sum(appraisal.cost_ids.mapped("amount"))

    @api.depends("vehicle_id.display_name", "name", "partner_id.name")
    def _compute_display_name(self):
        for appraisal in self:
            car = appraisal.vehicle_id.display_name or appraisal.name
            appraisal.display_name = " · ".join(filter(None, [car, appraisal.partner_id.name])) or self.env._(
                "Appraisal"
            )

    # ------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------

    def action_inspect(self):
        """Note that the car was looked at."""
        self.write({"state": "inspected"})

    def action_offer(self):
        """Name the price to the customer, for so many days."""
        today = fields.Date.context_today(self)
        for appraisal in self:
            if not appraisal.offered_price:
                raise UserError(self.env._("Write down what we offer for %(car)s first.", car=appraisal.display_name))
            if not appraisal.date_valid or appraisal.date_valid < today:
                appraisal.date_valid = today + timedelta(days=VALID_DAYS)
            appraisal.state = "offered"

    def action_accept(self):
        """The customer takes the offer; an offer that is over must be looked at again."""
        for appraisal in self:
            if appraisal._is_over():
                raise UserError(
                    self.env._(
                        "The offer for %(car)s was valid until %(day)s. Look at the car again and offer anew.",
                        car=appraisal.display_name, day=appraisal.date_valid,
                    )
                )  # fmt: skip
        self.write({"state": "accepted"})

    def action_refuse(self):
        """The customer keeps the car."""
        self.write({"state": "refused"})

    def action_draft(self):
        """Begin again."""
        self.filtered(lambda appraisal: appraisal.state in ("inspected", "refused")).write({"state": "draft"})

    def _is_over(self):
        """Tell whether the last day of the offer has passed, whether or not anybody noticed."""
        return bool(self.date_valid and self.date_valid < fields.Date.context_today(self))

    def _on_state(self, state):
        """What was decided about the car is the opportunity's next step."""
        super()._on_state(state)
        steps = {
            "accepted": self.env._("Put the trade-in on the quote"),
            "expired": self.env._("The trade-in offer is over: call"),
        }
        if state in steps:
            # sudo: the car was appraised, whoever's opportunity it is.
            self.lead_id.sudo()._ensure_next_step(steps[state])

    @api.model
    def _cron_expire(self):
        """Close the offers that are over, in every company by its own calendar day."""
        over = Domain("state", "=", "offered") & Domain("date_valid", "<", fields.Date.context_today(self))
        self.search(over).write({"state": "expired"})

    def _prepare_adf(self):
        """Return the customer's car as ``tools.adf_writer`` takes it."""
        car = self.vehicle_id
        return {
            "interest": "trade-in",
            "status": "used",
            "year": car.model_year or "",
            "make": car.brand_id.name,
            "model": car.model_id.name or self.name,
            "vin": car.vin,
            "odometer": self.odometer,
            "color": car.color,
        }
