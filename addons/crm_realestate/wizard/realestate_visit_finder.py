from datetime import timedelta

from odoo import fields, models
from odoo.fields import Command

from odoo.addons.crm_core.tools import schedule

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
        last = self.date_from + timedelta(days=self.days)
        start, stop = (schedule.midnight(day, self.env.user.tz) for day in (self.date_from, last))
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
        visit = self.visit_id
        values = visit._prepare_planned(
            self.property_id, self.user_id, self.partner_ids, self.lead_id, start, self.minutes
        )
        if not visit:
            return visit.create(values)
        visit.write(values)
        return visit
