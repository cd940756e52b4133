from odoo import models
from odoo.exceptions import UserError

from .realestate_visit import BLOCKING, SYNC_GUARD

WATCHED = {"start", "stop", "active", "user_id", "recurrency"}


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    def write(self, vals):
        """Move the visit with its event."""
        if self.env.context.get(SYNC_GUARD) or not vals.keys() & WATCHED:
            return super().write(vals)
        visits = self._get_visits()
        if visits and vals.get("recurrency"):
            raise UserError(self.env._("The meeting of a visit cannot be repeated. Plan another visit instead."))
        result = super().write(vals)
        visits._pull_event()
        return result

    def unlink(self):
        """A visit whose meeting is deleted is cancelled."""
        if self.env.context.get(SYNC_GUARD):
            return super().unlink()
        visits = self._get_visits().filtered(lambda visit: visit.state in BLOCKING)
        result = super().unlink()
        visits.with_context(**{SYNC_GUARD: True}).write({"state": "cancelled"})
        return result

    def _get_visits(self):
        """Return the visits these events stand for, with the rights of the user."""
        # sudo: only to see whether there are any; users without real estate rights write events as well.
        visits = self.env["realestate.visit"].sudo().search([("calendar_event_id", "in", self.ids)])
        return visits.with_env(self.env)
