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
