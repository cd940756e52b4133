import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import VIN, DealerCommon

ELSEWHERE = "WVWZZZ1KZAW999999"


@tagged("post_install", "-at_install")
class TestRecall(DealerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._connect()
        cls.vehicle._change_owner(cls.carla)
        cls.recall = (
            cls.env["automotive.recall"]
            .with_user(cls.mia)
            .create({"name": "26-014", "title": "Seat belt", "customer_text": "The belt is checked in half an hour."})
        )
        cls.recall._add_numbers([f" {VIN.lower()} ", ELSEWHERE, VIN])

    def _publish(self):
        self.recall.action_publish()
        self._run_exchange()
        return self.env["automotive.recall"].search([("origin_peer_id", "!=", False), ("name", "=", "26-014")])

    def _line(self, recall, number=VIN):
        return recall.vehicle_ids.filtered(lambda line: line.vin == number)

    def test_a_recall_goes_there_and_what_was_done_comes_back(self):
        here = self._publish()
        self.assertEqual((here.company_id, here.vehicle_count, here.here_count), (self.dealer, 2, 1))
        self.assertIn("1 cars of our customers", here.activity_ids.summary)
        self.assertIn("recall open", self.vehicle.display_name)
        self.assertEqual(self.env["automotive.vehicle"].search([("open_recall_count", ">", 0)]), self.vehicle)

        here.with_user(self.dora).action_notify_owners()
        line = self._line(here)
        self.assertEqual(line.state, "notified")
        mail = self.env["mail.mail"].search([("recipient_ids", "=", self.carla.id)], limit=1)
        self.assertIn("The belt is checked", mail.body_html)
        line.with_user(self.dora).state = "performed"
        self.assertEqual(self.vehicle.open_recall_count, 0)
        self._run_exchange()
        there = self._line(self.recall)
        self.assertEqual((there.state, there.dealer_peer_id.company_id), ("performed", self.maker))
        self.assertEqual((self.recall.performed_count, self.recall.progress), (1, 50))

    def test_cars_added_later_and_published_twice(self):
        here = self._publish()
        self.recall._add_numbers(["WVWZZZ1KZAW888888"])
        self.recall.action_publish()
        self.recall.action_close()
        self._run_exchange()
        self.assertEqual((here.vehicle_count, here.state), (3, "closed"))
        self.assertEqual(self.vehicle.open_recall_count, 0, "a closed recall is no warning any more")

    def test_a_car_registered_later_is_known_as_called_back(self):
        self._publish()
        late = self.env["automotive.vehicle"].with_user(self.dora).create({"vin": ELSEWHERE, "model_id": self.model.id})
        self.assertEqual(late.open_recall_count, 1)

    def test_safety_is_told_whatever_was_agreed_and_service_is_not(self):
        here = self._publish()
        self.env["mail.blacklist"]._add(self.carla.email)
        self.carla.invalidate_recordset(["is_blacklisted"])
        line = self._line(here)
        self.assertTrue(line._may_write_to_owner())
        here.kind = "service"
        self.assertFalse(line._may_write_to_owner())
        here.with_user(self.dora).action_notify_owners()
        self.assertEqual((line.state, line.activity_ids), ("open", self.env["mail.activity"]))

    def test_whom_no_mail_reaches_is_called_once(self):
        here = self._publish()
        self.carla.email = False
        for _time in range(2):
            here.with_user(self.dora).action_notify_owners()
        line = self._line(here)
        self.assertEqual(line.activity_ids.mapped("summary"), ["Call Carla Vives Roca: recall 26-014"])
        line.with_user(self.dora).state = "performed"
        self.assertFalse(line.activity_ids)

    def test_what_was_performed_stays_performed(self):
        here = self._publish()
        line = self._line(here).with_user(self.dora)
        line.state = "performed"
        with self.assertRaisesRegex(UserError, "nothing, it is finished"):
            line.state = "open"

    def test_only_the_maker_publishes(self):
        here = self._publish()
        with self.assertRaisesRegex(UserError, "published by Testa Motors"):
            here.with_user(self.mia).sudo().action_publish()
        with self.assertRaises(AccessError):
            self.env["automotive.recall"].with_user(self.dora).create({"name": "x", "title": "x", "customer_text": "x"})
        empty = self.recall.copy({"name": "26-015"})
        with self.assertRaisesRegex(UserError, "no cars yet"):
            empty.action_publish()

    def test_the_maker_sees_no_dealer_record(self):
        here = self._publish()
        for record in (here, self._line(here)):
            with self.assertRaises(AccessError):
                record.with_user(self.max).read(["display_name"])
            with self.assertRaises(AccessError):
                record.with_user(self.olga).read(["display_name"])

    def test_what_a_maker_sends_is_looked_at(self):
        recalls, good = self.env["automotive.recall"], {**self.recall._get_publication_data(), "state": "published"}
        self.assertEqual(recalls._read_publication(good)["name"], "26-014")
        for name, wrongs in {
            "vins": (["x y"], "x", [1]), "kind": ("odd", None), "title": (3, "x" * 257), "state": ("draft",)
        }.items():  # fmt: skip
            for wrong in wrongs:
                with self.subTest(name=name, wrong=wrong), self.assertRaisesRegex(UserError, "cannot be used"):
                    recalls._read_publication({**good, name: wrong})

    def test_numbers_pasted_and_in_a_file(self):
        recall = self.recall.copy({"name": "26-016"})
        content = f'"{ELSEWHERE}";"Uno";"2024"\n'.encode()
        wizard = Form(self.env["automotive.recall.add"].with_user(self.mia).with_context(default_recall_id=recall.id))
        wizard.numbers = f"{VIN}, nonsense"
        wizard.file = base64.b64encode(content)
        self.assertEqual(wizard.found_count, 2)
        self.assertIn("NONSENSE", wizard.problem)
        wizard.save().action_add()
        self.assertEqual(set(recall.vehicle_ids.mapped("vin")), {VIN, ELSEWHERE})

    def test_forms_open(self):
        here = self._publish()
        self.assertEqual(Form(here.with_user(self.dora)).title, "Seat belt")
        self.assertEqual(Form(self._line(here).with_user(self.dora)).vin, VIN)
        self.assertEqual(Form(self.recall.with_user(self.mia)).name, "26-014")
        self.assertEqual(Form(self.vehicle.with_user(self.dora)).open_recall_count, 1)
