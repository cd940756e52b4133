import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import VIN, DealerCommon


@tagged("post_install", "-at_install")
class TestVehicle(DealerCommon):
    def _vehicle(self, **values):
        return self.env["automotive.vehicle"].create({"model_id": self.model.id, **values})

    # ------------------------------------------------------------
    # VIN
    # ------------------------------------------------------------

    def test_vin_is_stored_compact(self):
        vehicle = self._vehicle(vin=" vss zzz-5fzhr012345 ", plate=" 9876-bcd")
        self.assertEqual((vehicle.vin, vehicle.vin_suffix, vehicle.plate), ("VSSZZZ5FZHR012345", "012345", "9876BCD"))
        vehicle.vin = "tmbjj7ne5j0123456"
        self.assertEqual((vehicle.vin, vehicle.vin_suffix), ("TMBJJ7NE5J0123456", "123456"))
        vehicle.vin = " "
        self.assertFalse(vehicle.vin)

    def test_unsound_vin_says_what_to_do(self):
        for number, hint in (
            ("WVWZZZ1KZAWI23456", "Did you mean 1?"),
            ("WVWZZZ1KZAWO23456", "Did you mean 0?"),
            ("WVWZZZ1KZAW12345", "16 characters and should have 17"),
            ("WVWZZZ1KZAW12345*", "only letters from A to Z"),
        ):
            with self.subTest(vin=number), self.assertRaisesRegex(ValidationError, hint.replace("?", r"\?")):
                self._vehicle(vin=number)

    def test_old_chassis_number(self):
        self.assertEqual(self._vehicle(vin="116-2301 0041", vin_legacy=True).vin, "11623010041")

    def test_vin_unique_per_company(self):
        with self.assertRaises(psycopg2.errors.UniqueViolation), mute_logger("odoo.sql_db"):
            self._vehicle(vin=VIN.lower())
        self.assertTrue(self._vehicle(vin=VIN, company_id=self.other.id))
        self._vehicle()
        self._vehicle()

    def test_search_by_last_six_plate_and_vin(self):
        vehicles = self.env["automotive.vehicle"].with_user(self.dora)
        for text in ("123456", "1234 klm", "1234-KLM", "wvwzzz 1kz", VIN, "Uno"):
            with self.subTest(text=text):
                self.assertIn(self.vehicle.id, [row[0] for row in vehicles.name_search(text)])
        self.assertFalse(vehicles.name_search("999999"))

    # ------------------------------------------------------------
    # People
    # ------------------------------------------------------------

    def test_owner_changes(self):
        self.vehicle._change_owner(self.carla, "2024-03-01")
        self.assertEqual(self.vehicle.owner_id, self.carla)
        dani = self.carla.copy({"name": "Dani"})
        self.vehicle._change_owner(dani, "2025-06-01")
        self.assertEqual(self.vehicle.owner_id, dani)
        self.assertEqual(self.env["automotive.vehicle"].search([("owner_id", "=", dani.id)]), self.vehicle)
        self.assertFalse(self.env["automotive.vehicle"].search([("owner_id", "=", self.carla.id)]))

    def _party(self, **values):
        values = {"vehicle_id": self.vehicle.id, "partner_id": self.carla.id, **values}
        return self.env["automotive.vehicle.party"].create(values)

    def test_one_open_owner(self):
        self._party(date_from="2024-01-01")
        self._party(role="driver", date_from="2024-01-01")
        self._party(role="driver", date_from="2024-01-01")
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"):
            self._party(date_from="2025-01-01")

    def test_owners_do_not_overlap(self):
        self._party(date_from="2023-01-01", date_to="2024-01-01")
        self._party(date_from="2024-01-01", date_to="2024-06-01")
        with self.assertRaises(psycopg2.errors.ExclusionViolation), mute_logger("odoo.sql_db"):
            self._party(date_from="2024-05-31", date_to="2024-07-01")

    def test_dates_ordered(self):
        with self.assertRaises(psycopg2.errors.CheckViolation), mute_logger("odoo.sql_db"):
            self._party(role="driver", date_from="2024-01-02", date_to="2024-01-01")

    def test_database_holds_the_constraints(self):
        self.env.cr.execute("SELECT 1 FROM pg_constraint WHERE conname = 'automotive_vehicle_party_owners_overlap'")
        self.assertTrue(self.env.cr.fetchone(), "a constraint that fails to install is only logged")

    def test_party_of_another_company(self):
        stranger = self.carla.copy({"company_id": self.other.id})
        with self.assertRaises(UserError):
            self._party(partner_id=stranger.id)

    # ------------------------------------------------------------
    # Screens and rights
    # ------------------------------------------------------------

    def test_form(self):
        with Form(self.env["automotive.vehicle"].with_user(self.dora)) as form:
            form.model_id = self.model
            form.vin = "tmbjj7ne5j0 123456"
            self.assertEqual(form.vin, "TMBJJ7NE5J0123456")
            with form.party_ids.new() as party:
                party.partner_id = self.carla
        self.assertEqual(form.record.owner_id, self.carla)

    def test_companies(self):
        with self.assertRaises(AccessError):
            self.vehicle.with_user(self.olga).read(["vin"])
        self.assertFalse(self.env["automotive.vehicle"].with_user(self.olga).search([("vin", "=", VIN)]))

    def test_roles(self):
        self.vehicle.with_user(self.dora).odometer = 20000
        with self.assertRaises(AccessError):
            self.vehicle.with_user(self.dora).unlink()
        for user in (self.max, self.mia, self.xavi):
            for model in ("automotive.vehicle", "automotive.vehicle.party"):
                with self.subTest(user=user.login, model=model), self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])
        self.assertTrue(self.model.with_user(self.max).display_name)

    def test_maker_sees_no_customer(self):
        forgotten = self.env["res.partner"].create({"name": "Customer without company"})
        partners = self.env["res.partner"].with_user(self.max).search([])
        self.assertFalse(partners & (self.carla + forgotten))
        self.assertIn(self.max.partner_id, partners)
        self.assertIn(self.maker.partner_id, partners)
        self.assertIn(forgotten, self.env["res.partner"].with_user(self.dora).search([]))

    def test_administrator_keeps_seeing_everybody(self):
        forgotten = self.env["res.partner"].create({"name": "Customer without company"})
        self.assertIn(forgotten, self.env["res.partner"].with_user(self.env.ref("base.user_admin")).search([]))
