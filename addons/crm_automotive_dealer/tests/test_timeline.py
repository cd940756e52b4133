from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import DealerCommon


@tagged("post_install", "-at_install")
class TestTimeline(DealerCommon):
    def test_feedback_is_shown_at_the_dealer_only(self):
        feedback = self._feedback()
        entries = self.carla.with_user(self.dora).crm_timeline(kinds=["feedback"])
        self.assertEqual([(entry["res_id"], entry["text"]) for entry in entries], [(feedback.id, feedback.text)])
        with self.assertRaises(AccessError):
            self.carla.with_user(self.max).crm_timeline()

    def test_bought_driven_repaired_called_back(self):
        env = self.env
        self.vehicle._change_owner(self.carla)
        demo = env["automotive.vehicle"].create({"plate": "DEMO 1", "kind": "demo", "company_id": self.dealer.id})
        people = {"partner_id": self.carla.id, "company_id": self.dealer.id, "user_id": self.dora.id}
        env["automotive.test.drive"].create({**people, "vehicle_id": demo.id, "state": "confirmed"})
        bay = env["automotive.bay"].create({"name": "Lift", "company_id": self.dealer.id})
        env["automotive.service.appointment"].create(
            {**people, "vehicle_id": self.vehicle.id, "bay_id": bay.id, "state": "confirmed", "request": "It rattles"}
        )
        recall = env["automotive.recall"].create(
            {
                "name": "26-1",
                "title": "Belt",
                "customer_text": "Come",
                "origin_peer_id": self._connect().id,
                "company_id": self.dealer.id,
                "state": "published",
            }
        )
        recall._add_numbers([self.vehicle.vin])
        kinds = ["car", "test_drive", "workshop", "recall", "meeting"]
        entries = self.carla.with_user(self.dora).crm_timeline(kinds=kinds)
        told = {entry["kind"]: (entry["title"], entry["text"]) for entry in entries}
        self.assertEqual(set(told), set(kinds) - {"meeting"}, "a drive is not shown again as a meeting")
        self.assertIn("Owner: ", told["car"][0])
        self.assertIn("DEMO1", told["test_drive"][0])
        self.assertIn("It rattles", told["workshop"][1])
        self.assertEqual(told["recall"], ("Recall 26-1: Belt", "Open"))
        self.assertEqual(len(entries), 4)
