from datetime import timedelta

from odoo import fields
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import make_cast


@tagged("post_install", "-at_install")
class TestHandover(TransactionCase):
    """Dora leaves the dealer, Dan takes over."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make_cast(cls)
        values = {"company_id": cls.dealer.id, "company_ids": cls.dealer.ids}
        cls.boss = new_test_user(cls.env, "boss", "sales_team.group_sale_manager", **values)

    def test_test_drives_and_trade_ins(self):
        common = {"partner_id": self.carla.id, "user_id": self.dora.id, "company_id": self.dealer.id}
        start = fields.Datetime.now() + timedelta(days=2)
        drives = self.env["automotive.test.drive"].create(
            [{**common, "model_id": self.model.id, "start": moment} for moment in (start, start - timedelta(days=9))]
        )
        appraisal = self.env["automotive.appraisal"].create({**common, "name": "An old car"})
        handover = self.env["crm.handover"].with_user(self.boss).with_company(self.dealer)
        handover = handover.create({"from_user_id": self.dora.id, "user_id": self.dan.id})
        handover.action_start()
        self.assertEqual(handover.state, "done")
        self.assertEqual((drives[0].user_id, appraisal.user_id), (self.dan, self.dan))
        self.assertEqual(drives[1].user_id, self.dora, "what is over stays with who did it")
        handover.action_undo()
        self.assertEqual((drives[0].user_id, appraisal.user_id), (self.dora, self.dora))
