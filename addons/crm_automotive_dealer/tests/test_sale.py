from datetime import datetime, timedelta

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import DealerCommon

TEN = datetime(2031, 5, 6, 10)
HOUR = timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestSale(DealerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.demo_car = cls.env["automotive.vehicle"].create(
            {
                "plate": "0001 DMO",
                "model_id": cls.model.id,
                "kind": "demo",
                "odometer": 900,
                "company_id": cls.dealer.id,
            }
        )
        cls.pipeline = cls.env.ref("crm_automotive_dealer.crm_pipeline_car_sale")
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "A Uno for Carla",
                "type": "opportunity",
                "partner_id": cls.carla.id,
                "pipeline_id": cls.pipeline.id,
                "company_id": cls.dealer.id,
                "user_id": cls.dora.id,
                "team_id": False,
            }
        )

    def _drive(self, user=None, **values):
        return (
            self.env["automotive.test.drive"]
            .with_user(user or self.dora)
            .create(
                {
                    "partner_id": self.carla.id,
                    "lead_id": self.lead.id,
                    "vehicle_id": self.demo_car.id,
                    "start": TEN,
                    "stop": TEN + HOUR,
                    **values,
                }
            )
        )

    # ------------------------------------------------------------
    # Test drives
    # ------------------------------------------------------------

    def test_a_drive_from_promise_to_next_step(self):
        drive = self._drive()
        drive.action_confirm()
        event = drive.calendar_event_id
        self.assertEqual((event.start, event.stop, event.opportunity_id), (TEN, TEN + HOUR, self.lead))
        with self.assertRaisesRegex(UserError, "driving licence of Carla"):
            drive.action_start()
        drive.licence_seen = True
        drive.action_start()
        self.assertEqual(drive.odometer_out, 900)
        drive.write({"odometer_in": 890})
        with self.assertRaisesRegex(UserError, "fewer kilometres"):
            drive.action_done()
        drive.write({"odometer_in": 923, "interest": "yes"})
        drive.action_done()
        self.assertEqual(self.demo_car.odometer, 923)
        self.assertEqual(self.lead.stage_id.stage_event, "test_drive_done")
        self.assertIn("quote", self.lead.activity_ids.mapped("summary")[0])
        self.assertFalse(drive.activity_ids, "what the customer said is written down already")

    def test_the_car_is_promised_once(self):
        self._drive().action_confirm()
        other = self._drive(self.dan, start=TEN + HOUR / 2, stop=TEN + 2 * HOUR)
        with self.assertRaisesRegex(ValidationError, "promised to Carla Vives Roca"):
            other.action_confirm()
        other.write({"start": TEN + HOUR, "stop": TEN + 2 * HOUR})
        other.action_confirm()
        with self.assertRaisesRegex(ValidationError, "promised to Carla"):
            other.start = TEN
        third = self._drive()
        with self.assertRaises(ValidationError):
            self._drive(state="confirmed")
        self.assertEqual(third.state, "requested")

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_what_python_did_not_see(self):
        self._drive().action_confirm()
        sneaky = self._drive()
        self.env.flush_all()
        with self.assertRaises(psycopg2.errors.ExclusionViolation), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE automotive_test_drive SET state = 'confirmed' WHERE id = %s", [sneaky.id])
        self.env.cr.execute("SELECT 1 FROM pg_constraint WHERE conname = 'automotive_test_drive_car_overlap'")
        self.assertTrue(self.env.cr.fetchone(), "the host only logs a constraint it could not make")

    def test_moving_the_meeting_moves_the_drive(self):
        drive = self._drive()
        drive.action_confirm()
        self._drive(start=TEN + 4 * HOUR, stop=TEN + 5 * HOUR).action_confirm()
        event = drive.calendar_event_id.with_user(self.dora)
        event.write({"start": TEN + 2 * HOUR, "stop": TEN + 3 * HOUR})
        self.assertEqual((drive.start, drive.stop), (TEN + 2 * HOUR, TEN + 3 * HOUR))
        with self.assertRaises(ValidationError):
            event.write({"start": TEN + 4 * HOUR, "stop": TEN + 5 * HOUR})
        event.unlink()
        self.assertEqual(drive.state, "cancelled")

    def test_steps_follow_the_table(self):
        drive = self._drive()
        with self.assertRaisesRegex(UserError, "cannot become “Done”"):
            drive.action_done()
        drive.action_confirm()
        drive.action_no_show()
        self.assertIn("Nobody came", self.lead.activity_ids.mapped("summary")[0])
        drive.action_confirm()
        drive.action_cancel()
        self.assertFalse(drive.calendar_event_id.active)
        without_car = self._drive(vehicle_id=False, model_id=self.model.id)
        with self.assertRaisesRegex(UserError, "Choose the car"):
            without_car.action_confirm()

    def test_a_drive_that_took_place_is_kept(self):
        drive = self._drive(self.dan, licence_seen=True)
        drive.action_confirm()
        drive.action_start()
        with self.assertRaisesRegex(UserError, "is kept"):
            drive.unlink()

    # ------------------------------------------------------------
    # Appraisals
    # ------------------------------------------------------------

    def _appraisal(self, **values):
        return (
            self.env["automotive.appraisal"]
            .with_user(self.dora)
            .create({"partner_id": self.carla.id, "lead_id": self.lead.id, "vehicle_id": self.vehicle.id, **values})
        )

    def test_an_appraisal_from_inspection_to_the_quote(self):
        appraisal = self._appraisal(cost_ids=[(0, 0, {"name": "Tyres", "amount": 400})])
        self.assertEqual((appraisal.odometer, appraisal.cost_total), (18234, 400))
        appraisal.action_inspect()
        with self.assertRaisesRegex(UserError, "what we offer"):
            appraisal.action_offer()
        appraisal.offered_price = 7500
        appraisal.action_offer()
        self.assertEqual(appraisal.date_valid, fields.Date.context_today(appraisal) + timedelta(days=14))
        appraisal.action_accept()
        self.assertIn("trade-in", self.lead.activity_ids.mapped("summary")[0])

    def test_an_offer_ends_by_itself_and_even_before_the_cron_comes(self):
        appraisal = self._appraisal(offered_price=7500)
        appraisal.action_inspect()
        appraisal.action_offer()
        appraisal.date_valid = fields.Date.context_today(appraisal) - timedelta(days=1)
        with self.assertRaisesRegex(UserError, "was valid until"):
            appraisal.action_accept()
        self._run_cron("crm_automotive_dealer.ir_cron_appraisal")
        self.assertEqual(appraisal.state, "expired")

    # ------------------------------------------------------------
    # Opportunity
    # ------------------------------------------------------------

    def test_other_opportunities_keep_their_form(self):
        other = self.env["crm.lead"].create({"name": "A boat", "type": "opportunity"})
        self.assertEqual((self.lead.is_car_sale, other.is_car_sale), (True, False))

    def test_merged_opportunities_keep_what_belongs_to_them(self):
        drive, appraisal = self._drive(), self._appraisal()
        wish = self.env["automotive.wish"].create({"lead_id": self.lead.id, "model_id": self.model.id, "budget": 20000})
        winner = self.env["crm.lead"].create(
            {"name": "Same", "type": "opportunity", "partner_id": self.carla.id, "probability": 99.9}
        )
        merged = (winner | self.lead).merge_opportunity()
        self.assertEqual((drive.lead_id, appraisal.lead_id, wish.lead_id), (merged, merged, merged))

    def test_forms_open(self):
        with Form(self.env["automotive.test.drive"].with_user(self.dora)) as drive:
            drive.partner_id = self.carla
            drive.vehicle_id = self.demo_car
        with Form(self.env["automotive.appraisal"].with_user(self.dora)) as appraisal:
            appraisal.partner_id = self.carla
            appraisal.name = "Old Uno"
        with Form(self.lead.with_user(self.dora)) as lead, lead.wish_ids.new() as wish:
            wish.vehicle_id = self.demo_car
            self.assertEqual((wish.model_id, wish.condition), (self.model, "used"))

    def test_other_dealers_and_the_maker_see_nothing(self):
        drive, appraisal = self._drive(), self._appraisal()
        for user in (self.olga, self.max):
            for record in (drive, appraisal):
                with self.subTest(user=user.login, model=record._name), self.assertRaises(AccessError):
                    record.with_user(user).read(["partner_id"])
