from datetime import datetime, timedelta

import psycopg2
from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import DealerCommon

EIGHT = datetime(2031, 5, 6, 8)
HOUR = timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestService(DealerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._connect()
        cls.vehicle._change_owner(cls.carla)
        cls.bays = cls.env["automotive.bay"].create(
            [{"name": f"Lift {number}", "company_id": cls.dealer.id} for number in (1, 2)]
        )

    def _appointment(self, **values):
        return (
            self.env["automotive.service.appointment"]
            .with_user(self.dora)
            .create({"vehicle_id": self.vehicle.id, "start": EIGHT, "stop": EIGHT + 2 * HOUR, **values})
        )

    def test_from_the_request_to_the_next_service(self):
        appointment = self._appointment(
            job_ids=[
                (0, 0, {"name": "Service", "amount": 189, "is_service": True}),
                (0, 0, {"name": "Brake pads", "amount": 145, "approval": "asked"}),
            ]
        )
        self.assertEqual((appointment.partner_id, appointment.to_ask_count), (self.carla, 1))
        appointment.action_confirm()
        self.assertEqual((appointment.bay_id, appointment.calendar_event_id.start), (self.bays[0], EIGHT))
        appointment.action_start()
        appointment.job_ids.done = True
        with self.assertRaisesRegex(UserError, "“Brake pads” is done, but the customer has not agreed"):
            appointment.action_done()
        appointment.job_ids[1].write({"approval": "agreed", "approved_note": "By phone, 10:40"})
        appointment.odometer = 20000
        appointment.action_done()
        today = fields.Date.context_today(appointment)
        self.assertEqual(self.vehicle.last_service_date, today)
        self.assertEqual(self.vehicle.next_service_date, today + relativedelta(months=12))
        self.assertEqual((self.vehicle.odometer, self.vehicle.next_service_odometer), (20000, 35000))
        self.assertIn("car is well", appointment.activity_ids.summary)
        self.assertTrue(appointment.ask_at)

    def test_a_closed_day_is_told_and_never_proposed(self):
        calendar = self.dealer.resource_calendar_id
        calendar.tz = "UTC"
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Feast",
                "calendar_id": calendar.id,
                "company_id": self.dealer.id,
                "date_from": "2031-05-06 00:00:00",
                "date_to": "2031-05-06 23:59:59",
            }
        )
        appointment = self._appointment()
        self.assertTrue(appointment.is_closed)
        appointment.action_confirm()
        self.assertEqual(appointment.state, "confirmed", "told, not refused")
        appointment.write({"start": EIGHT + 24 * HOUR, "stop": EIGHT + 26 * HOUR})
        self.assertFalse(appointment.is_closed)
        model = self.env["automotive.service.appointment"].with_company(self.dealer)
        with freeze_time("2031-05-02 10:20:00"):  # a Friday
            self.assertEqual(str(model._default_start()), "2031-05-05 08:00:00")
        with freeze_time("2031-05-07 10:20:00"):
            self.assertEqual(str(model._default_start()), "2031-05-08 10:00:00")
        with freeze_time("2031-05-05 10:20:00"):
            self.assertEqual(str(model._default_start()), "2031-05-07 08:00:00", "when we open after the feast")
        self.dealer.resource_calendar_id = False
        with freeze_time("2031-05-05 10:20:00"):
            self.assertEqual(str(model._default_start()), "2031-05-06 10:00:00", "nobody says when it is open")

    def test_the_workshop_takes_as_many_cars_as_it_has_places(self):
        first, second, third = (self._appointment(start=EIGHT + n * HOUR / 2, stop=EIGHT + 2 * HOUR) for n in range(3))
        first.action_confirm()
        second.action_confirm()
        self.assertEqual(first.bay_id + second.bay_id, self.bays)
        with self.assertRaisesRegex(ValidationError, "Lift 1 is promised to Carla"):
            third.action_confirm()
        third.write({"bay_id": False, "start": EIGHT + 2 * HOUR, "stop": EIGHT + 3 * HOUR})
        third.action_confirm()
        self.assertEqual(third.state, "confirmed")

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_what_python_did_not_see(self):
        self._appointment(bay_id=self.bays[0].id, state="confirmed")
        sneaky = self._appointment(bay_id=self.bays[0].id)
        self.env.flush_all()
        with self.assertRaises(psycopg2.errors.ExclusionViolation), self.env.cr.savepoint():
            query = "UPDATE automotive_service_appointment SET state = 'confirmed' WHERE id = %s"
            self.env.cr.execute(query, [sneaky.id])

    def test_recalls_are_done_on_the_way_and_the_maker_hears_of_it(self):
        recall = (
            self.env["automotive.recall"]
            .with_user(self.mia)
            .create({"name": "26-020", "title": "Belt", "customer_text": "Checked."})
        )
        recall._add_numbers([self.vehicle.vin])
        recall.action_publish()
        self._run_exchange()
        appointment = self._appointment()
        self.assertEqual(appointment.open_recall_count, 1)
        appointment.action_confirm()
        line = appointment.job_ids.recall_line_id
        self.assertEqual((appointment.job_ids.name, line.state), ("26-020: Belt", "booked"))
        appointment.action_start()
        appointment.job_ids.done = True
        appointment.action_done()
        self._run_exchange()
        self.assertEqual(recall.vehicle_ids.state, "performed")

    def test_reminded_once_the_day_before(self):
        soon = fields.Datetime.now() + timedelta(hours=20)
        appointment = self._appointment(start=soon, stop=soon + HOUR)
        appointment.action_confirm()
        for _time in range(2):
            self._run_cron("crm_automotive_dealer.ir_cron_remind_service")
        mails = self.env["mail.mail"].search([("recipient_ids", "=", self.carla.id)])
        self.assertEqual(len(mails), 1)

    def test_the_most_special_rule_holds(self):
        self.vehicle.first_registration = "2025-01-10"
        self.assertEqual(str(self.vehicle.next_service_date), "2026-01-10")
        rules = self.env["automotive.service.rule"].with_user(self.dan)
        special = rules.create({"name": "Uno", "model_id": self.model.id, "months": 24, "distance": 0})
        self.assertEqual(str(self.vehicle.next_service_date), "2027-01-10")
        self.assertEqual(self.vehicle.next_service_odometer, 0)
        special.unlink()
        self.assertEqual(str(self.vehicle.next_service_date), "2026-01-10")

    def test_forms_and_rights(self):
        with Form(self.env["automotive.service.appointment"].with_user(self.dora)) as form:
            form.vehicle_id = self.vehicle
            self.assertEqual(form.partner_id, self.carla)
        appointment = self._appointment()
        for user in (self.olga, self.max):
            with self.assertRaises(AccessError):
                appointment.with_user(user).read(["start"])
        with self.assertRaises(AccessError):
            self.env["automotive.bay"].with_user(self.dora).create({"name": "x"})
