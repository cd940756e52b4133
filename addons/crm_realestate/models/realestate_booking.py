from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import SQL, format_datetime

# Bookings in these states occupy their properties from `date_hold` to `date_expiry` (empty: without end).
LIVE = ("held", "confirmed", "contracted", "done")
# How a booking that is created live gets there from draft.
STEPS_TO = {
    "held": ("held",),
    "confirmed": ("confirmed",),
    "contracted": ("confirmed", "contracted"),
    "done": ("confirmed", "contracted", "done"),
}
SLOT_FIELDS = {"state", "date_hold", "date_expiry", "property_id", "line_ids"}
# What is proposed and may be agreed otherwise.
TERMS = ("price_agreed", "deposit_amount", "fee_amount")


class RealestateBooking(models.Model):
    """A property, or several together, kept for one client: a hold first, then deposit and contract.

    The database refuses two live bookings of one property at one time (the constraint is on the
    lines). A hold ends at the second of its expiry: the cron that tidies up may come late.
    """

    _name = "realestate.booking"
    _description = "Property Booking"
    _inherit = ["mail.thread", "mail.activity.mixin", "crm.document.mixin", "crm.state.mixin"]
    _order = "id desc"
    _rec_names_search = ["name", "property_id", "partner_ids"]
    _check_company_auto = True

    _transitions = {
        "draft": ("waiting", "held", "confirmed", "cancelled"),
        "waiting": ("draft", "held", "confirmed", "cancelled"),
        "held": ("confirmed", "expired", "cancelled"),
        "confirmed": ("contracted", "cancelled"),
        "contracted": ("done", "cancelled"),
        "done": (),
        "expired": ("waiting", "held", "confirmed", "cancelled"),
        "cancelled": ("draft",),
    }

    name = fields.Char("Number", readonly=True, copy=False, index="trigram")
    property_id = fields.Many2one(
        "realestate.property", required=True, index=True, ondelete="restrict", check_company=True, tracking=True
    )
    line_ids = fields.One2many("realestate.booking.line", "booking_id", "Included", copy=True)
    company_id = fields.Many2one(related="property_id.company_id", store=True)
    partner_ids = fields.Many2many("res.partner", string="Clients")
    user_id = fields.Many2one(
        "res.users",
        "Agent",
        required=True,
        index=True,
        tracking=True,
        domain="[('share', '=', False)]",
        default=lambda self: self.env.user,
    )
    lead_id = fields.Many2one(
        "crm.lead", "Opportunity", index="btree_not_null", ondelete="set null", check_company=True
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("waiting", "Waiting list"),
            ("held", "On hold"),
            ("confirmed", "Confirmed"),
            ("contracted", "Under contract"),
            ("done", "Done"),
            ("expired", "Expired"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="draft",
        index=True,
        copy=False,
        tracking=True,
    )

    # When
    date_hold = fields.Datetime("Held from", copy=False, help="Empty: from the moment it is put on hold.")
    date_expiry = fields.Datetime(
        "Held until", copy=False, index=True, tracking=True, help="Empty in a draft: the usual time of the company."
    )
    extension_count = fields.Integer("Extensions", readonly=True, copy=False)
    is_overdue = fields.Boolean(compute="_compute_is_overdue", export_string_translation=False)

    # Money
    currency_id = fields.Many2one(related="property_id.currency_id")
    price_agreed = fields.Monetary(
        "Price agreed", compute="_compute_price_agreed", store=True, readonly=False, precompute=True
    )

    # End
    cancel_reason = fields.Selection("_selection_cancel_reason", readonly=True, copy=False, tracking=True)
    cancel_note = fields.Text(readonly=True, copy=False)

    _name_unique = models.UniqueIndex("(company_id, name)", "Another booking has this number.")
    _held_ends = models.Constraint(
        "CHECK (state <> 'held' OR (date_hold IS NOT NULL AND date_expiry IS NOT NULL))", "A hold must have an end."
    )
    _range = models.Constraint("CHECK (date_expiry > date_hold)", "A booking must end after it begins.")

    @api.model
    def _selection_cancel_reason(self):
        """Return why bookings are cancelled; to be extended."""
        return [
            ("client", self.env._("The client withdrew")),
            ("owner", self.env._("The owner withdrew")),
            ("financing", self.env._("No financing")),
            ("mistake", self.env._("Made by mistake")),
            ("other", self.env._("Another reason")),
        ]

    @api.depends("state", "date_expiry")
    def _compute_is_overdue(self):
        now = fields.Datetime.now()
        for booking in self:
            booking.is_overdue = bool(booking.state == "held" and booking.date_expiry and booking.date_expiry <= now)

    @api.depends("name", "property_id")
    def _compute_display_name(self):
        for booking in self:
            booking.display_name = " · ".join(filter(None, [booking.name, booking.property_id.display_name]))

    def _get_time_zone(self):
        """Return the time zone in which the client reads until when it is kept: the agent's."""
        self.ensure_one()
        return self.user_id.tz or self.company_id.partner_id.tz or "UTC"

    # ------------------------------------------------------------
    # Creating and writing
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Number the bookings; those that come live walk there from draft, so that nothing is skipped."""
        default_state = self.default_get(["state"]).get("state", "draft")
        states = [vals.get("state", default_state) for vals in vals_list]
        bookings = super().create(
            [
                {**self._prepare_name(vals), "state": "draft" if state in LIVE else state}
                for vals, state in zip(vals_list, states, strict=True)
            ]
        )
        for booking, vals, state in zip(bookings, vals_list, states, strict=True):
            with booking._keeping_terms(vals):
                booking._ensure_main_line()
            for step in STEPS_TO.get(state, ()):
                booking.write({"state": step})
        return bookings

    def write(self, vals):
        """Take the slot under a lock before anything is written; the database alone would only say no."""
        if not vals.keys() & SLOT_FIELDS:
            return super().write(vals)
        for booking in self:
            booking._filter_moving(vals.get("state", booking.state))
            booking._check_property_change(vals)
            slot = booking._prepare_slot(vals)
            if slot:
                with booking._keeping_terms(vals):
                    booking._ensure_parts()
                booking._take_slot(booking.property_id | booking.line_ids.property_id, **slot)
            before = booking.property_id
            super(RealestateBooking, booking).write({**vals, **slot, **booking._prepare_reset(vals)})
            with booking._keeping_terms(vals):
                booking._ensure_main_line(before)
        return True

    @api.ondelete(at_uninstall=False)
    def _unlink_except_live(self):
        for booking in self:
            if booking.state not in ("draft", "waiting", "cancelled"):
                raise UserError(
                    self.env._("%(booking)s is part of the history: cancel it instead.", booking=booking.display_name)
                )

    @api.model
    def _prepare_name(self, vals):
        """Return the values with the next number of the property's company."""
        company = self.env["realestate.property"].browse(vals.get("property_id")).sudo().company_id
        sequence = self.env["ir.sequence"].with_company(company or self.env.company)
        return {**vals, "name": vals.get("name") or sequence.next_by_code("realestate.booking")}

    def _check_property_change(self, vals):
        """Refuse to move a live booking to another property.

        :raise UserError: names the booking
        """
        if self.state in LIVE and vals.get("property_id", self.property_id.id) != self.property_id.id:
            raise UserError(
                self.env._(
                    "%(booking)s is live and keeps its property. Cancel it and make another.",
                    booking=self.display_name,
                )
            )

    def _keeping_terms(self, vals):
        """Return a context in which lines that come by themselves change nothing that was agreed.

        The price counts the main property and its parts with or without their lines; another main property brings
        new terms, unless they were said with it.

        :param vals: what is written
        """
        kept = [name for name in TERMS if name in vals or "property_id" not in vals]
        return self.env.protecting([self._fields[name] for name in kept], self)

    def _ensure_main_line(self, before=None):
        """Keep the main property among the lines; the lines are what the database guards.

        :param before: the main property until now; its line leaves when another takes its place
        """
        for booking in self:
            if before and before != booking.property_id:
                left = before | before._get_parts()
                booking.line_ids.filtered(lambda line, left=left: line.property_id in left).unlink()
            if booking.property_id not in booking.line_ids.property_id:
                booking.line_ids = [Command.create({"property_id": booking.property_id.id, "sequence": 0})]

    def _prepare_reset(self, vals):
        """Return what a booking that starts again forgets."""
        if vals.get("state") == "draft" and self.state == "cancelled":
            return {"date_hold": False, "date_expiry": False, "cancel_reason": False, "cancel_note": False}
        return {}

    # ------------------------------------------------------------
    # Slot
    # ------------------------------------------------------------

    def _prepare_slot(self, vals):
        """Return from when to when the booking occupies its properties once these values are written.

        :return: dict of date_hold and date_expiry (False: without end); empty if it occupies nothing
        :raise UserError: the hold would already be over
        """
        self.ensure_one()
        state = vals.get("state", self.state)
        if state not in LIVE:
            return {}
        now = fields.Datetime.now()
        fresh = self.state in ("waiting", "expired")
        given = fields.Datetime.to_datetime(vals.get("date_hold") or (not fresh and self.date_hold))
        start = given or now
        if state in ("confirmed", "contracted"):
            return {"date_hold": start, "date_expiry": False}
        if state == "done":
            return {"date_hold": start, "date_expiry": self._get_done_end(vals, start, now)}
        stop = fields.Datetime.to_datetime(vals.get("date_expiry") or (not fresh and self.date_expiry))
        stop = stop or start + self._get_hold_duration()
        if stop <= start:
            raise UserError(
                self.env._(
                    "The hold of %(property)s would be over before it begins: choose a later end.",
                    property=self.property_id.display_name,
                )
            )
        return {"date_hold": start, "date_expiry": stop}

    def _get_done_end(self, vals, start, now):
        """Return when a finished booking stopped occupying its properties."""
        known = self.date_expiry if self.state == "done" else now
        return max(fields.Datetime.to_datetime(vals.get("date_expiry")) or known, start + timedelta(seconds=1))

    def _get_hold_duration(self):
        """Return how long a hold lasts; a hook, by default the company's setting."""
        return timedelta(hours=self.company_id.realestate_hold_hours)

    def _take_slot(self, properties, date_hold, date_expiry):
        """Lock properties and make sure that they are free in this time.

        Of several transactions at once the first one updates the rows it locked; the others fail to
        serialize there, the host runs them again, and then they read who was first.

        :raise ValidationError: names the booking in the way and until when
        """
        self._lock_properties(properties)
        if self.state not in LIVE:
            properties._check_on_offer()
        clash = self._find_clash(properties, date_hold, date_expiry)
        if clash:
            raise ValidationError(self._get_clash_message(clash))
        self._touch_properties(properties)

    def _take_for_line(self, prop):
        """Take the slot of one more property if this booking is live."""
        if self.state in LIVE:
            prop._check_on_offer()
            self._take_slot(prop, self.date_hold, self.date_expiry)
            self.env["realestate.match.queue"]._enqueue(prop)

    @api.model
    def _lock_properties(self, properties):
        """Lock the rows, in one order for everybody."""
        self.env.execute_query(
            SQL(
                "SELECT id FROM realestate_property WHERE id IN %s ORDER BY id FOR NO KEY UPDATE",
                tuple(properties.ids),
            )
        )

    @api.model
    def _touch_properties(self, properties):
        """Update the locked rows, so that whoever waited for them starts over."""
        self.env.execute_query(
            SQL(
                "UPDATE realestate_property SET booking_version = booking_version + 1 WHERE id IN %s RETURNING id",
                tuple(properties.ids),
            )
        )
        properties.invalidate_recordset(["booking_version"])

    def _find_clash(self, properties, date_hold, date_expiry):
        """Return a line of another live booking of these properties in this time."""
        overlap = Domain("date_expiry", "=", False) | Domain("date_expiry", ">", date_hold)
        if date_expiry:
            overlap &= Domain("date_hold", "<", date_expiry)
        taken = Domain("property_id", "in", properties.ids) & Domain("state", "in", LIVE)
        # sudo: other people's bookings count as well.
        others = Domain("booking_id", "not in", self.ids)
        return self.env["realestate.booking.line"].sudo().search(taken & others & overlap, limit=1)

    def _get_clash_message(self, line):
        """Return the sentence that names the booking in the way; the client stays private."""
        other = line.booking_id
        values = {
            "property": line.property_id.display_name,
            "booking": other.name,
            "agent": other.user_id.name,
            "until": other.date_expiry and format_datetime(self.env, other.date_expiry, dt_format="short"),
        }
        if other.state == "held":
            return self.env._(
                "%(property)s is on hold for a client of %(agent)s until %(until)s (booking %(booking)s)."
                " Join the waiting list or choose another property.",
                **values,
            )
        return self.env._(
            "%(property)s is already booked by a client of %(agent)s (booking %(booking)s)."
            " Join the waiting list or choose another property.",
            **values,
        )

    # ------------------------------------------------------------
    # States
    # ------------------------------------------------------------

    def _on_state(self, state):
        """Do what each state brings with it; what is taken matches nobody, what is free does."""
        super()._on_state(state)
        self.env["realestate.match.queue"]._enqueue(self.line_ids.property_id._get_ancestors())
        handler = {
            "held": "_on_held",
            "confirmed": "_on_confirmed",
            "contracted": "_on_contracted",
            "done": "_on_done",
            "expired": "_on_freed",
            "cancelled": "_on_freed",
        }.get(state)
        if handler:
            getattr(self, handler)()

    def _on_held(self):
        """Have the cron there when the hold begins and when it ends."""
        cron = self.env.ref("crm_realestate.ir_cron_booking_expire", raise_if_not_found=False)
        now = fields.Datetime.now()
        moments = {moment for booking in self for moment in (booking.date_hold, booking.date_expiry) if moment > now}
        if cron and moments:
            # sudo: waking the cron up needs no right of the user's.
            cron.sudo()._trigger(moments)

    def _on_confirmed(self):
        # sudo: it is booked, whoever's opportunity it is.
        self.lead_id.sudo()._on_stage_event("booked")

    def _on_contracted(self):
        # sudo: as above.
        self.lead_id.sudo()._on_stage_event("contracted")

    def _on_done(self):
        """What is sold or let leaves the market."""
        # sudo: the deal closes the property, whoever's it is.
        self.line_ids.property_id.sudo().filtered(lambda prop: prop.state == "active").action_close()

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_hold(self):
        """Keep the properties for the clients, until ``date_expiry`` or for the company's usual time.

        :raise ValidationError: somebody else has one of them; says who and until when
        """
        self.write({"state": "held"})

    def action_wait(self):
        """Join the waiting list: the first in it gets the hold when the property becomes free."""
        self.write({"state": "waiting"})

    def action_confirm(self):
        """Note that the deposit is there: from now on the booking has no end."""
        self.write({"state": "confirmed"})

    def action_contract(self):
        """Note that the contract is signed."""
        self.write({"state": "contracted"})

    def action_done(self):
        """Note that the deed is done: the properties leave the market."""
        self.write({"state": "done"})

    def action_draft(self):
        """Begin again."""
        self.write({"state": "draft"})

    def action_extend(self, date_expiry=None):
        """Prolong a hold; more often than the company allows needs a coordinator.

        :param date_expiry: the new end, by default the usual time more
        :raise UserError: not on hold, or prolonged too often
        :raise ValidationError: somebody else has one of the properties then
        """
        for booking in self:
            booking._check_extension()
            base = max(booking.date_expiry, fields.Datetime.now())
            booking.write(
                {
                    "date_expiry": date_expiry or base + booking._get_hold_duration(),
                    "extension_count": booking.extension_count + 1,
                }
            )
            booking._on_held()

    def _check_extension(self):
        """Refuse to prolong what is no hold, or too often."""
        if self.state != "held":
            raise UserError(
                self.env._("%(booking)s is not on hold: there is nothing to extend.", booking=self.display_name)
            )
        allowed = self.company_id.realestate_max_extensions
        if self.extension_count >= allowed and not self.env.user.has_group(
            "crm_realestate.group_realestate_coordinator"
        ):
            raise UserError(
                self.env._(
                    "%(booking)s was extended %(count)s times already. Ask a coordinator.",
                    booking=self.display_name,
                    count=self.extension_count,
                )
            )

    def action_cancel(self, reason=None, note=None, deposit_outcome=None):
        """Give the properties back.

        :param reason: a key of :meth:`_selection_cancel_reason`
        :param note: anything to remember
        :param deposit_outcome: what becomes of the deposit, where there is one
        """
        self.write({"state": "cancelled", "cancel_reason": reason, "cancel_note": note})
