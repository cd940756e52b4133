from datetime import date, datetime

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_core.tests.common import CronCase

from .common import RealEstateCase


class MatchCase(CronCase, RealEstateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.matches = cls.env["realestate.match"]
        cls.queue = cls.env["realestate.match.queue"]
        cls.flat_type, cls.house_type, cls.land_type = (
            cls.env.ref(f"crm_realestate.realestate_property_type_{name}") for name in ("flat", "house", "land")
        )
        cls.lift, cls.pool, cls.garden = (
            cls.env.ref(f"crm_realestate.realestate_feature_{name}") for name in ("lift", "pool", "garden")
        )
        cls.parking.type_id = cls.env.ref("crm_realestate.realestate_property_type_parking")
        cls.flat.write({"type_id": cls.flat_type.id, "beds": 2, "baths": 1, "area_built": 80})

    @classmethod
    def _make_demand(cls, **values):
        defaults = {"partner_id": cls.buyer.id, "user_id": cls.agent.id, "zone_ids": [Command.set(cls.zone.ids)]}
        return cls.env["realestate.demand"].create({**defaults, **values})

    def _match(self, demand, prop=None):
        """Return the match of a demand with a property once the queue is empty."""
        self.queue._work_off(1000)
        prop = prop or self.flat
        return self.matches.search([("demand_id", "=", demand.id), ("property_id", "=", prop.id)])

    def _drain(self):
        self._run_cron("crm_realestate.ir_cron_match_queue")


@tagged("post_install", "-at_install")
class TestRealestateMatch(MatchCase):
    def test_fits_in_everything(self):
        match = self._match(self._make_demand(price_max=200000, beds_min=2, area_min=80, baths_min=1))
        self.assertEqual((match.score, match.reasons, match.state, match.price), (100, False, "new", 200000))
        self.assertEqual((match.reason_text, match.company_id), ("Fits in everything", self.company))

    def test_too_little_excludes(self):
        for values in ({"beds_min": 3}, {"baths_min": 2}, {"area_min": 81}, {"area_max": 79}, {"operation": "rent"}):
            self.assertFalse(self._match(self._make_demand(**values)), values)
        self.assertFalse(self._match(self._make_demand(type_ids=[Command.set(self.house_type.ids)])))
        self.assertFalse(self._match(self._make_demand(must_feature_ids=[Command.set(self.lift.ids)])))
        elsewhere = self.env["realestate.zone"].create({"name": "Elsewhere"})
        self.assertFalse(self._match(self._make_demand(zone_ids=[Command.set(elsewhere.ids)])))

    def test_unknown_costs_and_never_excludes(self):
        bare = self._make_property("Bare", zone_id=False)
        demand = self._make_demand(
            price_max=100, beds_min=3, baths_min=2, area_min=90, type_ids=[Command.set(self.house_type.ids)]
        )
        match = self._match(demand, bare)
        self.assertEqual(set(match.reasons["unknown"]), {"zone", "type", "price", "beds", "baths", "area"})
        self.assertEqual(match.score, 100 - 20 - 15 - 15 - 10 - 5 - 10)
        self.assertIn("bedrooms", match.reason_text)

    def test_price_within_the_tolerance(self):
        demand = self._make_demand(price_max=190000, tolerance=10)
        match = self._match(demand)
        self.assertEqual((match.reasons, match.score), ({"over": 6}, 100 - 16))
        self.assertIn("6 % over", match.reason_text)
        demand.tolerance = 5
        self.assertFalse(self._match(demand))
        demand.write({"price_max": 0, "price_min": 205000})
        self.assertIn("3 % under", self._match(demand).reason_text)
        demand.price_min = 220000
        self.assertFalse(self._match(demand))

    def test_wishes(self):
        self.flat.feature_ids = self.lift
        demand = self._make_demand(
            must_feature_ids=[Command.set(self.lift.ids)], wish_feature_ids=[Command.set((self.lift | self.pool).ids)]
        )
        match = self._match(demand)
        self.assertEqual((match.score, match.reasons), (85, {"missing": self.pool.ids}))
        self.assertIn("Without: Pool", match.reason_text)

    def test_without_any_feature(self):
        self.env["realestate.feature"].search([]).unlink()
        match = self._match(self._make_demand())
        self.assertEqual((match.score, match.reason_text), (100, "Fits in everything"))

    def test_land_is_measured_by_its_plot(self):
        land = self._make_property("Land", type_id=self.land_type.id, area_plot=500, area_built=10)
        self.assertTrue(self._match(self._make_demand(area_min=400), land))

    def test_zone_tree(self):
        quay = self.env["realestate.zone"].create({"name": "Quay"})
        self.flat.zone_id = quay
        demand = self._make_demand()
        self.assertFalse(self._match(demand))
        quay.parent_id = self.zone
        self.assertTrue(self._match(demand))
        quay.parent_id = False
        self.assertFalse(self._match(demand))
        demand.zone_ids = False
        self.assertTrue(self._match(demand))

    def test_a_zone_that_tells_too_little_is_not_known(self):
        quay = self.env["realestate.zone"].create({"name": "Quay", "parent_id": self.zone.id})
        pier = self.env["realestate.zone"].create({"name": "Pier", "parent_id": quay.id})
        demand = self._make_demand(zone_ids=pier.ids)
        match = self._match(demand)
        self.assertEqual((match.score, match.reason_text), (80, "Not known: zone"))
        self.flat.zone_id = quay
        self.assertEqual(self._match(demand).score, 80)
        self.flat.zone_id = pier
        self.assertEqual(self._match(demand).score, 100)
        self.flat.zone_id = self.zone
        demand.zone_ids |= self.zone
        self.assertEqual(self._match(demand).score, 100, "the whole town is looked for as well")
        demand.zone_ids = pier
        quay.parent_id = False
        self.assertFalse(self._match(demand), "it is no part of the town any more")

    def test_what_is_taken_or_over_goes(self):
        demand = self._make_demand()
        match = self._match(demand)
        booking = self.env["realestate.booking"].create({"property_id": self.flat.id, "user_id": self.agent.id})
        booking.action_hold()
        self.assertFalse(self._match(demand))
        self.assertFalse(match.exists())
        booking.action_cancel()
        self.assertTrue(self._match(demand))
        demand.action_pause()
        self.assertFalse(self._match(demand))

    def test_what_somebody_worked_on_stays(self):
        demand = self._make_demand(type_ids=[Command.set(self.flat_type.ids)])
        match = self._match(demand)
        match.action_send()
        self.flat.action_withdraw()
        self._match(demand)
        self.assertEqual((match.state, match.is_current, demand.match_count), ("sent", False, 0))
        self.assertIn("No longer fits", match.reason_text)
        self.flat.action_activate()
        self._match(demand)
        self.assertEqual((match.state, match.is_current, demand.match_count), ("sent", True, 1))

    def test_dismissed_until_the_price_falls(self):
        demand = self._make_demand(type_ids=[Command.set(self.flat_type.ids)])
        match = self._match(demand)
        match.action_dismiss("price", "Too much")
        self.assertEqual((demand.match_count, match.dismissed_price), (0, 200000))
        self.flat.beds = 3
        self.flat.price_sale = 190001
        self.matches._refresh()
        self.assertEqual(self._match(demand).state, "dismissed")
        self.flat.price_sale = 190000
        self.assertEqual(self._match(demand).state, "new")
        self.assertIn("Cheaper", match.reason_text)
        match.action_dismiss()
        self.company.realestate_reopen_percent = 0
        self.flat.price_sale = 1000
        self.assertEqual(self._match(demand).state, "dismissed")
        match.action_reopen()
        self.assertEqual(match.state, "new")

    def test_currency_of_the_company(self):
        franc = self.env["res.currency"].create({"name": "XFT", "symbol": "F"})
        self.env["res.currency.rate"].create(
            {"currency_id": franc.id, "rate": 4.0, "name": fields.Date.today(), "company_id": self.company.id}
        )
        self.flat.currency_id = franc
        match = self._match(self._make_demand(price_max=50000, tolerance=0))
        self.assertEqual((match.score, match.price), (100, 50000))
        self.assertFalse(self._match(self._make_demand(price_max=49999, tolerance=0)))

    def test_other_companies_never_match(self):
        foreign = self.env["realestate.property"].create(
            {"name": "Elsewhere", "company_id": self.company_b.id, "user_id": self.stranger.id, "zone_id": self.zone.id}
        )
        demand = self._make_demand()
        self.assertFalse(self._match(demand, foreign))
        match = self._match(demand)
        for operation in (
            lambda: match.with_user(self.stranger).read(["score"]),
            lambda: match.with_user(self.seller).read(["score"]),
            lambda: demand.with_user(self.stranger).action_open_matches(),
            lambda: match.with_user(self.manager).unlink(),
            lambda: self.queue.with_user(self.manager).search([]),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                operation()
        self.assertFalse(self.matches.with_user(self.stranger).search([]))
        self.assertTrue(match.with_user(self.colleague).reason_text)
        match.with_user(self.colleague).action_send()

    def test_transitions_follow_the_table(self):
        match = self._match(self._make_demand())
        states = dict(match._fields["state"].selection)
        self.assertEqual(set(states), set(match._transitions))
        match.action_dismiss()
        with self.assertRaises(UserError):
            match.action_send()

    def test_pair_is_unique(self):
        match = self._match(self._make_demand())
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            match.copy()

    def test_visit_from_a_match(self):
        match = self._match(self._make_demand())
        action = match.with_user(self.agent).action_plan_visit()
        with Form(self.env["realestate.visit"].with_user(self.agent).with_context(**action["context"])) as form:
            self.assertEqual((form.property_id, form.partner_ids[:]), (self.flat, self.buyer))
        visit = form.record
        visit.action_plan()
        self.assertEqual(match.state, "interested")
        visit.action_done()
        self.assertEqual(match.state, "visited")
        other = self.env["realestate.visit"].create({"property_id": self.flat.id, "partner_ids": self.buyer.ids})
        other.action_plan()
        self.assertEqual(match.state, "visited")

    def test_visits_in_a_row(self):
        """The near ones together, each when agent and property are free; all are planned, or none."""
        self.company.resource_calendar_id.tz = "UTC"
        self.company.realestate_visit_buffer = 15
        self.agent.tz = "UTC"
        homes = self.flat
        for name, latitude in (("Far", 41.5), ("Near", 41.01), ("Nowhere", 0)):
            homes |= self._make_property(name, latitude=latitude, longitude=latitude and 1.0)
        self.flat.write({"latitude": 41.0, "longitude": 1.0})
        demand = self._make_demand()
        self.queue._work_off(1000)
        matches = self.matches.search([("demand_id", "=", demand.id), ("property_id", "in", homes.ids)])
        self.assertEqual(len(matches), 4)
        day = datetime(2031, 5, 5)
        taken = self.env["realestate.visit"].create(
            {"property_id": homes[2].id, "start": day.replace(hour=9), "user_id": self.colleague.id, "state": "planned"}
        )
        with freeze_time("2031-05-04 10:00:00"):
            action = matches.with_user(self.agent).action_plan_visits()
            planned = self.env["realestate.visit.round"].with_user(self.agent).browse(action["res_id"])
            self.assertEqual((planned.date, planned.travel), (day.date(), 15))
            with Form(planned) as form:
                form.minutes = 45
            planned.action_propose()
            times = {line.property_id: f"{line.start:%H:%M}" for line in planned.line_ids}
            # 8:00 to 8:45, travel away and there, and the near one only when the colleague has left.
            self.assertEqual(list(times), list(homes[0] + homes[2] + homes[1] + homes[3]))
            self.assertEqual(list(times.values()), ["08:00", "10:00", "13:00", "14:30"])
            shown = planned.action_plan()
            visits = self.env["realestate.visit"].search(shown["domain"])
        for view, kind in shown["views"][:2]:
            arch = self.env["realestate.visit"].get_view(view, kind)["arch"]
            self.assertIn('default_order="start"', arch, "the first visit comes first")
        self.assertEqual((len(visits), set(visits.mapped("state"))), (4, {"planned"}))
        self.assertEqual((visits.partner_ids, visits.user_id), (self.buyer, self.agent))
        self.assertEqual(set(matches.mapped("state")), {"interested"})
        self.assertEqual(taken.state, "planned")
        with freeze_time("2031-05-04 10:00:00"), self.assertRaises(ValidationError), self.env.cr.savepoint():
            planned.action_plan()
        planned.line_ids.start = False
        with self.assertRaisesRegex(UserError, "Nothing is free"):
            planned.action_plan()
        other = self._match(self._make_demand(partner_id=self.env["res.partner"].create({"name": "Other"}).id))
        with self.assertRaisesRegex(UserError, "one client"):
            (matches | other).action_plan_visits()

    def test_the_day_proposed_is_not_today_far_behind_utc(self):
        honolulu = "Pacific/Honolulu"
        self.agent.tz = self.company.resource_calendar_id.tz = honolulu
        rounds = self.env["realestate.visit.round"].with_user(self.agent).with_context(tz=honolulu)
        with freeze_time("2031-05-05 20:00:00"):
            self.assertEqual(rounds._default_date(), date(2031, 5, 6), "it is Monday morning there")

    def test_dismissing_asks_why(self):
        match = self._match(self._make_demand())
        wizard = self.env["realestate.match.dismiss"].with_user(self.agent).with_context(active_ids=match.ids)
        with Form(wizard) as form:
            form.reason = "place"
        form.record.action_apply()
        self.assertEqual((match.state, match.dismiss_reason), ("dismissed", "place"))

    def test_buttons_open_what_is_true_now(self):
        demand = self._make_demand()
        for record in (demand, self.flat):
            action = record.with_user(self.agent).action_open_matches()
            self.assertEqual(self.matches.search(action["domain"]).filtered("is_current").demand_id, demand)
            self.assertEqual(record.match_count, 2 if record == demand else 1)
        with Form(self._match(demand)):
            pass

    def test_queue_is_filled_by_what_matters_only(self):
        demand = self._make_demand()
        self._drain()
        self.flat.write({"name": "Other", "street": "Other"})
        demand.write({"note": "Other", "urgency": "1"})
        self.assertFalse(self.queue.search([]))
        (self.flat | self.parking).write({"beds": 4})
        demand.beds_min = 1
        rows = self.queue.search([])
        self.assertEqual((rows.property_id, rows.demand_id), (self.flat | self.parking, demand))
        self._drain()
        self.assertFalse(self.queue.search([]))
