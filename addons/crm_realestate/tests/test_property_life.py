from datetime import timedelta

from psycopg2.errors import ExclusionViolation

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from .common import RealEstateCase


@tagged("post_install", "-at_install")
class TestPropertyLife(RealEstateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()

    def _make_mandate(self, user=None, **values):
        defaults = {
            "property_id": self.flat.id,
            "date_start": self.today,
            "date_end": self.today + timedelta(days=90),
        }
        return self.env["realestate.mandate"].with_user(user or self.agent).create({**defaults, **values})

    def test_from_prospect_to_sold(self):
        prop = self._make_property("Prospect", state="prospect", price_sale=100000).with_user(self.agent)
        self.assertFalse(prop.date_listed)
        prop.action_valuate()
        self.assertEqual(prop.valuation_date, self.today)
        mandate = self._make_mandate(property_id=prop.id, fee_percent=4)
        self.assertEqual((mandate.price, mandate.fee), (100000, 4000))
        mandate.action_sign()
        self.assertEqual((prop.state, prop.mandate_status), ("mandate", "exclusive"))
        prop.action_activate()
        self.assertEqual((prop.date_listed, prop.availability), (self.today, "available"))
        prop.action_close()
        self.assertEqual((prop.state, prop.date_closed, mandate.state), ("closed_sold", self.today, "fulfilled"))

    def test_days_on_market_stop_at_the_sale(self):
        self.flat.date_listed = self.today - timedelta(days=40)
        self.assertEqual(self.flat.days_on_market, 40)
        self.flat.action_withdraw()
        self.flat.date_closed = self.today - timedelta(days=10)
        self.assertEqual(self.flat.days_on_market, 30)

    def test_two_exclusive_mandates_are_refused_with_a_sentence(self):
        self._make_mandate().action_sign()
        other = self._make_mandate(date_start=self.today + timedelta(days=90), date_end=self.today + timedelta(days=95))
        with self.assertRaisesRegex(ValidationError, "exclusive mandate of Agent"), self.env.cr.savepoint():
            other.action_sign()
        other.date_start = self.today + timedelta(days=91)
        other.action_sign()
        self._make_mandate(kind="non_exclusive").action_sign()
        self._make_mandate(operation="rent").action_sign()

    def test_the_database_refuses_two_exclusive_mandates(self):
        self._make_mandate().action_sign()
        other = self._make_mandate(operation="rent")
        other.action_sign()
        self.env.flush_all()
        with mute_logger("odoo.sql_db"), self.assertRaises(ExclusionViolation), self.env.cr.savepoint():
            self.env.cr.execute(SQL("UPDATE realestate_mandate SET operation = 'sale' WHERE id = %s", other.id))
        found = self.env.execute_query(
            SQL("SELECT contype FROM pg_constraint WHERE conname = 'realestate_mandate_one_exclusive'")
        )
        self.assertEqual(found, [("x",)])

    def test_an_exclusive_mandate_needs_an_end(self):
        mandate = self._make_mandate(date_end=False)
        with self.assertRaisesRegex(ValidationError, "T-1"), self.env.cr.savepoint():
            mandate.action_sign()

    def test_transitions_follow_the_table(self):
        states = dict(self.env["realestate.mandate"]._fields["state"].selection)
        transitions = self.env["realestate.mandate"]._transitions
        self.assertEqual(set(states), set(transitions))
        for before, following in transitions.items():
            for after in set(states) - {before}:
                mandate = self._make_mandate(property_id=self._make_property("P").id, state=before)
                if after in following:
                    mandate.state = after
                else:
                    with self.assertRaisesRegex(UserError, states[before]):
                        mandate.state = after

    def test_owner_shares_are_whole_when_signing(self):
        self.flat.party_ids = [(0, 0, {"partner_id": self.buyer.id, "share": 60})]
        with self.assertRaisesRegex(UserError, "60"):
            self._make_mandate().action_sign()

    def test_alerts_before_the_end_each_once(self):
        mandate = self._make_mandate(date_end=self.today + timedelta(days=20))
        mandate.action_sign()
        for _run in range(2):
            self.env["realestate.mandate"]._cron_alert()
        self.assertEqual(mandate.activity_ids.mapped("user_id"), self.agent)
        self.assertEqual(len(mandate.activity_ids), 1)
        mandate.sudo().write({"date_start": self.today - timedelta(days=9), "date_end": self.today - timedelta(days=1)})
        self.env["realestate.mandate"]._cron_alert()
        self.assertEqual((mandate.state, len(mandate.activity_ids)), ("expired", 2))

    def test_renewal_follows_the_first(self):
        mandate = self._make_mandate()
        mandate.action_sign()
        renewed = self.env["realestate.mandate"].browse(mandate.action_renew()["res_id"])
        self.assertEqual(renewed.date_start, mandate.date_end + timedelta(days=1))
        self.assertEqual(renewed.date_end - renewed.date_start, mandate.date_end - mandate.date_start)
        renewed.action_sign()

    def test_policy_needs_a_mandate(self):
        self.company.realestate_mandate_required = True
        prop = self._make_property("Strict", state="prospect").with_user(self.agent)
        with self.assertRaisesRegex(UserError, "no mandate"):
            prop.action_activate()
        mandate = self._make_mandate(property_id=prop.id)
        mandate.action_sign()
        prop.action_activate()
        prop.sudo().is_published = True
        mandate.action_cancel()
        self.assertFalse(prop.is_published)

    def test_publishing_names_what_is_missing(self):
        flat = self.flat.with_user(self.agent)
        flat.type_id = self.env.ref("crm_realestate.realestate_property_type_flat")
        with self.assertRaisesRegex(UserError, "energy label"):
            flat.action_publish()
        flat.energy_rating = "process"
        flat.action_publish()
        self.assertTrue(flat.is_published)
        flat.action_withdraw()
        self.assertFalse(flat.is_published)

    def test_keys_are_in_one_hand(self):
        key = self.env["realestate.key"].with_user(self.agent).create({"name": "27", "property_id": self.flat.id})
        context = key.action_take()["context"]
        with Form(self.env["realestate.key.move"].with_user(self.agent).with_context(**context)) as form:
            form.reason = "Visit"
        self.env.invalidate_all()
        self.assertEqual((key.state, key.holder_id), ("out", self.agent.partner_id))
        with self.assertRaisesRegex(UserError, "with Agent"):
            key.action_take()
        key.action_return()
        self.env.invalidate_all()
        self.assertEqual((key.state, key.move_ids.reason), ("in", "Visit"))

    def test_documents_that_end(self):
        document = self.env["realestate.document"].create(
            {"property_id": self.flat.id, "kind": "energy", "date_expiry": self.today + timedelta(days=10)}
        )
        self.assertEqual((document.validity, document.is_private), ("soon", False))
        for _run in range(2):
            self.env["realestate.document"]._cron_alert()
        self.assertEqual(len(self.flat.activity_ids), 1)
        note = document.copy({"kind": "registry", "property_id": self.flat.id, "is_private": True})
        seen = self.flat.with_user(self.colleague).document_ids
        self.assertIn(document, seen)
        self.assertNotIn(note, seen)

    def test_who_sees_mandates_and_keys(self):
        mandate = self._make_mandate()
        key = self.env["realestate.key"].create({"name": "27", "property_id": self.flat.id})
        for record in (mandate.sudo(), key):
            model = self.env[record._name]
            for user, seen in ((self.agent, True), (self.coordinator, True), (self.colleague, False)):
                found = model.with_user(user).search([("id", "=", record.id)])
                self.assertEqual(bool(found), seen, (record, user.name))
            self.assertFalse(model.with_user(self.stranger).search([("id", "=", record.id)]))
        self.assertEqual(self.flat.with_user(self.colleague).mandate_status, "none")
        visit = {"property_id": self.flat.id, "user_id": self.colleague.id}
        self.env["realestate.visit"].create(visit)
        self.assertTrue(self.env["realestate.key"].with_user(self.colleague).search([("id", "=", key.id)]))

    def test_units_from_a_pattern(self):
        development = self.env["realestate.development"].create(
            {"name": "Gardens", "promoter_id": self.buyer.id, "zone_id": self.zone.id, "user_id": self.agent.id}
        )
        wizard = Form(
            self.env["realestate.unit.generator"]
            .with_user(self.coordinator)
            .with_context(default_development_id=development.id)
        )
        wizard.pattern = "A{1-3}"
        wizard.type_id = self.env.ref("crm_realestate.realestate_property_type_flat")
        wizard.price_sale = 150000
        self.assertEqual(wizard.preview, "A1, A2, A3")
        made = wizard.save()
        made.action_generate()
        made.action_generate()
        self.assertEqual(sorted(development.unit_ids.mapped("unit_code")), ["A1", "A2", "A3"])
        self.assertEqual(development.unit_ids.party_ids.partner_id, self.buyer)
        self.assertEqual((development.unit_count, development.available_count), (3, 3))

    def test_a_building_and_its_units(self):
        building = self._make_property("Building", price_sale=900000)
        first, second = (self._make_property(name, parent_id=building.id, price_sale=300000) for name in "12")
        booking = self.env["realestate.booking"].with_user(self.agent)
        part = booking.create({"property_id": first.id, "state": "held"})
        self.assertEqual((building.availability, second.availability), ("partial", "available"))
        whole = booking.create({"property_id": building.id})
        self.assertEqual((whole.line_ids.property_id, whole.price_agreed), (building | first | second, 900000))
        with self.assertRaisesRegex(ValidationError, "on hold"), self.env.cr.savepoint():
            whole.action_hold()
        part.action_cancel()
        third = self._make_property("3", parent_id=building.id)
        whole.action_hold()
        self.assertEqual({building.availability, second.availability, third.availability}, {"on_hold"})
        with self.assertRaisesRegex(ValidationError, "on hold"), self.env.cr.savepoint():
            booking.create({"property_id": second.id, "state": "held"})
        with self.assertRaisesRegex(ValidationError, "no unit can join"), self.env.cr.savepoint():
            self._make_property("4", parent_id=building.id)

    def test_coordinates_shown_outside_are_rounded(self):
        self.flat.write({"latitude": 41.123456, "longitude": 1.234567})
        self.assertIn("mlat=41.123456", self.flat.map_url)
        self.assertEqual(self.flat._get_public_coordinates(), (41.12, 1.23))
        self.flat.address_visibility = "exact"
        self.assertEqual(self.flat._get_public_coordinates(), (41.123456, 1.234567))

    def test_fields_follow_the_type(self):
        with Form(self.flat.with_user(self.agent)) as form:
            for code, hidden, shown in (
                ("land", ("beds", "baths", "energy_rating", "area_built"), ("area_plot", "orientation")),
                ("parking", ("baths", "area_plot", "condition"), ("area_built", "floor")),
                ("flat", (), ("beds", "baths", "energy_rating", "area_built", "floor")),
            ):
                form.type_id = self.env.ref(f"crm_realestate.realestate_property_type_{code}")
                for name in (*hidden, *shown):
                    self.assertEqual(form._get_modifier(name, "invisible"), name in hidden, (code, name))

    def test_forms_open(self):
        """Each opens empty and proposes what its makers chose."""
        proposed = {
            "mandate": ("kind", "exclusive"),
            "key": ("state", "in"),
            "document": ("kind", "energy"),
            "development": ("registration_days", 90),
            "property": ("availability", "available"),
        }
        for model, (name, value) in proposed.items():
            form = Form(self.env[f"realestate.{model}"].with_user(self.coordinator))
            self.assertEqual(form[name], value, model)
