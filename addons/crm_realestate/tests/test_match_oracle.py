"""Matching against plain Python that looks at every pair."""

import math
import random
from decimal import ROUND_HALF_UP, Decimal
from unittest.mock import patch

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from ..models import realestate_match_first, realestate_match_queue
from ..tools import match_sql
from .test_realestate_match import MatchCase

SIZE = 150


def _find_alone(matches, share):
    """Set aside what fits, by one connection."""
    matches.env.cr.execute(SQL("CREATE TEMPORARY TABLE realestate_match_first AS %s", matches._get_first_query(share)))


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
            zones = self.env["realestate.zone"]
            wanted = zones.search([("id", "child_of", demand.zone_ids.ids)])
            around = zones.search([("id", "parent_of", demand.zone_ids.ids)]) - wanted
            for prop in self.properties:
                found = self._judge(demand, prop, wanted, around)
                if found:
                    pairs[demand.id, prop.id] = found
        return pairs

    def _judge(self, demand, prop, wanted, around):
        """Return the score and the reasons of a pair; None if it does not fit.

        :param wanted: zones that fit
        :param around: zones of which they are parts
        """
        if demand.state != "active" or not prop.active or prop.availability != "available":
            return None
        if demand.company_id != prop.company_id or prop.operation not in (demand.operation, "both"):
            return None
        if demand.must_feature_ids - prop.feature_ids:
            return None
        area = prop.area_plot if prop.type_id.category == "land" else prop.area_built or prop.area_usable
        price, highest, lowest = self._judge_price(demand, prop)
        checks = {
            "zone": (20, demand.zone_ids, prop.zone_id - around, prop.zone_id in wanted),
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
            reasons = dict(match.reasons or {})
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
        self.patch(realestate_match_queue, "SHARE", SIZE // 3)
        self._run_cron("crm_realestate.ir_cron_match_all")
        self.assertEqual(self._stored(), expected, "in shares")
        self.assertFalse(self.queue.search([]))
        self.matches.sudo().search([]).unlink()
        for demand in self.demands[:75]:
            self.matches._refresh(demand_ids=demand.ids)
        for prop in self.properties:
            self.matches._refresh(property_ids=prop.ids)
        self.assertEqual(self._stored(), expected, "one by one")

    def test_shares_leave_no_match_out(self):
        self._drain()
        self.patch(realestate_match_queue, "SHARE", SIZE // 3)
        self.queue._enqueue_all()
        shares = self.queue.search([], order="id")
        self.assertGreater(len(shares), 3)
        self.assertEqual((shares[0].first_demand, shares[-1].last_demand), (0, 2**31 - 1))
        for one, other in zip(shares, shares[1:], strict=False):
            self.assertEqual(one.last_demand + 1, other.first_demand)
        sizes = [
            self.env["realestate.demand"].search_count(
                [("id", ">=", share.first_demand), ("id", "<=", share.last_demand)]
            )
            for share in shares
        ]
        self.assertLessEqual(max(sizes) - min(sizes), 1)
        self.demands[:20].state = "paused"
        self.env["realestate.match.queue"].search([("last_demand", "=", 0)]).unlink()
        while self.queue._work_off_share():
            pass
        self.assertEqual(self._stored(), self._oracle())

    def test_bits_are_counted_alike_by_every_postgresql(self):
        """The oracle sees one of the two ways only, that of the server at hand."""
        for bits in ("", "0", "1", "000", "1011000111" * 20):
            for version, count in match_sql.COUNT_BITS.items():
                if self.env.cr._cnx.server_version >= version * 10000:
                    found = self.env.execute_query(SQL("SELECT %s", SQL(count, SQL("%s::varbit", bits))))[0][0]
                    self.assertEqual(found, bits.count("1"), (bits, version))

    def _get_keys(self):
        """Return the constraints and indexes of matches, as the database and the host remember them."""
        return self.env.execute_query(
            SQL(
                """SELECT conname, pg_get_constraintdef(oid), NULL FROM pg_constraint
                WHERE conrelid = 'realestate_match'::regclass
                UNION SELECT indexname, indexdef, obj_description(indexname::regclass, 'pg_class')
                FROM pg_indexes WHERE tablename = 'realestate_match' ORDER BY 1, 2"""
            )
        )

    def test_first_matches_are_stored_at_once(self):
        keys = self._get_keys()
        self.queue.search([]).unlink()
        self.patch(realestate_match_first, "MANY", SIZE)
        self.patch(realestate_match_queue, "SHARE", SIZE // 3)
        self.queue._enqueue_all()
        self.assertEqual(len(self.queue.search([])), 1)
        # A second connection sees nothing of a test: tests/system/test_match_first.py has it.
        self.patch(type(self.matches), "_find_first", _find_alone)
        with patch.object(type(self.matches), "_get_refresh_query", side_effect=AssertionError("row by row")):
            self._run_cron("crm_realestate.ir_cron_match_all")
        self.assertEqual(self._stored(), self._oracle())
        self.assertEqual(self._get_keys(), keys)
        self.assertEqual(len(keys), 6, "three constraints, three indexes")
        self._change_some()
        self.queue.search([]).unlink()
        self.queue._enqueue_all()
        self.assertGreater(len(self.queue.search([])), 3)
        self._run_cron("crm_realestate.ir_cron_match_all")
        self.assertEqual(self._stored(), self._oracle(), "the second time as ever")

    def test_after_an_import_everything_is_matched_instead(self):
        self.patch(realestate_match_queue, "MANY", 50)
        self.queue.search([]).unlink()
        self.queue._enqueue(self.demands[:49])
        self._run_cron("crm_realestate.ir_cron_match_queue")
        expected = self._oracle()
        few = set(self.demands[:49].ids)
        self.assertEqual(self._stored(), {pair: found for pair, found in expected.items() if pair[0] in few})
        self.queue._enqueue(self.demands[:25])
        self.queue._enqueue(self.properties[:25])
        self._run_cron("crm_realestate.ir_cron_match_queue")
        self.assertEqual(self._stored(), expected)
        self.assertFalse(self.queue.search([]))

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

        # The rates of a foreign currency are asked one by one: as many as there are currencies.
        own = local.filtered(lambda prop: prop.company_id == self.company)
        matches = self.matches.search([("property_id", "in", own.ids)], limit=80)
        read(matches), read(matches[:1])
        self.assertLessEqual(read(matches), read(matches[:1]) + 2)
