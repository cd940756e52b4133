from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import DealerCommon


@tagged("post_install", "-at_install")
class TestCampaign(DealerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._connect()
        cls.vehicle._change_owner(cls.carla)
        cls.campaign = (
            cls.env["automotive.campaign"]
            .with_user(cls.mia)
            .create({"name": "Winter check", "customer_subject": "Ready?", "customer_text": "We check it for 29 EUR."})
        )

    def _publish(self, **values):
        self.campaign.write(values)
        self.campaign.action_publish()
        self._run_exchange()
        return self.env["automotive.campaign"].search([("origin_peer_id", "!=", False), ("name", "=", "Winter check")])

    def _customer(self, name, year=2020, **values):
        partner = self.env["res.partner"].create(
            {"name": name, "email": f"{name.lower()}@example.com", "company_id": self.dealer.id, **values}
        )
        car = {"plate": f"{name} 1", "model_id": self.model.id, "model_year": year, "company_id": self.dealer.id}
        self.env["automotive.vehicle"].create(car)._change_owner(partner)
        return partner

    def test_from_the_maker_to_the_dealers_customers_and_back_as_figures(self):
        here = self._publish()
        self.assertEqual((here.decision, here.company_id), ("proposed", self.dealer))
        self.assertIn("Decide whether we take part", here.activity_ids.summary)
        with self.assertRaisesRegex(UserError, "Take part in Winter check first"):
            here.with_user(self.dora).action_select_targets()
        here.with_user(self.dan).action_accept()
        bert = self._customer("Bert")
        here.with_user(self.dora).action_select_targets()
        self.assertEqual(here.target_ids.partner_id, self.carla + bert)
        here.with_user(self.dora).action_write()
        self.assertEqual(set(here.target_ids.mapped("state")), {"contacted"})
        mail = self.env["mail.mail"].search([("recipient_ids", "=", bert.id)])
        self.assertEqual((mail.subject, "29 EUR" in mail.body_html), ("Ready?", True))

        mine = here.target_ids.filtered(lambda target: target.partner_id == bert).with_user(self.dora)
        mine.action_responded()
        self.assertEqual((mine.lead_id.partner_id, mine.lead_id.company_id), (bert, self.dealer))
        mine.action_sold()
        self._run_cron("crm_automotive_dealer.ir_cron_campaign_report")
        self._run_exchange()
        told = self.campaign.enrolment_ids
        self.assertEqual(told.decision, "accepted")
        self.assertEqual((told.selected, told.contacted, told.responded, told.sold), (2, 2, 1, 1))

    def test_what_leaves_is_figures_only(self):
        here = self._publish()
        here.with_user(self.dan).action_accept()
        here.with_user(self.dora).action_select_targets()
        here._report()
        payload = self._messages(here)[-1].payload
        for told in (self.carla.name, self.carla.email, self.vehicle.vin, self.vehicle.plate):
            self.assertNotIn(told, payload)

    def test_who_said_no_is_not_chosen(self):
        self.env["mail.blacklist"]._add("nora@example.com")
        self._customer("Nora")
        here = self._publish()
        here.with_user(self.dan).action_accept()
        here.with_user(self.dora).action_select_targets()
        self.assertEqual(here.target_ids.partner_id, self.carla)
        self.env["mail.blacklist"]._add(self.carla.email)
        self.env.invalidate_all()
        here.with_user(self.dora).action_write()
        self.assertEqual(here.target_ids.state, "opted_out", "asked again right before writing")

    def test_where_the_dealer_asks_for_consent_it_is_needed(self):
        self.env["crm.privacy.purpose"].create(
            {"name": "Offers", "code": "marketing_dealer", "company_id": self.dealer.id, "text": "May we?"}
        )
        agreed, silent, withdrew = (self._customer(name) for name in ("Ada", "Sil", "Wim"))
        for partner, decision in ((agreed, "granted"), (withdrew, "granted"), (withdrew, "withdrawn")):
            partner.with_company(self.dealer)._record_consent("marketing_dealer", decision, "test")
        here = self._publish()
        here.with_user(self.dan).action_accept()
        here.with_user(self.dora).action_select_targets()
        self.assertEqual(here.target_ids.partner_id, agreed)

    def test_which_cars(self):
        old, new = self._customer("Old", year=2010), self._customer("New", year=2026)
        here = self._publish()
        here.with_user(self.dan).action_accept()
        here.write({"age_min": 10})
        here.with_user(self.dora).action_select_targets()
        self.assertEqual(here.target_ids.partner_id, old)
        here.write({"age_min": 0, "age_max": 5})
        here.with_user(self.dora).action_select_targets()
        self.assertIn(new, here.target_ids.partner_id)

    def test_calls_are_planned_once_and_end_with_the_answer(self):
        here = self._publish()
        here.with_user(self.dan).action_accept()
        here.with_user(self.dora).action_select_targets()
        for _time in range(2):
            here.with_user(self.dora).action_plan_calls()
        target = here.target_ids.with_user(self.dora)
        self.assertEqual(target.activity_ids.mapped("summary"), ["Call about “Winter check”"])
        target.action_opted_out()
        self.assertFalse(target.activity_ids)

    # -- what they come for

    def _targeted(self, **values):
        """Return the one customer of a campaign, as a user of the dealer has it."""
        here = self._publish(**values)
        here.with_user(self.dan).action_accept()
        here.with_user(self.dora).action_select_targets()
        return here.target_ids.with_user(self.dora)

    def _save_booking(self, target, **values):
        """Fill the form of the appointment that the button opens, and save it."""
        action = target.action_book()
        form = Form(self.env[action["res_model"]].with_user(self.dora).with_context(**action["context"]))
        for name, value in values.items():
            form[name] = value
        return form.save()

    def test_a_call_that_ends_in_the_workshop(self):
        """Booked while on the phone, done in the workshop: the figures of the campaign follow."""
        target = self._targeted()
        target.campaign_id.action_plan_calls()
        self.env["automotive.bay"].create({"name": "Lift", "company_id": self.dealer.id})
        appointment = self._save_booking(target)
        self.assertEqual((appointment.vehicle_id, appointment.partner_id), (self.vehicle, self.carla))
        self.assertEqual((appointment.request, appointment.company_id), ("Winter check", self.dealer))
        self.assertEqual(target.state, "responded")
        self.assertFalse(target.activity_ids, "nobody calls again")
        self.assertFalse(target.lead_id, "a place in the workshop is no sale")
        appointment.action_confirm()
        appointment.action_start()
        appointment.action_done()
        self.assertEqual(target.state, "sold")

    def test_a_call_that_ends_in_a_test_drive_and_a_sale(self):
        target = self._targeted(kind="new_vehicle")
        drive = self._save_booking(target)
        self.assertEqual((drive.partner_id, drive.lead_id), (self.carla, target.lead_id))
        self.assertEqual((target.state, target.lead_id.pipeline_id.code), ("responded", "car_sale"))
        target.lead_id.sudo().action_set_won()
        self.assertEqual(target.state, "sold")

    # -- calls

    def _calling(self, *names):
        """Return the dealer's campaign with these customers, who have a phone, chosen."""
        self.campaign.call_script = "Say hello"
        for number, name in enumerate(names):
            self._customer(name, phone=f"+34 600 000 3{number:02}")
        here = self._publish()
        here.with_user(self.dan).action_accept()
        here.with_user(self.dora).action_select_targets()
        return here

    def test_one_call_after_the_other_with_what_to_say(self):
        here = self._calling("Ada", "Bea").with_user(self.dora)
        called = []
        action = here.action_call_next()
        while action["type"] == "ir.actions.act_window":
            target = self.env[action["res_model"]].browse(action["res_id"]).with_user(self.dora)
            self.assertEqual((target.call_script, target.caller_id), ("Say hello", self.dora))
            called.append(target.partner_id.name)
            answers = (target.action_call_interested, target.action_call_again, target.action_call_refused)
            action = answers[len(called) - 1]()
        self.assertEqual(set(called), {self.carla.name, "Ada", "Bea"})
        by_name = {target.partner_id.name: target for target in here.target_ids}
        self.assertEqual([by_name[name].state for name in called], ["responded", "selected", "opted_out"])
        self.assertTrue(by_name[called[0]].lead_id)
        self.assertEqual(action["tag"], "display_notification")
        with freeze_time(fields.Datetime.now() + timedelta(days=1, minutes=1)):
            self.assertEqual(here.action_call_next()["res_id"], by_name[called[1]].id, "again tomorrow")

    def test_two_callers_never_get_the_same_customer(self):
        here = self._calling("Ada")
        first = here.with_user(self.dora).action_call_next()["res_id"]
        second = here.with_user(self.dan).action_call_next()["res_id"]
        self.assertNotEqual(first, second)
        self.assertEqual(here.with_user(self.dora).action_call_next()["res_id"], first, "what is open comes first")

    def test_who_must_not_be_called_is_not(self):
        here = self._calling("Ada")
        self.env["phone.blacklist"].sudo()._add([self.carla.phone_sanitized])
        self.env["mail.blacklist"]._add("ada@example.com")
        self.env.invalidate_all()
        self.assertEqual(here.with_user(self.dora).action_call_next()["type"], "ir.actions.client")
        states = {target.partner_id.name: target.state for target in here.target_ids}
        self.assertEqual(states, {self.carla.name: "selected", "Ada": "opted_out"})

    def test_whose_lease_ends(self):
        lessee = self._customer("Lea")
        self.vehicle.party_ids.create(
            {
                "vehicle_id": self.vehicle.id,
                "partner_id": lessee.id,
                "role": "lessee",
                "date_to": fields.Date.today() + timedelta(days=60),
            }
        )
        here = self._publish()
        here.with_user(self.dan).action_accept()
        here.lease_end_months = 1
        here.with_user(self.dora).action_select_targets()
        self.assertFalse(here.target_ids)
        here.lease_end_months = 3
        here.with_user(self.dora).action_select_targets()
        self.assertEqual((here.target_ids.partner_id, here.target_ids.vehicle_id), (lessee, self.vehicle))

    def test_a_dealer_who_declines_is_known_and_left_in_peace(self):
        here = self._publish()
        here.with_user(self.dan).action_decline()
        self._run_exchange()
        self.assertEqual(self.campaign.enrolment_ids.decision, "declined")
        self.campaign.action_publish()
        self._run_exchange()
        self.assertEqual((here.decision, len(here.activity_ids)), ("declined", 0))

    def test_what_arrives_is_looked_at(self):
        campaigns = self.env["automotive.campaign"]
        good = {**self.campaign._get_publication_data(), "state": "published"}
        self.assertEqual(campaigns._read_publication(good)["kind"], "workshop")
        wrong = {"kind": ("x",), "date_from": ("soon", ""), "date_to": ("1990-01-01",), "name": (1,)}
        for name, values in wrong.items():
            for value in values:
                with self.subTest(name=name, value=value), self.assertRaisesRegex(UserError, "cannot be used"):
                    campaigns._read_publication({**good, name: value})

    def test_rights(self):
        here = self._publish()
        Form(here.with_user(self.dan))
        Form(self.campaign.with_user(self.mia))
        for user in (self.olga, self.max):
            with self.assertRaises(AccessError):
                here.with_user(user).read(["name"])
        with self.assertRaises(AccessError):
            self.env["automotive.campaign.target"].with_user(self.max).search([])
        with self.assertRaisesRegex(UserError, "is published by"):
            here.sudo().action_publish()
