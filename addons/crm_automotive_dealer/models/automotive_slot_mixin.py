from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command, Domain
from odoo.tools import clean_context, format_datetime

# Set while the record writes its meeting, so that the meeting does not write back.
SYNC_GUARD = "crm_automotive_slot_sync"


class AutomotiveSlotMixin(models.AbstractModel):
    """A time at which something of ours is taken: a car that is driven, a place in the workshop.

    The record is the truth; its meeting in the calendar follows it, and moves it when it is moved. A model says which
    states take the time (``_slot_states``) and which field is taken (``_slot_resource``), adds the state in between
    (``selection_add``), and the exclusion constraint that makes the database refuse what Python did not see.
    """

    _name = "automotive.slot.mixin"
    _description = "Time That Is Taken"
    _inherit = ["mail.thread", "mail.activity.mixin", "crm.state.mixin"]

    #: States in which the time is taken.
    _slot_states = ()
    #: Field whose record is taken.
    _slot_resource = None
    #: State without a time taken, in which a record begins.
    _slot_first = "requested"

    partner_id = fields.Many2one("res.partner", "Customer", required=True, index=True, check_company=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    user_id = fields.Many2one(
        "res.users", "Salesperson", default=lambda self: self.env.user, index=True, tracking=True, check_company=True
    )
    # A model adds the state in which what was promised is taken.
    state = fields.Selection(
        [
            ("requested", "Requested"),
            ("confirmed", "Confirmed"),
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
    start = fields.Datetime("From", required=True, tracking=True, default=lambda self: self._default_start())
    stop = fields.Datetime("Until", required=True, compute="_compute_stop", store=True, readonly=False, precompute=True)
    calendar_event_id = fields.Many2one(
        "calendar.event", "Meeting", index="btree_not_null", ondelete="set null", readonly=True, copy=False
    )

    campaign_target_id = fields.Many2one(
        "automotive.campaign.target",
        "From campaign",
        readonly=True,
        check_company=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    is_closed = fields.Boolean("Nobody works then", compute="_compute_is_closed")

    @api.model
    def _default_start(self):
        """Propose tomorrow at this hour, or when we are open after that."""
        moment = fields.Datetime.now().replace(minute=0, second=0) + timedelta(days=1)
        return self.env.company._get_next_open(moment)

    @api.depends("start", "company_id")
    def _compute_is_closed(self):
        for record in self:
            record.is_closed = bool(record.start) and record.company_id._get_next_open(record.start) > record.start

    @api.depends("start")
    def _compute_stop(self):
        for record in self:
            late = record.start and not (record.stop and record.stop > record.start)
            record.stop = record.start + timedelta(hours=1) if late else record.stop

    # ------------------------------------------------------------
    # Creating and writing
    # ------------------------------------------------------------

    def _get_slot_fields(self):
        return {"state", "start", "stop", self._slot_resource}

    @api.model_create_multi
    def create(self, vals_list):
        """What comes with its time taken takes it once everything else is known; a campaign hears who comes."""
        taking = [vals.get("state") if vals.get("state") in self._slot_states else None for vals in vals_list]
        pairs = zip(vals_list, taking, strict=True)
        prepared = [{**vals, "state": self._slot_first} if state else vals for vals, state in pairs]
        records = super().create(prepared)
        for record, state in zip(records, taking, strict=True):
            if state:
                record.write({"state": state})
        for record in records.filtered("campaign_target_id"):
            record.campaign_target_id._on_booked(record)
        return records

    def write(self, vals):
        """Check the time before it is taken; keep the calendar in step."""
        if vals.keys() & self._get_slot_fields():
            for record in self:
                record._check_free(vals)
        result = super().write(vals)
        shown = self._get_slot_fields() | {"user_id", "partner_id", "lead_id"}
        if vals.keys() & shown and not self.env.context.get(SYNC_GUARD):
            self._push_event()
        return result

    def unlink(self):
        """The meeting goes with its record."""
        # sudo: the meeting is the record's shadow, whoever deletes the record.
        events = self.calendar_event_id.sudo().with_context(**{SYNC_GUARD: True})
        result = super().unlink()
        events.unlink()
        return result

    def _check_free(self, vals):
        """Refuse a time that is taken, and name what is in the way.

        :raise ValidationError: somebody else has it
        """
        self.ensure_one()
        after = self.new({}, origin=self)
        after.update({name: vals[name] for name in vals.keys() & self._get_slot_fields()})
        resource = after[self._slot_resource]
        if after.state not in self._slot_states or not (resource and after.start and after.stop):
            return
        clash = (
            Domain("id", "!=", self.id)
            & Domain(self._slot_resource, "=", resource._origin.id or resource.id)
            & Domain("state", "in", self._slot_states)
            & Domain("start", "<", after.stop)
            & Domain("stop", ">", after.start)
        )
        # sudo: a colleague's counts as well.
        other = self.sudo().search(clash, limit=1)
        if other:
            raise ValidationError(self._get_clash_message(other))

    def _get_clash_message(self, other):
        """Return the sentence that names what is in the way."""
        return self.env._(
            "%(what)s is promised to %(customer)s from %(start)s to %(stop)s. Choose another time or another one.",
            what=other[self._slot_resource].display_name,
            customer=other.partner_id.name,
            start=format_datetime(self.env, other.start, dt_format="short"),
            stop=format_datetime(self.env, other.stop, dt_format="short"),
        )

    # ------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------

    def action_no_show(self):
        """Note that nobody came."""
        self.write({"state": "no_show"})

    def action_cancel(self):
        """Give free what was taken."""
        self.write({"state": "cancelled"})

    # ------------------------------------------------------------
    # Calendar
    # ------------------------------------------------------------

    def _push_event(self):
        """Make the meeting say what the record says."""
        for record in self:
            # sudo: the meeting is the record's shadow; colleagues may not write each other's calendars.
            # pylint: disable-next=context-overridden
            event = record.calendar_event_id.sudo().with_context(record._get_event_context())
            if record.state in self._slot_states and not event:
                record.calendar_event_id = event.create(record._prepare_event())
            elif record.state in self._slot_states:
                event.write(record._prepare_event())
            elif event and record.state in (self._slot_first, "cancelled"):
                event.active = False

    @api.model
    def _get_event_context(self):
        """Return the context for writing meetings: the customer gets no invitation nobody meant to send."""
        quiet = {"no_mail_to_attendees": True, "skip_attendee_notification": True}
        return {**clean_context(self.env.context), SYNC_GUARD: True, **quiet}

    def _prepare_event(self):
        """Return the values of the meeting; to be extended."""
        self.ensure_one()
        return {
            "name": f"{self._description}: {self.display_name}",
            "start": self.start,
            "stop": self.stop,
            "allday": False,
            "active": True,
            "user_id": self.user_id.id,
            "partner_ids": [Command.set((self.user_id.partner_id | self.partner_id).ids)],
            "reported_elsewhere": True,
        }

    def _pull_event(self):
        """Take over what was changed in the calendar; the new time must be free, too."""
        for record in self:
            event = record.calendar_event_id
            moved = {"start": event.start, "stop": event.stop} if event.active else {"state": "cancelled"}
            record.with_context(**{SYNC_GUARD: True}).write(moved)
