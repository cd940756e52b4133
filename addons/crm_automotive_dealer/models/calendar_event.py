from odoo import fields, models
from odoo.exceptions import UserError

from .automotive_slot_mixin import SYNC_GUARD

WATCHED = {"start", "stop", "active", "recurrency"}
DEALER = "crm_automotive_dealer.group_crm_automotive_dealer_user"
SLOTS = ("automotive.test.drive", "automotive.service.appointment")


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    test_drive_ids = fields.One2many("automotive.test.drive", "calendar_event_id", "Test drives", groups=DEALER)
    service_appointment_ids = fields.One2many(
        "automotive.service.appointment", "calendar_event_id", "Workshop", groups=DEALER
    )

    def write(self, vals):
        """Move the test drive or the appointment with its meeting."""
        if self.env.context.get(SYNC_GUARD) or not vals.keys() & WATCHED:
            return super().write(vals)
        slots = self._get_automotive_slots()
        if slots and vals.get("recurrency"):
            raise UserError(self.env._("This meeting cannot be repeated: it holds a car or a place. Plan another one."))
        result = super().write(vals)
        for records in slots:
            records._pull_event()
        return result

    def unlink(self):
        """What a deleted meeting stood for is cancelled, unless it has begun."""
        if self.env.context.get(SYNC_GUARD):
            return super().unlink()
        slots = [
            records.filtered(lambda record: record.state == "confirmed") for records in self._get_automotive_slots()
        ]
        result = super().unlink()
        for records in slots:
            records.with_context(**{SYNC_GUARD: True}).write({"state": "cancelled"})
        return result

    def _get_automotive_slots(self):
        """Return the records that still hold something and that these meetings stand for, a recordset each model."""
        found = []
        for name in SLOTS:
            # sudo: whoever may write the meeting moves what it stands for; most meetings stand for nothing.
            model = self.env[name].sudo()
            domain = [("calendar_event_id", "in", self.ids), ("state", "in", model._slot_states)]
            records = model.search(domain)
            if records:
                found.append(records)
        return found
