from odoo import models
from odoo.exceptions import UserError

from .automotive_test_drive import BLOCKING, SYNC_GUARD

WATCHED = {"start", "stop", "active", "recurrency"}


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    def write(self, vals):
        """Move the test drive with its meeting; the car must be free then, too."""
        if self.env.context.get(SYNC_GUARD) or not vals.keys() & WATCHED:
            return super().write(vals)
        drives = self._get_test_drives()
        if drives and vals.get("recurrency"):
            raise UserError(self.env._("The meeting of a test drive cannot be repeated. Plan another drive instead."))
        result = super().write(vals)
        for drive in drives:
            event = drive.calendar_event_id
            moved = {"start": event.start, "stop": event.stop} if event.active else {"state": "cancelled"}
            drive.with_context(**{SYNC_GUARD: True}).write(moved)
        return result

    def unlink(self):
        """A test drive whose meeting is deleted is cancelled."""
        if self.env.context.get(SYNC_GUARD):
            return super().unlink()
        drives = self._get_test_drives().filtered(lambda drive: drive.state == "confirmed")
        result = super().unlink()
        drives.with_context(**{SYNC_GUARD: True}).write({"state": "cancelled"})
        return result

    def _get_test_drives(self):
        """Return the drives that still hold a car and that these meetings stand for."""
        # sudo: whoever may write the meeting moves the drive; most meetings have none.
        drives = self.env["automotive.test.drive"].sudo()
        return drives.search([("calendar_event_id", "in", self.ids), ("state", "in", BLOCKING)])
