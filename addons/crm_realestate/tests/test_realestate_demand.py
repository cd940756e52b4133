from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import RealEstateCase


@tagged("post_install", "-at_install")
class TestRealestateDemand(RealEstateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.quay = cls.env["realestate.zone"].create({"name": "Quay", "parent_id": cls.zone.id})
        cls.hill = cls.env["realestate.zone"].create({"name": "Hill"})

    def _make_demand(self, **values):
        defaults = {"partner_id": self.buyer.id, "user_id": self.agent.id, "zone_ids": [Command.set(self.zone.ids)]}
        return self.env["realestate.demand"].create({**defaults, **values})

    def test_contact_is_enough(self):
        demand = self.env["realestate.demand"].create({"partner_id": self.buyer.id})
        self.assertEqual((demand.state, demand.operation), ("active", "sale"))
        self.assertFalse(demand.search_zone_ids)
        self.assertIn("Berta Buyer", demand.display_name)

    def test_says_what_it_is(self):
        demand = self._make_demand(
            operation="rent", beds_min=2, area_min=50, price_min=500, price_max=900, type_ids=[
                Command.set(self.env.ref("crm_realestate.realestate_property_type_flat").ids)
            ]
        )  # fmt: skip
        for word in ("Rent", "Flat", "Harbour", "500", "900", "2+ bedrooms", "50+ m²"):
            self.assertIn(word, demand.summary)
        demand.write({"price_max": 0})
        self.assertIn("from", demand.summary)

    def test_transitions_follow_the_table(self):
        demand = self._make_demand()
        states = dict(demand._fields["state"].selection)
        self.assertEqual(set(states), set(demand._transitions))
        for before, following in demand._transitions.items():
            for after in states:
                demand = self._make_demand(state=before)
                if after == before or after in following:
                    demand.state = after
                    self.assertEqual(demand.state, after)
                else:
                    with self.assertRaisesRegex(UserError, states[before]):
                        demand.state = after

    def test_actions(self):
        demand = self._make_demand()
        for action, state in (
            ("pause", "paused"), ("activate", "active"), ("lose", "lost"), ("activate", "active"), ("win", "won"),
        ):  # fmt: skip
            getattr(demand, f"action_{action}")()
            self.assertEqual(demand.state, state)

    def test_impossible_numbers(self):
        for values in (
            {"price_min": 2, "price_max": 1},
            {"area_min": 2, "area_max": 1},
            {"beds_min": -1},
            {"tolerance": 101},
        ):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self._make_demand(**values)

    def test_zones_with_their_parts(self):
        demand = self._make_demand()
        self.assertEqual(demand.search_zone_ids, self.zone | self.quay)
        pier = self.env["realestate.zone"].create({"name": "Pier", "parent_id": self.quay.id})
        self.assertEqual(demand.search_zone_ids, self.zone | self.quay | pier)
        self.quay.parent_id = self.hill
        self.assertEqual(demand.search_zone_ids, self.zone)
        self.hill.parent_id = self.zone
        self.assertEqual(demand.search_zone_ids, self.zone | self.hill | self.quay | pier)
        pier.unlink()
        demand.zone_ids = self.hill
        self.assertEqual(demand.search_zone_ids, self.hill | self.quay)

    def test_keys_of_what_is_looked_for(self):
        kinds = self.env["realestate.property.type"].search([], limit=2)
        demand = self._make_demand(zone_ids=False, type_ids=False)
        self.assertEqual(demand.search_keys, "*:*")
        demand.type_ids = kinds
        self.assertEqual(set(demand.search_keys.split()), {"*:0", *(f"*:{kind.id}" for kind in kinds)})
        demand.zone_ids = self.quay
        zones = (self.quay.id, 0, f"~{self.zone.id}")
        self.assertEqual(
            set(demand.search_keys.split()), {f"{zone}:{kind}" for zone in zones for kind in (*kinds.ids, 0)}
        )
        self.quay.parent_id = self.hill
        demand.write({"zone_ids": self.hill, "type_ids": False})
        zones = (self.hill.id, self.quay.id, 0)
        self.assertEqual(set(demand.search_keys.split()), {f"{zone}:*" for zone in zones})

    def test_zone_that_is_looked_for_stays(self):
        self._make_demand(zone_ids=[Command.set(self.quay.ids)])
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.quay.unlink()

    def test_expiry(self):
        yesterday = fields.Date.today() - timedelta(days=1)
        over, today = self._make_demand(date_expiry=yesterday), self._make_demand(date_expiry=fields.Date.today())
        self.env["realestate.demand"]._cron_expire()
        self.assertEqual((over.state, today.state), ("expired", "active"))
        self.assertEqual(over.activity_ids.user_id, self.agent)
        over.action_activate()
        self.assertFalse(over.date_expiry)
        self.env["realestate.demand"]._cron_expire()
        self.assertEqual(over.state, "active")

    def test_buttons_of_contact_and_opportunity(self):
        lead = self.env["crm.lead"].create(
            {"name": "L", "type": "opportunity", "partner_id": self.buyer.id, "property_id": self.flat.id}
        )
        action = lead.action_open_demands()
        self.assertEqual(action["view_mode"], "form")
        with Form(self.env["realestate.demand"].with_context(**action["context"])) as form:
            self.assertEqual(form.partner_id, self.buyer)
        demand = form.record
        self.assertEqual((demand.lead_id, demand.price_max, demand.zone_ids), (lead, 200000, self.zone))
        self.assertEqual((lead.demand_count, self.buyer.demand_count, self.other_buyer.demand_count), (1, 1, 0))
        self.assertNotEqual(lead.action_open_demands()["view_mode"], "form")
        self.assertEqual(self.buyer.action_open_demands()["domain"], [("partner_id", "=", self.buyer.id)])
        self.assertEqual(self.other_buyer.action_open_demands()["view_mode"], "form")

    def test_merged_opportunities_keep_demands(self):
        leads = self.env["crm.lead"].create(
            [{"name": name, "type": "opportunity", "partner_id": self.buyer.id} for name in "ab"]
        )
        demands = self._make_demand(lead_id=leads[0].id) | self._make_demand(lead_id=leads[1].id)
        kept = leads.merge_opportunity()
        self.assertEqual(kept.demand_ids, demands)

    def test_roles_and_companies(self):
        def refused(operation):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                operation()
                self.env.flush_all()

        demand = self._make_demand()
        self.assertTrue(demand.with_user(self.colleague).summary)
        refused(lambda: demand.with_user(self.colleague).action_pause())
        refused(lambda: demand.with_user(self.agent).unlink())
        refused(lambda: demand.with_user(self.seller).read(["note"]))
        refused(lambda: demand.with_user(self.stranger).read(["note"]))
        self.assertFalse(self.env["realestate.demand"].with_user(self.stranger).search([("id", "=", demand.id)]))
        refused(lambda: self.buyer.with_user(self.seller).read(["demand_count"]))
        demand.with_user(self.agent).action_pause()
        demand.with_user(self.coordinator).action_activate()
        demand.with_user(self.manager).unlink()

    def test_form_opens(self):
        with Form(self.env["realestate.demand"].with_user(self.agent)) as form:
            form.partner_id = self.buyer
            form.price_max = 100
        self.assertEqual(form.record.user_id, self.agent)
        with Form(self.buyer.with_user(self.agent)):
            pass

    def test_list_costs_the_same_for_many(self):
        many = self.env["realestate.demand"].create(
            [{"partner_id": self.buyer.id, "zone_ids": [Command.set(self.zone.ids)]} for _number in range(30)]
        )

        def count(demands):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            demands.with_user(self.agent).web_read({"summary": {}, "display_name": {}, "activity_ids": {}})
            return self.env.cr.sql_log_count - before

        count(many), count(many[:1])
        self.assertLessEqual(count(many), count(many[:1]))
