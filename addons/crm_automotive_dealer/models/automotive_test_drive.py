from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import clean_context, format_datetime

# A drive in one of these states has its car.
BLOCKING = ("confirmed", "out")
SLOT_FIELDS = {"state", "start", "stop", "vehicle_id"}
EVENT_FIELDS = SLOT_FIELDS | {"user_id", "partner_id", "lead_id"}
MAX_HOURS = 72
# Set while the drive writes its meeting, so that the meeting does not write back.
SYNC_GUARD = "crm_automotive_test_drive_sync"


class AutomotiveTestDrive(models.Model):
    """A customer drives one of our cars for a while. A car is out once at a time: the database says so."""

    _name = "automotive.test.drive"
    _description = "Test Drive"
    _inherit = ["mail.thread", "mail.activity.mixin", "crm.state.mixin"]
    _order = "start desc, id desc"
    _check_company_auto = True

    _transitions = {
        "requested": ("confirmed", "cancelled"),
        "confirmed": ("requested", "out", "no_show", "cancelled"),
        "out": ("done",),
        "done": (),
        "no_show": ("confirmed",),
        "cancelled": ("requested", "confirmed"),
    }

    partner_id = fields.Many2one("res.partner", "Customer", required=True, index=True, check_company=True)
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
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    user_id = fields.Many2one(
        "res.users", "Salesperson", default=lambda self: self.env.user, index=True, tracking=True, check_company=True
    )
    start = fields.Datetime("From", required=True, tracking=True, default=lambda self: self._default_start())
    stop = fields.Datetime("Until", required=True, compute="_compute_stop", store=True, readonly=False, precompute=True)
    state = fields.Selection(
        [
            ("requested", "Requested"),
            ("confirmed", "Confirmed"),
            ("out", "On the road"),
            ("done", "Done"),
            ("no_show", "Nobody came"),
            ("cancelled", "Cancelled"),
        ],
        default="requested",
        required=True,
        readonly=True,
        index=True,
        copy=False,
        tracking=True,
    )
    calendar_event_id = fields.Many2one(
        "calendar.event", "Meeting", index="btree_not_null", ondelete="set null", readonly=True, copy=False
    )

    # Handing over and back
    licence_seen = fields.Boolean("Driving licence seen", copy=False, help="Seen by us, valid today and for this car.")
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

    @api.model
    def _default_start(self):
        """Propose tomorrow at this hour: the car must be there and clean."""
        return fields.Datetime.now().replace(minute=0, second=0) + timedelta(days=1)

    @api.depends("start")
    def _compute_stop(self):
        for drive in self:
            late = drive.start and not (drive.stop and drive.stop > drive.start)
            drive.stop = drive.start + timedelta(hours=1) if late else drive.stop

    @api.depends("vehicle_id", "model_id", "partner_id", "start")
    def _compute_display_name(self):
        for drive in self:
            car = drive.vehicle_id.display_name or drive.model_id.display_name
            drive.display_name = " · ".join(filter(None, [car, drive.partner_id.name])) or self.env._("Test drive")

    # ------------------------------------------------------------
    # Creating and writing
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """A drive that comes confirmed takes its car once everything else is known."""
        taking = [vals.get("state") if vals.get("state") in BLOCKING else None for vals in vals_list]
        pairs = zip(vals_list, taking, strict=True)
        prepared = [{**vals, "state": "requested"} if state else vals for vals, state in pairs]
        drives = super().create(prepared)
        for drive, state in zip(drives, taking, strict=True):
            if state:
                drive.write({"state": state})
        return drives

    def write(self, vals):
        """Check the car's time before it is taken; keep the calendar in step."""
        if vals.keys() & SLOT_FIELDS:
            for drive in self:
                drive._check_free(vals)
        result = super().write(vals)
        if vals.keys() & EVENT_FIELDS and not self.env.context.get(SYNC_GUARD):
            self._push_event()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_driven(self):
        for drive in self.filtered(lambda drive: drive.state in ("out", "done")):
            raise UserError(self.env._("%(drive)s took place and is kept.", drive=drive.display_name))

    def unlink(self):
        """The meeting goes with its drive."""
        # sudo: the meeting is the drive's shadow, whoever deletes the drive.
        events = self.calendar_event_id.sudo().with_context(**{SYNC_GUARD: True})
        result = super().unlink()
        events.unlink()
        return result

    def _check_free(self, vals):
        """Refuse a time at which the car is promised, and name the drive in the way.

        :raise ValidationError: the car is not free
        """
        self.ensure_one()
        after = self.new({}, origin=self)
        after.update({name: vals[name] for name in vals.keys() & SLOT_FIELDS})
        if after.state not in BLOCKING or not (after.vehicle_id and after.start and after.stop):
            return
        clash = (
            Domain("id", "!=", self.id)
            & Domain("vehicle_id", "=", after.vehicle_id._origin.id or after.vehicle_id.id)
            & Domain("state", "in", BLOCKING)
            & Domain("start", "<", after.stop)
            & Domain("stop", ">", after.start)
        )
        # sudo: a colleague's drive counts as well.
        other = self.sudo().search(clash, limit=1)
        if other:
            raise ValidationError(self._get_clash_message(other))

    def _get_clash_message(self, other):
        return self.env._(
            "%(car)s is promised to %(customer)s from %(start)s to %(stop)s. Choose another time or another car.",
            car=other.vehicle_id.display_name,
            customer=other.partner_id.name,
            start=format_datetime(self.env, other.start, dt_format="short"),
            stop=format_datetime(self.env, other.stop, dt_format="short"),
        )

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

    def action_no_show(self):
        """Note that nobody came."""
        self.write({"state": "no_show"})

    def action_cancel(self):
        """Give the car free."""
        self.write({"state": "cancelled"})

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

    # ------------------------------------------------------------
    # Calendar
    # ------------------------------------------------------------

    def _push_event(self):
        """Make the meeting say what the drive says."""
        for drive in self:
            # sudo: the meeting is the drive's shadow; colleagues may not write each other's calendars.
            # pylint: disable-next=context-overridden
            event = drive.calendar_event_id.sudo().with_context(drive._get_event_context())
            if drive.state in BLOCKING and not event:
                drive.calendar_event_id = event.create(drive._prepare_event())
            elif drive.state in BLOCKING:
                event.write(drive._prepare_event())
            elif event and drive.state in ("requested", "cancelled"):
                event.active = False

    @api.model
    def _get_event_context(self):
        """Return the context for writing meetings: the customer gets no invitation nobody meant to send."""
        quiet = {"no_mail_to_attendees": True, "skip_attendee_notification": True}
        return {**clean_context(self.env.context), SYNC_GUARD: True, **quiet}

    def _prepare_event(self):
        """Return the values of the meeting."""
        self.ensure_one()
        return {
            "name": self.env._("Test drive: %(drive)s", drive=self.display_name),
            "start": self.start,
            "stop": self.stop,
            "allday": False,
            "active": True,
            "user_id": self.user_id.id,
            "partner_ids": [Command.set((self.user_id.partner_id | self.partner_id).ids)],
            "opportunity_id": self.lead_id.id,
        }
