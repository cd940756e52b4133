from odoo.tests import HttpCase, tagged

from .common import DealerCommon


@tagged("post_install", "-at_install")
class TestUi(DealerCommon, HttpCase):
    def test_feedback_there_and_back(self):
        """The dealer takes a concern on a phone, the maker answers it, the dealer tells the customer."""
        self._connect()
        self.vehicle._change_owner(self.carla)
        for user in (self.dora, self.max):
            user.password = user.login
        self._capture_on_a_phone()
        feedback = self.env["automotive.feedback"].search([("text", "=like", "The screen goes dark%")])
        self.assertEqual((feedback.kind, feedback.state, feedback.partner_id), ("concern", "queued", self.carla))
        self._run_exchange()
        self.start_tour("/odoo", "crm_automotive_dealer_answer", login="max")
        self._run_exchange()
        self.start_tour("/odoo", "crm_automotive_dealer_inform", login="dora")
        self.assertEqual((feedback.state, feedback.solved), ("closed", "yes"))

    def _capture_on_a_phone(self):
        desk = self.browser_size
        self.browser_size, self.touch_enabled = "390x844", True
        self.start_tour("/odoo/automotive.feedback/new", "crm_automotive_dealer_capture", login="dora")
        self.browser_size, self.touch_enabled = desk, False
