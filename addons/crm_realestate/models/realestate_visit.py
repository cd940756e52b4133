from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command, Domain
from odoo.tools import clean_context, format_datetime

# A visit in one of these states occupies its agent and its property.
BLOCKING = ("planned", "confirmed")
SLOT_FIELDS = {"state", "start", "stop", "user_id", "property_id", "buffer_min"}
EVENT_FIELDS = SLOT_FIELDS | {"partner_ids", "lead_id"}
# Set while one side writes the other, so that it does not write back.
SYNC_GUARD = "crm_realestate_visit_sync"
MAX_HOURS = 12
# So far ahead is looked for a moment to propose.
PROPOSED_DAYS = 7


class RealestateVisit(models.Model):
    """Somebody shows a property to somebody. An agent and a property are at one visit at a time.

    The visit is the truth; its calendar event follows it, and moves it when it is moved.
    """

    _name = "realestate.visit"
    _description = "Property Visit"
    _inherit = ["mail.thread", "mail.activity.mixin", "crm.document.mixin", "crm.state.mixin"]
    _order = "start desc, id desc"
    _check_company_auto = True

    _transitions = {
        "draft": ("planned", "confirmed", "cancelled"),
        "planned": ("draft", "confirmed", "done", "no_show", "cancelled"),
        "confirmed": ("planned", "done", "no_show", "cancelled"),
        "done": (),
        "no_show": ("planned",),
        "cancelled": ("draft", "planned"),
    }

    property_id = fields.Many2one("realestate.property", required=True, index=True, ondelete="restrict", tracking=True)
    company_id = fields.Many2one(related="property_id.company_id", store=True)
    user_id = fields.Many2one(
        "res.users",
        "Agent",
        required=True,
        index=True,
        tracking=True,
        domain="[('share', '=', False)]",
        default=lambda self: self.env.user,
    )
    partner_ids = fields.Many2many("res.partner", string="Visitors")
    lead_id = fields.Many2one(
        "crm.lead", "Opportunity", index="btree_not_null", ondelete="set null", check_company=True
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("planned", "Planned"),
            ("confirmed", "Confirmed"),
            ("done", "Done"),
            ("no_show", "Nobody came"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="draft",
        index=True,
        copy=False,
        tracking=True,
    )

    # When
    start = fields.Datetime(required=True, index=True, tracking=True, default=lambda self: self._default_start())
    stop = fields.Datetime("End", required=True, compute="_compute_stop", store=True, readonly=False, precompute=True)
    buffer_min = fields.Integer(
        "Travel (minutes)",
        default=lambda self: self.env.company.realestate_visit_buffer,
        help="Kept free for the agent before and after, to get there and away.",
    )
    block_start = fields.Datetime(compute="_compute_block", store=True)
    block_stop = fields.Datetime(compute="_compute_block", store=True)
    calendar_event_id = fields.Many2one(
        "calendar.event", "Meeting", index="btree_not_null", ondelete="set null", readonly=True, copy=False
    )

    # Feedback
    interest = fields.Selection([("yes", "Interested"), ("maybe", "Undecided"), ("no", "Not interested")], copy=False)
    rating = fields.Selection([(str(star), str(star)) for star in range(6)], default="0", copy=False)
    comment = fields.Text("What they said", copy=False)

    _positive = models.Constraint("CHECK (stop > start)", "A visit must end after it begins.")
    _short = models.Constraint(
        f"CHECK (stop - start <= interval '{MAX_HOURS} hours')", f"A visit lasts {MAX_HOURS} hours at most."
    )
    _buffer_positive = models.Constraint("CHECK (buffer_min >= 0)", "The travel cannot take less than no time.")
    # int4range makes plain integers fit for GiST without the btree_gist extension.
    _agent_overlap = models.Constraint(
        "EXCLUDE USING gist (int4range(user_id, user_id, '[]') WITH =, tsrange(block_start, block_stop, '[)') WITH &&)"
        " WHERE (state IN ('planned', 'confirmed'))",
        "The agent has another visit at that time. Choose another time or another agent.",
    )
    _property_overlap = models.Constraint(
        "EXCLUDE USING gist (int4range(property_id, property_id, '[]') WITH =, tsrange(start, stop, '[)') WITH &&)"
        " WHERE (state IN ('planned', 'confirmed'))",
        "The property is shown to others at that time. Choose another time.",
    )

    @api.model
    def _default_start(self):
        """Propose when the agent and the property are free, else the next full hour at which the agency is open."""
        moment = fields.Datetime.now().replace(minute=0, second=0) + timedelta(hours=1)
        prop = self.env["realestate.property"].browse(self.env.context.get("default_property_id"))
        user = self.env["res.users"].browse(self.env.context.get("default_user_id")) or self.env.user
        free = self._find_free_slots(prop, user, moment, moment + timedelta(days=PROPOSED_DAYS), limit=1)
        return free[0] if free else self.env.company._get_next_open(moment)

    @api.depends("start")
    def _compute_stop(self):
        for visit in self:
            if visit.start and not (visit.stop and visit.stop > visit.start):
                visit.stop = visit.start + timedelta(hours=1)
            else:
                visit.stop = visit.stop

    @api.depends("start", "stop", "buffer_min")
    def _compute_block(self):
        for visit in self:
            around = timedelta(minutes=visit.buffer_min)
            visit.block_start = visit.start and visit.start - around
            visit.block_stop = visit.stop and visit.stop + around

    @api.depends("property_id", "start")
    def _compute_display_name(self):
        for visit in self:
            moment = visit.start and format_datetime(self.env, visit.start, dt_format="short")
            visit.display_name = " · ".join(filter(None, [visit.property_id.display_name, moment]))

    # ------------------------------------------------------------
    # Creating and writing
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Take the slot of visits that come planned only once everything else is known."""
        default_state = self.default_get(["state"]).get("state", "draft")
        states = [vals.get("state", default_state) for vals in vals_list]
        prepared = [
            {**vals, "state": "draft" if state in BLOCKING else state}
            for vals, state in zip(vals_list, states, strict=True)
        ]
        visits = super().create(prepared)
        for visit, state in zip(visits, states, strict=True):
            if state in BLOCKING:
                visit.write({"state": state})
        return visits

    def write(self, vals):
        """Check the slot before it is taken; keep the calendar in step."""
        if vals.keys() & SLOT_FIELDS:
            for visit in self:
                visit._check_slot(visit._prepare_slot(vals))
        result = super().write(vals)
        if vals.keys() & EVENT_FIELDS and not self.env.context.get(SYNC_GUARD):
            self._push_event()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_event(self):
        # sudo: the event is the visit's shadow, whoever deletes the visit.
        self.calendar_event_id.sudo().with_context(**{SYNC_GUARD: True}).unlink()

    def _on_state(self, state):
        """A finished visit is an event of its opportunity; what it left open is somebody's next step."""
        super()._on_state(state)
        self._note_matches(state)
        if state == "done":
            # sudo: the promoter's list of clients is kept whoever shows the unit.
            self.env["realestate.registration"].sudo()._on_first_visit(self)
            for visit in self:
                visit._on_done()
        elif state == "no_show":
            for visit in self:
                visit._plan_next_step(self.env._("Nobody came: arrange another visit"))

    def _note_matches(self, state):
        """Tell the matches of the visitors with the property what came of them."""
        for visit in self:
            clients = Domain("demand_id.partner_id", "in", visit.partner_ids.ids)
            if visit.lead_id:
                clients |= Domain("demand_id.lead_id", "=", visit.lead_id.id)
            # sudo: the visit happened, whoever's demand it answers.
            matches = self.env["realestate.match"].sudo()
            matches.search(Domain("property_id", "=", visit.property_id.id) & clients)._follow_visit(state)

    def _on_done(self):
        """Move the opportunity on and ask for the feedback that is missing."""
        self._plan_next_step(self.env._("Follow up the visit of %(property)s", property=self.property_id.display_name))
        # sudo: the visit happened, whoever's opportunity it is.
        self.lead_id.sudo()._on_stage_event("visit_done")
        if not self.interest:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Write down what the visitors said"),
                user_id=self.user_id.id,
            )

    def _plan_next_step(self, summary):
        # sudo: as above; the step goes to the opportunity's own salesperson.
        self.lead_id.sudo()._ensure_next_step(summary)

    # ------------------------------------------------------------
    # Slot
    # ------------------------------------------------------------

    def _prepare_slot(self, vals):
        """Return when, who and what this visit occupies once these values are written.

        :return: dict of start, stop, block_start, block_stop, user_id, property_id; empty if nothing
        """
        self.ensure_one()
        merged = self.new({}, origin=self)
        merged.update({name: vals[name] for name in vals.keys() & SLOT_FIELDS})
        if merged.state not in BLOCKING or not (merged.start and merged.stop):
            return {}
        return {
            "start": merged.start,
            "stop": merged.stop,
            "block_start": merged.block_start,
            "block_stop": merged.block_stop,
            "user_id": merged.user_id._origin.id or merged.user_id.id,
            "property_id": merged.property_id._origin.id or merged.property_id.id,
        }

    def _check_slot(self, slot):
        """Refuse a slot that another visit has, and say which; the database would only say no.

        :raise ValidationError: names the other visit
        """
        self.ensure_one()
        if not slot:
            return
        # sudo: other people's visits count as well.
        others = self.sudo().search(self._get_clash_domain(slot), limit=1)
        if others:
            raise ValidationError(self._get_clash_message(others, slot))

    def _get_clash_domain(self, slot):
        """Return the domain of the visits that cannot be at the same time as this slot."""
        same_agent = (
            Domain("user_id", "=", slot["user_id"])
            & Domain("block_start", "<", slot["block_stop"])
            & Domain("block_stop", ">", slot["block_start"])
        )
        same_property = (
            Domain("property_id", "=", slot["property_id"])
            & Domain("start", "<", slot["stop"])
            & Domain("stop", ">", slot["start"])
        )
        return Domain("id", "not in", self.ids) & Domain("state", "in", BLOCKING) & (same_agent | same_property)

    def _get_clash_message(self, other, slot):
        """Return the sentence that names the visit in the way; of another company only the time."""
        values = {
            "property": other.property_id.display_name,
            "agent": other.user_id.name,
            "start": format_datetime(self.env, other.start, dt_format="short"),
            "stop": format_datetime(self.env, other.stop, dt_format="short"),
        }
        if other.company_id not in self.env.companies:
            return self.env._(
                "%(agent)s is busy with a visit of another company from %(start)s to %(stop)s."
                " Choose another time or another agent.",
                **values,
            )
        if other.property_id.id == slot["property_id"]:
            return self.env._(
                "%(property)s is already shown by %(agent)s from %(start)s to %(stop)s. Choose another time.", **values
            )
        return self.env._(
            "%(agent)s already shows %(property)s from %(start)s to %(stop)s, the travel included it would overlap."
            " Choose another time or another agent.",
            **values,
        )

    # ------------------------------------------------------------
    # Calendar
    # ------------------------------------------------------------

    def _push_event(self):
        """Make the calendar event say what the visit says."""
        for visit in self:
            # sudo: the event is the visit's shadow; agents may not write each other's private calendars.
            # pylint: disable-next=context-overridden
            event = visit.calendar_event_id.sudo().with_context(visit._get_event_context())
            if visit.state in BLOCKING and not event:
                visit.calendar_event_id = event.create(visit._prepare_event())
            elif visit.state in BLOCKING:
                event.write(visit._prepare_event())
            elif event and visit.state in ("draft", "cancelled"):
                event.active = False

    @api.model
    def _get_event_context(self):
        """Return the context for writing events: visitors get no invitation they did not ask for."""
        return {
            **clean_context(self.env.context),
            SYNC_GUARD: True,
            "no_mail_to_attendees": True,
            "skip_attendee_notification": True,
        }

    def _prepare_event(self):
        """Return the values of the calendar event; a hook for verticals."""
        self.ensure_one()
        people = self.user_id.partner_id | self.partner_ids
        prop = self.property_id
        return {
            "name": self.env._("Visit: %(property)s", property=prop.display_name),
            "start": self.start,
            "stop": self.stop,
            "allday": False,
            "active": True,
            "user_id": self.user_id.id,
            "partner_ids": [Command.set(people.ids)],
            "location": ", ".join(filter(None, [prop.street, prop.street2, prop.city])),
            "opportunity_id": self.lead_id.id,
            "reported_elsewhere": True,
        }

    def _pull_event(self):
        """Take over what was changed in the calendar.

        :raise ValidationError: the new time is taken; from an outside calendar that synchronises,
            the event goes back instead and the agent gets an activity
        """
        for visit in self.filtered(lambda visit: visit.state in (*BLOCKING, "cancelled")):
            vals = visit._prepare_from_event()
            if not vals:
                continue
            try:
                with self.env.cr.savepoint():
                    visit.with_context(**{SYNC_GUARD: True}).write(vals)
            except ValidationError as error:
                # The host synchronises outside calendars under this key; a refusal would stop it.
                if not self.env.context.get("dont_notify"):
                    raise
                visit._restore_event(str(error))

    def _prepare_from_event(self):
        """Return what the event says otherwise than the visit."""
        self.ensure_one()
        event = self.calendar_event_id.sudo()
        if not event.active:
            return {"state": "cancelled"} if self.state in BLOCKING else {}
        told = {"start": event.start, "stop": event.stop, "user_id": event.user_id.id or self.user_id.id}
        known = {"start": self.start, "stop": self.stop, "user_id": self.user_id.id}
        vals = {name: value for name, value in told.items() if value != known[name]}
        return {**vals, "state": "planned"} if self.state == "cancelled" else vals

    def _restore_event(self, reason):
        """Put the event back where the visit is and tell the agent why."""
        self._push_event()
        self.activity_schedule(
            "mail.mail_activity_data_warning",
            summary=self.env._("The visit could not be moved in the calendar"),
            note=reason,
            user_id=self.user_id.id,
        )

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_plan(self):
        """Take the slot and put it in the agent's calendar."""
        self.write({"state": "planned"})

    def action_confirm(self):
        """Note that the visitors said yes."""
        self.write({"state": "confirmed"})

    def action_done(self):
        """Note that it took place."""
        self.write({"state": "done"})

    def action_no_show(self):
        """Note that nobody came."""
        self.write({"state": "no_show"})

    def action_cancel(self):
        """Give the slot back."""
        self.write({"state": "cancelled"})

    def action_draft(self):
        """Think about it again."""
        self.write({"state": "draft"})
