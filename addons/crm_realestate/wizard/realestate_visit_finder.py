from datetime import datetime, time, timedelta

import pytz

from odoo import fields, models
from odoo.fields import Command

from ..tools import slots

# Moments proposed of each day: enough to choose from, few enough to see the whole week.
PER_DAY = 6


class RealestateVisitFinder(models.TransientModel):
    """Look for moments at which the agent and the property are free."""

    _name = "realestate.visit.finder"
    _description = "Find a Time for a Visit"

    property_id = fields.Many2one("realestate.property", required=True, ondelete="cascade")
    user_id = fields.Many2one(
        "res.users", "Agent", required=True, domain="[('share', '=', False)]", default=lambda self: self.env.user
    )
    partner_ids = fields.Many2many("res.partner", string="Visitors")
    lead_id = fields.Many2one("crm.lead", "Opportunity")
    visit_id = fields.Many2one("realestate.visit", "Visit to move", ondelete="cascade")
    minutes = fields.Integer("It takes (minutes)", default=60, required=True)
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    days = fields.Integer("Within (days)", default=5, required=True)
    slot_ids = fields.One2many("realestate.visit.slot", "finder_id", "Free times")

    _range = models.Constraint(
        "CHECK (minutes BETWEEN 5 AND 720 AND days BETWEEN 1 AND 31)",
        "A visit takes from 5 minutes to 12 hours; look within a month.",
    )

    def action_search(self):
        """Look again and show what is free.

        :return: the action that shows the finder
        """
        self.ensure_one()
        self.env.flush_all()
        slots = [Command.create({"start": moment}) for moment in self._find_slots()]
        self.slot_ids = [Command.clear(), *slots]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Find a time"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def _find_slots(self):
        """Return the free moments, naive UTC."""
        zone = pytz.timezone(self.env.user.tz or "UTC")
        midnight = zone.localize(datetime.combine(self.date_from, time.min))
        start = midnight.astimezone(pytz.utc).replace(tzinfo=None)
        stop = start + timedelta(days=self.days)
        found = self.env["realestate.visit"]._find_free_slots(
            self.property_id, self.user_id, start, stop, self.minutes, limit=None, ignored=self.visit_id
        )
        return slots.spread(found, PER_DAY)

    def _take(self, start):
        """Plan the visit at this moment, or move the one that was looked for.

        :param start: naive UTC datetime
        :return: the visit
        :raise ValidationError: somebody was faster
        """
        self.ensure_one()
        if not self.visit_id:
            return self.env["realestate.visit"].create(self._prepare_visit(start))
        self.visit_id.write(self._prepare_visit(start))
        return self.visit_id

    def _prepare_visit(self, start):
        """Return the values of the visit at this moment; a hook."""
        return {
            "property_id": self.property_id.id,
            "user_id": self.user_id.id,
            "partner_ids": [Command.set(self.partner_ids.ids)],
            "lead_id": self.lead_id.id,
            "start": start,
            "stop": start + timedelta(minutes=self.minutes),
            "state": "planned",
        }
