from odoo import api, fields, models
from odoo.exceptions import UserError

MAX_HOURS = 72


class AutomotiveTestDrive(models.Model):
    """A customer drives one of our cars for a while. A car is out once at a time: the database says so."""

    _name = "automotive.test.drive"
    _description = "Test Drive"
    _inherit = ["automotive.slot.mixin"]
    _order = "start desc, id desc"
    _check_company_auto = True

    _slot_states = ("confirmed", "out")
    _slot_resource = "vehicle_id"

    _transitions = {
        "requested": ("confirmed", "cancelled"),
        "confirmed": ("requested", "out", "no_show", "cancelled"),
        "out": ("done",),
        "done": (),
        "no_show": ("confirmed",),
        "cancelled": ("requested", "confirmed"),
    }

    lead_id = fields.Many2one(
        "crm.lead", "Opportunity", index="btree_not_null", ondelete="set null", check_company=True
    )
    model_id = fields.Many2one("fleet.vehicle.model", "Model wanted", index="btree_not_null")
    vehicle_id = fields.Many2one(
        "automotive.vehicle",
        "Car",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        tracking=True,
        domain="[('kind', '!=', 'customer')]",
    )
    state = fields.Selection(selection_add=[("out", "On the road"), ("done",)], ondelete={"out": "set default"})

    # Handing over and back
    licence_seen = fields.Boolean("Driving licence seen", copy=False, help="Seen by us, valid today and for this car.")
    signature = fields.Image("Customer's signature", max_width=1024, max_height=1024, copy=False)
    signed_by = fields.Char(copy=False)
    odometer_out = fields.Integer("Odometer at the start (km)", copy=False, aggregator=None)
    odometer_in = fields.Integer("Odometer at the end (km)", copy=False, aggregator=None)

    # What they thought
    interest = fields.Selection([("yes", "Wants it"), ("maybe", "Undecided"), ("no", "Not for them")], copy=False)
    comment = fields.Text("What they said", copy=False)

    _positive = models.Constraint("CHECK (stop > start)", "A test drive must end after it begins.")
    _short = models.Constraint(
        f"CHECK (stop - start <= interval '{MAX_HOURS} hours')", f"A test drive lasts {MAX_HOURS} hours at most."
    )
    _car_needed = models.Constraint(
        "CHECK (vehicle_id IS NOT NULL OR state NOT IN ('confirmed', 'out', 'done'))",
        "Choose the car before the test drive is confirmed.",
    )
    # int4range makes plain integers fit for GiST without the btree_gist extension.
    _car_overlap = models.Constraint(
        "EXCLUDE USING gist (int4range(vehicle_id, vehicle_id, '[]') WITH =, tsrange(start, stop, '[)') WITH &&)"
        " WHERE (state IN ('confirmed', 'out'))",
        "The car is promised to somebody else at that time. Choose another time or another car.",
    )

    @api.depends("vehicle_id", "model_id", "partner_id", "start")
    def _compute_display_name(self):
        for drive in self:
            car = drive.vehicle_id.display_name or drive.model_id.display_name
            drive.display_name = " · ".join(filter(None, [car, drive.partner_id.name])) or self.env._("Test drive")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_driven(self):
        for drive in self.filtered(lambda drive: drive.state in ("out", "done")):
            raise UserError(self.env._("%(drive)s took place and is kept.", drive=drive.display_name))

    # ------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------

    def action_confirm(self):
        """Promise the car."""
        for drive in self.filtered(lambda drive: not drive.vehicle_id):
            raise UserError(self.env._("Choose the car for %(drive)s first.", drive=drive.display_name))
        self.write({"state": "confirmed"})

    def action_start(self):
        """Hand the keys over: only to somebody whose licence was seen."""
        for drive in self:
            if not drive.licence_seen:
                raise UserError(
                    self.env._(
                        "Look at the driving licence of %(name)s first, then tick it.", name=drive.partner_id.name
                    )
                )
            drive.write({"state": "out", "odometer_out": drive.odometer_out or drive.vehicle_id.odometer})

    def action_done(self):
        """Take the keys back."""
        for drive in self:
            if drive.odometer_in and drive.odometer_in < drive.odometer_out:
                raise UserError(
                    self.env._(
                        "%(car)s cannot come back with fewer kilometres (%(now)s) than it left with (%(then)s).",
                        car=drive.vehicle_id.display_name, now=drive.odometer_in, then=drive.odometer_out,
                    )
                )  # fmt: skip
        self.write({"state": "done"})

    def _on_state(self, state):
        """A finished drive is an event of its opportunity and begins the next step."""
        super()._on_state(state)
        for drive in self:
            if state == "done":
                drive._on_done()
            elif state == "no_show":
                drive._plan_next_step(self.env._("Nobody came: arrange another test drive"))

    def _on_done(self):
        if self.odometer_in > self.vehicle_id.odometer:
            self.vehicle_id.odometer = self.odometer_in
        self._plan_next_step(self.env._("Ask how the test drive was, and quote"))
        # sudo: the drive took place, whoever's opportunity it is.
        self.lead_id.sudo()._on_stage_event("test_drive_done")
        if not self.interest and self.user_id:
            summary = self.env._("Write down what %(name)s said", name=self.partner_id.name)
            self.activity_schedule("mail.mail_activity_data_todo", summary=summary, user_id=self.user_id.id)

    def _plan_next_step(self, summary):
        # sudo: as above; the step goes to the opportunity's own salesperson.
        self.lead_id.sudo()._ensure_next_step(summary)

    def _prepare_event(self):
        return {**super()._prepare_event(), "opportunity_id": self.lead_id.id}
