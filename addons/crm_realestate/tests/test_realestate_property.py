from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .common import RealEstateCase

PIXEL = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@tagged("post_install", "-at_install")
class TestRealestateProperty(RealEstateCase):
    def test_name_is_enough(self):
        prop = self.env["realestate.property"].create({"name": "Loft"})
        self.assertTrue(prop.ref)
        self.assertEqual((prop.state, prop.availability), ("active", "available"))

    def test_ref_is_unique_in_the_company_only(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._make_property("Copy", ref="T-1")
        same = self.env["realestate.property"].create(
            {"name": "Elsewhere", "ref": "T-1", "company_id": self.company_b.id, "user_id": self.stranger.id}
        )
        self.assertEqual(same.ref, self.flat.ref)

    def test_transitions_follow_the_table(self):
        states = dict(self.flat._fields["state"].selection)
        self.assertEqual(set(states), set(self.flat._transitions))
        for before, following in self.flat._transitions.items():
            for after in states:
                prop = self._make_property("P", state=before)
                if after == before or after in following:
                    prop.state = after
                    self.assertEqual(prop.state, after)
                else:
                    with self.assertRaisesRegex(UserError, states[before]):
                        prop.state = after

    def test_availability_follows_the_state(self):
        self.flat.action_withdraw()
        self.assertEqual(self.flat.availability, "unavailable")
        self.flat.action_activate()
        self.assertEqual(self.flat.availability, "available")

    def test_closing_says_how(self):
        let = self._make_property("Let", operation="rent", price_rent=900)
        (let | self.flat).action_close()
        self.assertEqual((let.state, self.flat.state), ("closed_rented", "closed_sold"))

    def test_price_history(self):
        self.assertEqual(self.flat.price_history_ids.mapped("new_price"), [200000])
        (self.flat | self.parking).write({"price_sale": 190000})
        self.flat.write({"price_sale": 190000, "name": "Same price"})
        self.env.invalidate_all()
        self.assertEqual(
            self.flat.price_history_ids.mapped(lambda row: (row.old_price, row.new_price)),
            [(200000, 190000), (0, 200000)],
        )
        self.assertEqual(self.parking.price_history_ids[0].old_price, 15000)

    def test_price_shown(self):
        both = self._make_property("Both", operation="both", price_sale=100, price_rent=5)
        let = self._make_property("Let", operation="rent", price_sale=100, price_rent=5)
        self.assertEqual((both.price, let.price), (100, 5))

    def test_owner_shares(self):
        self.flat.party_ids = [(0, 0, {"partner_id": self.buyer.id, "share": 60})]
        with self.assertRaisesRegex(ValidationError, "T-1"):
            self.flat.party_ids = [(0, 0, {"partner_id": self.other_buyer.id, "share": 50})]

    def test_cover_is_the_first_photo(self):
        first, second = self.env["realestate.image"].create(
            [{"property_id": self.flat.id, "name": name, "image_1920": PIXEL} for name in ("first", "second")]
        )
        self.assertEqual(self.flat.cover_image_id, first)
        first.sequence = 20
        self.flat.invalidate_recordset()
        self.assertEqual(self.flat.cover_image_id, second)
        self.assertFalse(self.parking.cover_image_id)

    def test_find_by_ref(self):
        find = self.env["realestate.property"]._find_by_ref
        self.assertEqual(find(" t-1 ", self.company), self.flat)
        self.assertFalse(find("T_1", self.company))
        self.assertFalse(find("", self.company))
        self.assertFalse(find("T-1", self.company_b))

    def test_cadastral_reference_is_looked_at(self):
        self.flat.write({"country_id": self.env.ref("base.es").id, "cadastral_ref": " 9872023 vh5797s 0001wx "})
        self.assertEqual((self.flat.cadastral_ref, self.flat.cadastral_warning), ("9872023VH5797S0001WX", False))
        twin = self._make_property("Twin", cadastral_ref="9872023vh5797s0001wx")
        self.assertIn("T-1", twin.cadastral_warning)
        self.assertFalse(
            self._make_property(
                "Other", company_id=self.company_b.id, user_id=self.stranger.id, cadastral_ref="9872023VH5797S0001WX"
            ).cadastral_warning
        )
        short = self._make_property("Short", country_id=self.env.ref("base.es").id, cadastral_ref="9872023")
        self.assertEqual(short.cadastral_warning, "7 characters instead of 20")
        short.country_id = self.env.ref("base.fr")
        self.assertFalse(short.cadastral_warning)

    def test_zone_tree(self):
        quay = self.env["realestate.zone"].create({"name": "Quay", "parent_id": self.zone.id})
        self.assertEqual(quay.display_name, "Harbour / Quay")
        self.flat.zone_id = quay
        found = self.env["realestate.property"].search([("zone_id", "child_of", self.zone.id)])
        self.assertIn(self.flat, found)
        self.assertEqual(quay.property_count, 1)
        with self.assertRaises(UserError):
            self.zone.parent_id = quay

    def test_forms_open(self):
        with Form(self.env["realestate.property"].with_user(self.agent)) as form:
            form.name = "By hand"
            with form.party_ids.new() as party:
                party.partner_id = self.buyer
        self.assertEqual(form.record.user_id, self.agent)
        for model in ("realestate.zone", "realestate.property.type", "realestate.feature"):
            with Form(self.env[model].with_user(self.manager)) as form:
                form.name = "By hand"

    def test_menus_open(self):
        root = self.env.ref("crm_realestate.crm_realestate_menu")
        menus = self.env["ir.ui.menu"].search([("id", "child_of", root.id)])
        actions = [menu.action for menu in menus if menu.action]
        self.assertGreaterEqual(len(actions), 7)
        for action in actions:
            context = safe_eval(action.context, {"uid": self.agent.id})
            domain = safe_eval(action.domain or "[]", {"uid": self.agent.id})
            self.env[action.res_model].with_context(**context).search_count(domain)

    def test_reading_the_list_costs_the_same_for_many(self):
        many = self.env["realestate.property"].create([{"name": f"P{i}", "zone_id": self.zone.id} for i in range(50)])
        spec = {
            "ref": {}, "name": {}, "price": {}, "availability": {}, "cover_image_id": {}, "activity_ids": {},
            "zone_id": {"fields": {"display_name": {}}}, "user_id": {"fields": {"display_name": {}}},
        }  # fmt: skip

        def count(properties):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            properties.with_user(self.agent).web_read(spec)
            return self.env.cr.sql_log_count - before

        count(many)
        self.assertEqual(count(many[:1]), count(many))
