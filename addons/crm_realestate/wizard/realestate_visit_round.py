from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.crm_core.tools import schedule

from ..tools import geo


class RealestateVisitRound(models.TransientModel):
    """One client sees several properties on one day: a visit each, one after the other, the near ones together."""

    _name = "realestate.visit.round"
    _description = "Visits of One Client in a Row"

    partner_ids = fields.Many2many("res.partner", string="Visitors", required=True)
    lead_id = fields.Many2one("crm.lead", "Opportunity")
    user_id = fields.Many2one(
        "res.users", "Agent", required=True, domain="[('share', '=', False)]", default=lambda self: self.env.user
    )
    date = fields.Date("Day", required=True, default=lambda self: self._default_date())
    hour_from = fields.Float("Not before", help="By the agent's clock; empty: as soon as the agency opens.")
    minutes = fields.Integer("Each takes (minutes)", default=30, required=True)
    travel = fields.Integer(
        "Travel (minutes)", default=lambda self: self.env.company.realestate_visit_buffer, required=True
    )
    line_ids = fields.One2many("realestate.visit.round.line", "round_id", "Visits")

    _sane = models.Constraint(
        "CHECK (minutes BETWEEN 5 AND 720 AND travel BETWEEN 0 AND 720 AND hour_from >= 0 AND hour_from < 24)",
        "A visit takes from 5 minutes to 12 hours, and a day has 24.",
    )

    @api.model
    def _default_date(self):
        """Return the next day on which the agency is open."""
        tomorrow = schedule.midnight(fields.Date.context_today(self) + timedelta(days=1), self.env.user.tz)
        return fields.Datetime.context_timestamp(self, self.env.company._get_next_open(tomorrow)).date()

    @api.model
    def _open_for(self, matches):
        """Return the action that proposes visits of the properties of some matches.

        :param matches: of one client
        :raise UserError: of several clients
        """
        if len(matches.partner_id) != 1:
            raise UserError(self.env._("Choose properties of one client: the visits are made together."))
        values = {
            "partner_ids": [Command.set(matches.partner_id.ids)],
            "lead_id": matches.demand_id.lead_id[:1].id,
            "line_ids": [
                Command.create({"property_id": prop.id, "sequence": place})
                for place, prop in enumerate(self._get_route(matches.property_id))
            ],
        }
        return self.create(values).action_propose()

    @api.model
    def _get_route(self, properties):
        """Return properties along a short way; those whose place nobody knows come last. A hook."""
        known = properties.sorted("id").filtered(lambda prop: prop._get_place())
        order = geo.short_way([prop._get_place() for prop in known])
        return [known[index] for index in order] + list(properties - known)

    def action_propose(self):
        """Look for a free time for each visit, in their order.

        :return: the action that shows what was found
        """
        self.ensure_one()
        self.env.flush_all()
        moment, end = self._get_day()
        for line in self.line_ids.sorted("sequence"):
            line.start = self._find_start(line.property_id, moment, end)
            if line.start:
                # Both visits keep their travel free.
                moment = line.start + timedelta(minutes=self.minutes + 2 * self.travel)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Visits in a row"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def _get_day(self):
        """Return the first and the last moment to look at, naive UTC."""
        midnight = datetime.combine(self.date, time.min)
        bounds = (midnight + timedelta(hours=self.hour_from), midnight + timedelta(days=1))
        return [schedule.to_utc(moment, self.user_id.tz or self.env.user.tz) for moment in bounds]

    def _find_start(self, prop, start, stop):
        """Return the first moment at which agent and property are free, or False."""
        visits = self.env["realestate.visit"]
        found = visits._find_free_slots(prop, self.user_id, start, stop, self.minutes, self.travel, limit=1)
        return found[0] if found else False

    def action_plan(self):
        """Plan the visits that have a time: all of them, or none.

        :return: the action that shows them
        :raise UserError: none has a time
        :raise ValidationError: somebody was faster; says who
        """
        self.ensure_one()
        lines = self.line_ids.filtered("start").sorted("start")
        if not lines:
            raise UserError(self.env._("Nothing is free that day. Choose another one and propose again."))
        visits = self.env["realestate.visit"].create([line._prepare_visit() for line in lines])
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_realestate.realestate_visit_action")
        in_order = [
            (self.env.ref(f"crm_realestate.realestate_visit_view_{kind}_day").id, kind) for kind in ("list", "kanban")
        ]
        return {
            **action,
            "domain": [("id", "in", visits.ids)],
            "view_mode": "list,kanban,form",
            "views": [*in_order, (False, "form")],
            "context": {},
        }
