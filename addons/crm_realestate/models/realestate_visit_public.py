from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ..tools import slots
from .realestate_visit import BLOCKING

DAYS_AHEAD = 7
# Moments proposed of each day.
PER_DAY = 3


class RealestateVisit(models.Model):
    """What visitors may do with their visit on its public page."""

    _inherit = "realestate.visit"

    def _is_open_to_visitors(self):
        """Tell whether visitors may still change the visit."""
        self.ensure_one()
        return self.state in BLOCKING and self.start > fields.Datetime.now()

    def _get_public_slots(self):
        """Return the moments the visit may be moved to: list of (UTC text, label in the agent's time zone)."""
        self.ensure_one()
        if not self._is_open_to_visitors() or self.kind == "open_house":
            return []
        now = fields.Datetime.now()
        minutes = int((self.stop - self.start).total_seconds() // 60)
        found = self._find_free_slots(
            self.property_id,
            self.user_id,
            now,
            now + timedelta(days=DAYS_AHEAD),
            minutes,
            self.buffer_min,
            limit=None,
            ignored=self,
        )
        zone = self._get_time_zone()
        return [
            (
                fields.Datetime.to_string(moment),
                format_datetime(self.env, moment, tz=zone, dt_format="EEE d MMM, HH:mm"),
            )
            for moment in slots.spread(found, PER_DAY)
            if moment != self.start
        ]

    def _change_by_visitor(self, step, slot=None):
        """Do what a visitor asked for on the public page and tell the agent.

        :param step: ``confirm``, ``move`` or ``cancel``
        :param slot: naive UTC moment as text; anything that is not free is refused
        :raise UserError: it is too late, or the moment is not free any more
        """
        self.ensure_one()
        if not self._is_open_to_visitors():
            raise UserError(self.env._("This visit cannot be changed any more. Please call us."))
        if step == "confirm":
            self.write({"state": "confirmed"})
        elif step == "cancel":
            self.write({"state": "cancelled"})
            self._tell_agent(self.env._("The visitors cancelled: call them"))
        elif step == "move":
            self._move_by_visitor(slot)
        else:
            raise UserError(self.env._("Please choose what to do."))

    def _move_by_visitor(self, slot):
        """Move the visit to one of the moments that were proposed."""
        if slot not in dict(self._get_public_slots()):
            raise UserError(self.env._("That time has just been taken. Please choose another one."))
        start = fields.Datetime.to_datetime(slot)
        before = self._get_local_time()
        self.write({"start": start, "stop": start + (self.stop - self.start), "state": "confirmed"})
        self._tell_agent(self.env._("The visitors moved the visit; it was %(before)s", before=before))

    def _tell_agent(self, summary):
        self.activity_schedule("mail.mail_activity_data_todo", summary=summary, user_id=self.user_id.id)
