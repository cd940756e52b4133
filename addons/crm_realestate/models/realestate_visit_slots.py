from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.fields import Command, Domain
from odoo.tools import SQL

from odoo.addons.crm_core.tools import schedule

from ..tools import geo, slots
from .realestate_visit import BLOCKING

# A visit is proposed no sooner than this.
NOTICE_HOURS = 2


class RealestateVisit(models.Model):
    """When a visit can take place, and the way from one to the next."""

    _inherit = "realestate.visit"

    distance_km = fields.Float(
        "From the one before (km)",
        compute="_compute_distance_km",
        digits=(6, 1),
        help="As the crow flies, from the agent's visit before on the same day.",
    )

    @api.model
    def _find_free_slots(self, prop, user, start, stop, minutes=60, travel=None, limit=20, ignored=None):
        """Return when a visit can begin: the agent works and is free, travel included, and so is the property.

        :param prop: the property, or none yet
        :param user: the agent
        :param start: first moment, naive UTC; never before some notice
        :param stop: last moment, naive UTC
        :param travel: minutes, by default the company's
        :param ignored: a visit that will be moved
        :return: list of naive UTC datetimes
        """
        company = prop.company_id or self.env.company
        travel = company.realestate_visit_buffer if travel is None else travel
        start = max(start, fields.Datetime.now() + timedelta(hours=NOTICE_HOURS))
        if start >= stop:
            return []
        margin = timedelta(minutes=travel)
        agent_busy, place_busy = self._get_busy(prop, user, start - margin, stop + margin, ignored)
        windows = self._get_working_windows(company, user, start, stop)
        return slots.free_slots(windows, agent_busy, place_busy, minutes, travel, limit=limit)

    @api.model
    def _prepare_planned(self, prop, user, visitors, lead, start, minutes):
        """Return the values of a visit at a time that was found; a hook.

        :param start: naive UTC datetime
        """
        return {
            "property_id": prop.id,
            "user_id": user.id,
            "partner_ids": [Command.set(visitors.ids)],
            "lead_id": lead.id,
            "start": start,
            "stop": start + timedelta(minutes=minutes),
            "state": "planned",
        }

    @api.model
    def _get_working_windows(self, company, user, start, stop):
        """Return the (start, stop) in which visits may take place: the company's working hours; a hook."""
        zone = pytz.timezone(user.tz or company.partner_id.tz or "UTC")
        # sudo: everybody may know when the agency is open.
        calendar = company.sudo().resource_calendar_id
        if not calendar:
            return [(start, stop)]
        found = calendar._work_intervals_batch(pytz.utc.localize(start), pytz.utc.localize(stop), tz=zone)[False]
        return [tuple(moment.astimezone(pytz.utc).replace(tzinfo=None) for moment in one[:2]) for one in found]

    @api.model
    def _get_busy(self, prop, user, start, stop, ignored=None):
        """Return when the agent and when the property are taken: two lists of (start, stop)."""
        open_visits = (
            Domain("state", "in", BLOCKING) & Domain("block_start", "<", stop) & Domain("block_stop", ">", start)
        )
        ours = Domain("user_id", "=", user.id) | Domain("property_id", "=", prop.id)
        # sudo: other people's visits and meetings count as well; only their times are used.
        visits = self.sudo().search(open_visits & ours & Domain("id", "not in", ignored.ids if ignored else []))
        events = self.env["calendar.event"].sudo().search(
            Domain("partner_ids", "in", user.partner_id.ids)
            & Domain("show_as", "=", "busy")
            & Domain("start", "<", stop)
            & Domain("stop", ">", start)
        )  # fmt: skip
        shadows = (visits | (ignored.sudo() if ignored else visits.browse())).calendar_event_id
        meetings = [(event.start, event.stop) for event in events - shadows]
        agents = [(one.block_start, one.block_stop) for one in visits if one.user_id == user]
        return meetings + agents, [(one.start, one.stop) for one in visits if one.property_id == prop]

    def action_find_time(self):
        """Show when this visit could take place; taking a moment plans it or moves it.

        :return: the action that shows the finder
        """
        self.ensure_one()
        return self.env["realestate.visit.finder"].create(self._prepare_finder()).action_search()

    def _prepare_finder(self):
        """Return what the finder begins with; a hook."""
        return {
            "visit_id": self.id,
            "property_id": self.property_id.id,
            "user_id": self.user_id.id,
            "partner_ids": [Command.set(self.partner_ids.ids)],
            "lead_id": self.lead_id.id,
            "minutes": int((self.stop - self.start).total_seconds() // 60),
        }

    # ------------------------------------------------------------
    # The way of a day
    # ------------------------------------------------------------

    @api.depends("start", "user_id", "property_id")
    def _compute_distance_km(self):
        """One query for all: the property of the visit before of the same agent on the same day."""
        before = self._get_properties_before()
        properties = self.env["realestate.property"].browse(before.values())
        properties.fetch(["latitude", "longitude"])
        for visit in self:
            last = properties.browse(before.get(visit.id, []))
            here, there = visit.property_id._get_place(), last._get_place()
            visit.distance_km = geo.distance(here, there) if here and there else 0.0

    def _get_properties_before(self):
        """Return {visit id: id of the property the agent showed before that day}."""
        if not self.ids:
            return {}
        self.flush_model(["user_id", "start", "state", "property_id"])
        query = SQL(
            """
            SELECT v.id, b.property_id FROM realestate_visit v
            CROSS JOIN LATERAL (
                SELECT o.property_id FROM realestate_visit o
                WHERE o.user_id = v.user_id AND o.start < v.start AND o.start::date = v.start::date
                    AND o.state IN ('planned', 'confirmed', 'done')
                ORDER BY o.start DESC LIMIT 1
            ) b WHERE v.id IN %s""",
            tuple(self.ids),
        )
        return dict(self.env.execute_query(query))

    def action_day_route(self):
        """Open the way along these visits, in the order of their time, on a map; none chosen: my visits of today.

        :return: an action that opens a web page; a message if no place is known
        """
        visits = self or self._find_mine_today()
        stops = [visit.property_id._get_place() for visit in visits.sorted("start")]
        url = geo.directions_url([stop for stop in stops if stop])
        if url:
            return {"type": "ir.actions.act_url", "url": url, "target": "new"}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "message": self.env._("None of these properties has coordinates: fill them in first.")
                if visits
                else self.env._("You have no visit today."),
            },
        }

    @api.model
    def _find_mine_today(self):
        """Return the visits I still have to make or made today, by my own clock."""
        today = fields.Date.context_today(self)
        begin, end = (schedule.midnight(day, self.env.user.tz) for day in (today, today + timedelta(days=1)))
        return self.search(
            Domain("user_id", "=", self.env.uid)
            & Domain("state", "in", (*BLOCKING, "done"))
            & Domain("start", ">=", begin)
            & Domain("start", "<", end)
        )
