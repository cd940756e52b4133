from odoo.tests import HttpCase, tagged

from .common import DealerCommon


@tagged("post_install", "-at_install")
class TestUi(DealerCommon, HttpCase):
    def test_feedback_there_and_back(self):
        """The dealer takes a complaint, the maker answers it, the dealer tells the customer."""
        self._connect()
        for user in (self.dora, self.max):
            user.password = user.login
        self.start_tour("/odoo", "crm_automotive_dealer_capture", login="dora")
        feedback = self.env["automotive.feedback"].search([("text", "=", "The screen goes dark")])
        self.assertEqual((feedback.state, feedback.vehicle_id), ("queued", self.vehicle))
        self._run_exchange()
        self.start_tour("/odoo", "crm_automotive_dealer_answer", login="max")
        self._run_exchange()
        self.start_tour("/odoo", "crm_automotive_dealer_inform", login="dora")
        self.assertEqual((feedback.state, feedback.solved), ("closed", "yes"))
