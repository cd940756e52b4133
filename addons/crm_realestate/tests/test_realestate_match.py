import math
import random
from decimal import ROUND_HALF_UP, Decimal

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_core.tests.common import CronCase

from .common import RealEstateCase

SIZE = 150


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
        self.assertEqual((match.score, match.reasons, match.state, match.price), (100, {}, "new", 200000))
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


@tagged("post_install", "-at_install")
class TestMatchOracle(MatchCase):
    """The SQL against plain Python on random records: both directions and the queue give the same."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dice = random.Random(19)
        cls.franc = cls.env["res.currency"].create({"name": "XFT", "symbol": "F"})
        cls.env["res.currency.rate"].create(
            {"currency_id": cls.franc.id, "rate": 3.0, "name": fields.Date.today(), "company_id": cls.company.id}
        )
        cls.zones = cls.zone
        for number in range(11):
            parent = cls.dice.choice([*cls.zones.ids, False])
            cls.zones |= cls.env["realestate.zone"].create({"name": f"Z{number}", "parent_id": parent})
        cls.types = cls.flat_type | cls.house_type | cls.land_type
        cls.features = cls.env["realestate.feature"].search([], limit=5)
        cls.properties = cls.env["realestate.property"].create([cls._random_property() for _n in range(SIZE)])
        cls.demands = cls.env["realestate.demand"].create([cls._random_demand() for _n in range(SIZE)])
        cls.properties |= cls.flat | cls.parking

    @classmethod
    def _some(cls, records, most):
        return [Command.set(cls.dice.sample(records.ids, cls.dice.randint(0, most)))]

    @classmethod
    def _random_property(cls):
        dice = cls.dice
        return {
            "name": "P",
            "company_id": cls.company.id if dice.random() < 0.9 else cls.company_b.id,
            "user_id": False,
            "currency_id": cls.franc.id if dice.random() < 0.2 else cls.company.currency_id.id,
            "state": dice.choice(["active"] * 9 + ["withdrawn"]),
            "active": dice.random() < 0.95,
            "operation": dice.choice(["sale", "sale", "rent", "both"]),
            "type_id": dice.choice([*cls.types.ids, False]),
            "zone_id": dice.choice([*cls.zones.ids, False]),
            "price_sale": dice.choice([0, *range(90, 260, 10)]) * 1000,
            "price_rent": dice.choice([0, *range(5, 15)]) * 100,
            "beds": dice.randint(0, 4),
            "baths": dice.randint(0, 2),
            "area_built": dice.choice([0, 50, 70, 90.5]),
            "area_usable": dice.choice([0, 60]),
            "area_plot": dice.choice([0, 300]),
            "feature_ids": cls._some(cls.features, 4),
        }

    @classmethod
    def _random_demand(cls):
        dice = cls.dice
        operation = dice.choice(["sale", "sale", "rent"])
        unit = 1000 if operation == "sale" else 5
        lowest = dice.choice([0, 0, 100, 150])
        return {
            "partner_id": cls.buyer.id,
            "user_id": False,
            "company_id": cls.company.id if dice.random() < 0.9 else cls.company_b.id,
            "state": dice.choice(["active"] * 9 + ["paused"]),
            "operation": operation,
            "type_ids": cls._some(cls.types, 2),
            "zone_ids": cls._some(cls.zones, 2),
            "price_min": lowest * unit,
            "price_max": dice.choice([0, lowest + 33, lowest + 100]) * unit if lowest else dice.choice([0, 170]) * unit,
            "tolerance": dice.choice([0, 5, 10, 33.33]),
            "beds_min": dice.choice([0, 0, 2, 3]),
            "baths_min": dice.choice([0, 0, 0, 2]),
            "area_min": dice.choice([0, 0, 60]),
            "area_max": dice.choice([0, 0, 80]),
            "must_feature_ids": cls._some(cls.features, 1),
            "wish_feature_ids": cls._some(cls.features, 3),
        }

    def _oracle(self):
        """Return {(demand id, property id): (score, reasons)} by looking at every pair."""
        pairs = {}
        for demand in self.demands:
            wanted = self.env["realestate.zone"].search([("id", "child_of", demand.zone_ids.ids)])
            for prop in self.properties:
                found = self._judge(demand, prop, wanted)
                if found:
                    pairs[demand.id, prop.id] = found
        return pairs

    def _judge(self, demand, prop, wanted):
        """Return the score and the reasons of a pair; None if it does not fit."""
        if demand.state != "active" or not prop.active or prop.availability != "available":
            return None
        if demand.company_id != prop.company_id or prop.operation not in (demand.operation, "both"):
            return None
        if demand.must_feature_ids - prop.feature_ids:
            return None
        area = prop.area_plot if prop.type_id.category == "land" else prop.area_built or prop.area_usable
        price, highest, lowest = self._judge_price(demand, prop)
        checks = {
            "zone": (20, demand.zone_ids, prop.zone_id, prop.zone_id in wanted),
            "type": (15, demand.type_ids, prop.type_id, prop.type_id in demand.type_ids),
            "price": (
                15, demand.price_min or demand.price_max, price,
                (not demand.price_max or price <= highest) and (not demand.price_min or price >= lowest),
            ),
            "beds": (10, demand.beds_min, prop.beds, prop.beds >= demand.beds_min),
            "baths": (5, demand.baths_min, prop.baths, prop.baths >= demand.baths_min),
            "area": (
                10, demand.area_min or demand.area_max, area,
                area >= demand.area_min and (not demand.area_max or area <= demand.area_max),
            ),
        }  # fmt: skip
        if any(asked and known and not fits for _cost, asked, known, fits in checks.values()):
            return None
        unknown = [name for name, (_cost, asked, known, _fits) in checks.items() if asked and not known]
        score = 100 - sum(checks[name][0] for name in unknown)
        reasons = {"unknown": unknown} if unknown else {}
        for key, limit, edge, off in (
            ("over", demand.price_max, highest, price > demand.price_max > 0),
            ("under", demand.price_min, lowest, price and price < demand.price_min),
        ):
            if off:
                limit = Decimal(str(limit))
                score -= math.ceil(30 * abs(price - limit) / abs(edge - limit))
                reasons[key] = math.ceil(abs(price - limit) * 100 / limit)
        missing = demand.wish_feature_ids - prop.feature_ids
        if missing:
            score -= math.ceil(30 * Decimal(len(missing)) / len(demand.wish_feature_ids))
            reasons["missing"] = sorted(missing.ids)
        return max(1, score), reasons

    def _judge_price(self, demand, prop):
        """Return the price in the company's currency, and the most and least the demand allows."""
        cent = Decimal("0.01")
        foreign = prop.currency_id != prop.company_id.currency_id
        factor = Decimal(str(prop.currency_id._get_conversion_rate(
            prop.currency_id, prop.company_id.currency_id, prop.company_id
        ))) if foreign else 1  # fmt: skip
        price = Decimal(str(prop.price_rent if demand.operation == "rent" else prop.price_sale)) * factor
        part = Decimal(str(demand.tolerance)) / 100
        amounts = price, Decimal(str(demand.price_max)) * (1 + part), Decimal(str(demand.price_min)) * (1 - part)
        return [amount.quantize(cent, ROUND_HALF_UP) for amount in amounts]

    def _stored(self):
        found = self.matches.search([("state", "=", "new"), ("demand_id", "in", self.demands.ids)])
        result = {}
        for match in found:
            reasons = dict(match.reasons)
            if "unknown" in reasons:
                reasons["unknown"] = [name for name in match._get_criteria_labels() if name in reasons["unknown"]]
            result[match.demand_id.id, match.property_id.id] = match.score, reasons
        return result

    def test_every_way_gives_the_same(self):
        expected = self._oracle()
        self.assertGreater(len(expected), 300)
        self.assertGreater(len({score for score, _reasons in expected.values()}), 20)
        self._drain()
        self.assertEqual(self._stored(), expected, "queue, from nothing")
        for scope in (
            {},
            {"demand_ids": self.demands.ids},
            {"property_ids": self.properties.ids},
            {"demand_ids": self.demands.ids, "property_ids": self.properties.ids},
        ):
            self.matches.sudo().search([]).unlink()
            self.matches._refresh(**scope)
            self.assertEqual(self._stored(), expected, scope)
        self.matches._refresh()
        self.assertEqual(self._stored(), expected, "again")
        self.matches.sudo().search([]).unlink()
        for demand in self.demands[:75]:
            self.matches._refresh(demand_ids=demand.ids)
        for prop in self.properties:
            self.matches._refresh(property_ids=prop.ids)
        self.assertEqual(self._stored(), expected, "one by one")

    def _keep(self, most):
        """Have only so many kept of what fits a demand; return what the oracle would keep."""
        self.patch(type(self.matches), "_get_keep", lambda _self: most)

        def best(expected):
            by_demand = {}
            for (demand, prop), found in expected.items():
                by_demand.setdefault(demand, []).append((-found[0], -prop, found))
            return {
                (demand, -prop): found
                for demand, rows in by_demand.items()
                for _score, prop, found in sorted(rows, key=lambda row: row[:2])[:most]
            }

        return best

    def test_only_the_best_are_kept_every_way(self):
        best = self._keep(4)
        everything = self._oracle()
        expected = best(everything)
        self.assertLess(len(expected), len(everything) - 200)
        self._drain()
        self.assertEqual(self._stored(), expected, "queue, from nothing")
        for scope in ({}, {"demand_ids": self.demands.ids}):
            self.matches.sudo().search([]).unlink()
            self.matches._refresh(**scope)
            self.assertEqual(self._stored(), expected, scope)
        self.matches.sudo().search([]).unlink()
        for prop in self.properties:
            self.matches._refresh(property_ids=prop.ids)
        self.assertEqual(self._stored(), expected, "one by one")
        counts = {}
        for demand, _prop in everything:
            counts[demand] = counts.get(demand, 0) + 1
        wide = max(self.demands, key=lambda demand: counts.get(demand.id, 0))
        self.assertEqual(self.matches._count_fitting(wide), counts[wide.id])
        self.assertTrue(wide.is_too_wide)
        self.assertIn(f"the best 4 of {counts[wide.id]}", wide.action_open_matches()["name"])

    def test_others_move_up_when_the_best_leave(self):
        best = self._keep(4)
        self._drain()
        self._change_some()
        expected = best(self._oracle())
        self.assertNotEqual(self._stored(), expected)
        self._drain()
        self.assertEqual(self._stored(), expected)

    def test_what_somebody_worked_on_stays_among_the_best(self):
        self._keep(1)
        demand = self._make_demand(zone_ids=False, state="active")
        self._drain()
        first = self.matches.search([("demand_id", "=", demand.id)])
        first.action_send()
        self.properties.filtered("active").write({"zone_id": self.zone.id})
        newer = self._make_property("Newer", price_sale=1)
        self._drain()
        now = self.matches.search([("demand_id", "=", demand.id)])
        self.assertEqual(now.property_id, first.property_id | newer)
        self.assertTrue(first.is_current)
        self.matches._refresh()
        self.assertTrue(first.is_current)

    def test_queue_keeps_up_with_changes(self):
        self._drain()
        self._change_some()
        expected = self._oracle()
        self.assertNotEqual(self._stored(), expected)
        self._drain()
        self.assertEqual(self._stored(), expected)

    def _change_some(self):
        """Change demands, properties and a zone, and take some off the market."""
        for prop in self.dice.sample(list(self.properties), 60):
            values = self._random_property()
            name = self.dice.choice([key for key in values if key not in ("name", "user_id", "company_id", "state")])
            prop.write({name: values[name]})
        for demand in self.dice.sample(list(self.demands), 60):
            values = self._random_demand()
            name = self.dice.choice(
                ["type_ids", "zone_ids", "tolerance", "beds_min", "area_min", "must_feature_ids", "wish_feature_ids"]
            )
            demand.write({name: values[name]})
        self.zones[-1].parent_id = self.zones[1]
        self.properties.filtered(lambda prop: prop.state == "active")[:5].action_withdraw()

    def test_queries_do_not_grow(self):
        def count(**scope):
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.matches._refresh(**scope)
            return self.env.cr.sql_log_count - before

        count()
        local = self.properties.filtered(lambda prop: prop.currency_id == self.company.currency_id)
        one, many = count(property_ids=local[:1].ids), count(property_ids=local.ids)
        self.assertEqual(one, many)
        self.assertEqual(count(demand_ids=self.demands[:1].ids), count(demand_ids=self.demands.ids))

        def read(matches):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            matches.with_user(self.agent).web_read({"reason_text": {}, "summary": {}, "score": {}, "beds": {}})
            return self.env.cr.sql_log_count - before

        matches = self.matches.search([("company_id", "=", self.company.id)], limit=80)
        read(matches), read(matches[:1])
        self.assertLessEqual(read(matches), read(matches[:1]) + 2)
