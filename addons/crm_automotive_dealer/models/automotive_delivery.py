from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class AutomotiveDelivery(models.Model):
    """A car goes to its new owner: the list is checked, the customer signs, and from then on the car is theirs."""

    _name = "automotive.delivery"
    _description = "Delivery"
    _inherit = ["automotive.satisfaction.mixin", "crm.state.mixin"]
    _order = "date_planned desc, id desc"
    _rec_name = "vehicle_id"
    _check_company_auto = True

    _transitions = {"planned": ("delivered", "cancelled"), "delivered": (), "cancelled": ("planned",)}

    order_id = fields.Many2one("sale.order", index="btree_not_null", check_company=True, ondelete="restrict")
    lead_id = fields.Many2one("crm.lead", "Opportunity", index="btree_not_null", check_company=True)
    partner_id = fields.Many2one("res.partner", "Customer", required=True, index=True, check_company=True)
    vehicle_id = fields.Many2one(
        "automotive.vehicle", "Car", required=True, index=True, check_company=True, ondelete="restrict", tracking=True
    )
    appraisal_id = fields.Many2one("automotive.appraisal", "Trade-in", check_company=True, index="btree_not_null")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    user_id = fields.Many2one("res.users", "Salesperson", default=lambda self: self.env.user, check_company=True)
    date_planned = fields.Datetime("Planned for", required=True, default=fields.Datetime.now, tracking=True)
    date_delivered = fields.Date("Delivered on", readonly=True, copy=False)
    state = fields.Selection(
        [("planned", "Planned"), ("delivered", "Delivered"), ("cancelled", "Cancelled")],
        default="planned",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    check_ids = fields.One2many(
        "automotive.delivery.check", "delivery_id", "To be checked", default=lambda self: self._default_checks()
    )
    missing_count = fields.Integer("Not checked", compute="_compute_missing_count")
    odometer = fields.Integer("Odometer (km)", copy=False, aggregator=None)
    warranty_months = fields.Integer(
        "Warranty (months)", default=36, help="Three years for a new car: RDLeg 1/2007 art. 120, for Spain."
    )
    signature = fields.Image("Customer's signature", max_width=1024, max_height=1024, copy=False)
    signed_by = fields.Char(copy=False)
    note = fields.Text("Remarks")

    _one_open = models.UniqueIndex(
        "(vehicle_id) WHERE state = 'planned'", "The delivery of this car is planned already. Cancel that one first."
    )
    _warranty_positive = models.Constraint("CHECK (warranty_months >= 0)", "A warranty cannot end before it begins.")

    @api.model
    def _default_checks(self):
        """Begin with the dealer's own list."""
        items = self.env["automotive.delivery.item"].search([("company_id", "in", [False, self.env.company.id])])
        return [fields.Command.create({"name": item.name, "required": item.required}) for item in items]

    @api.depends("check_ids.done", "check_ids.required")
    def _compute_missing_count(self):
        for delivery in self:
            delivery.missing_count = len(delivery.check_ids.filtered(lambda check: check.required and not check.done))

    # ------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------

    def action_deliver(self):
        """Hand the car over."""
        for delivery in self:
            delivery._check_complete()
        self.write({"state": "delivered"})

    def _check_complete(self):
        """Refuse to hand over what is not ready.

        :raise UserError: something is not checked, or nobody signed
        """
        missing = self.check_ids.filtered(lambda check: check.required and not check.done)
        if missing:
            names = ", ".join(missing.mapped("name"))
            raise UserError(
                self.env._(
                    "%(car)s is not ready. Check first: %(names)s.", car=self.vehicle_id.display_name, names=names
                )
            )
        if not self.signature:
            raise UserError(self.env._("Let %(name)s sign for the car first.", name=self.partner_id.name))

    def action_cancel(self):
        """Give the delivery up."""
        self.write({"state": "cancelled"})

    def action_plan(self):
        """Plan it after all."""
        self.write({"state": "planned"})

    def _on_state(self, state):
        """From the delivery on the car is the customer's, the warranty runs, and the sale is won."""
        super()._on_state(state)
        if state == "delivered":
            for delivery in self:
                delivery._on_delivered()

    def _on_delivered(self):
        today = fields.Date.context_today(self)
        self.date_delivered = today
        self.vehicle_id._change_owner(self.partner_id, today)
        values = {"kind": "customer", "warranty_until": today + relativedelta(months=self.warranty_months)}
        if self.odometer > self.vehicle_id.odometer:
            values["odometer"] = self.odometer
        self.vehicle_id.write(values)
        self._take_trade_in(today)
        # sudo: the car was handed over, whoever's opportunity it is.
        self.lead_id.sudo()._on_stage_event("vehicle_delivered")
        self._plan_question()

    def _get_satisfaction_template(self):
        return self.env.ref("crm_automotive_dealer.mail_template_satisfaction_delivery")

    def _take_trade_in(self, day):
        """From now on the car that was traded in is one of ours to sell."""
        taken = self.appraisal_id.vehicle_id
        if self.appraisal_id.state == "accepted" and taken:
            taken.party_ids.filtered(lambda party: party.role == "owner" and not party.date_to).date_to = day
            taken.kind = "used"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_delivered(self):
        for delivery in self.filtered(lambda delivery: delivery.state == "delivered"):
            raise UserError(self.env._("The delivery of %(car)s took place and is kept.", car=delivery.display_name))
