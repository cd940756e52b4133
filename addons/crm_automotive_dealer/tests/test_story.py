from odoo.tests import HttpCase, tagged

from ..tools import adf_writer
from .common import DealerCommon


@tagged("post_install", "-at_install")
class TestStory(DealerCommon, HttpCase):
    """The stories of the addon, as people click through them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._connect()
        for user in (cls.dora, cls.dan, cls.mia):
            user.password = user.login

    def test_a_campaign_from_the_maker_to_the_result(self):
        self.vehicle._change_owner(self.carla)
        self.start_tour("/odoo", "crm_automotive_dealer_campaign_maker", login="mia")
        self._run_exchange()
        self.start_tour("/odoo", "crm_automotive_dealer_campaign_dealer", login="dan")
        target = self.env["automotive.campaign.target"].search([("partner_id", "=", self.carla.id)])
        self.assertEqual(target.lead_id.partner_id, self.carla)
        self._run_cron("crm_automotive_dealer.ir_cron_campaign_report")
        self._run_exchange()
        self.start_tour("/odoo", "crm_automotive_dealer_campaign_result", login="mia")

    def test_a_lead_by_adf_to_its_delivery(self):
        lead = self._receive_adf()
        car = self.env["automotive.vehicle"].create(
            {"plate": "DEMO 1", "model_id": self.model.id, "kind": "demo", "company_id": self.dealer.id}
        )
        drive = lead.test_drive_ids
        self.start_tour(f"/odoo/automotive.test.drive/{drive.id}", "crm_automotive_dealer_drive", login="dora")
        self.assertEqual((drive.state, lead.stage_id.stage_event), ("done", "test_drive_done"))
        lead.wish_ids.vehicle_id = car
        self.start_tour(f"/odoo/crm.lead/{lead.id}", "crm_automotive_dealer_quote", login="dora")
        delivery = self.env["automotive.delivery"].create(self._prepare_delivery(lead))
        self.start_tour(f"/odoo/automotive.delivery/{delivery.id}", "crm_automotive_dealer_delivery", login="dora")
        self.assertEqual((car.owner_id, lead.won_status), (lead.partner_id, "won"))

    def _receive_adf(self):
        """Return the opportunity of a lead of a portal, with a salesperson."""
        channel = self.env["automotive.adf.channel"].create(
            {"name": "Portal", "company_id": self.dealer.id, "user_id": self.dora.id}
        )
        document = adf_writer.write(
            {
                "ids": [["Portal", "77"]],
                "requested": "2026-03-30T15:30:20+00:00",
                "vehicles": [{"interest": "test-drive", "make": "Testa", "model": "Uno"}],
                "customer": {"name": "Nora Ferrer", "phone": "+34 600 000 171"},
                "vendor": {"name": self.dealer.name},
                "provider": {"name": "Portal"},
            }
        )
        intake = channel._receive_document(document)
        intake._job_attempt()
        return intake.lead_id

    def _prepare_delivery(self, lead):
        order = lead.order_ids
        self.assertEqual(order.state, "sale")
        values = order.with_user(self.dora).action_open_delivery()["context"]
        checked = {"check_ids": []}
        return {name.removeprefix("default_"): value for name, value in values.items()} | checked
