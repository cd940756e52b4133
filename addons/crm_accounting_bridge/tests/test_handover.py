from odoo.tests import tagged

from .common import BillingCommon


@tagged("post_install", "-at_install")
class TestHandover(BillingCommon):
    """Pau, who is told about invoices that wait, leaves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls._create_policy(mode="hold")
        cls.order = cls._create_order()
        cls.order.action_confirm()
        cls.job = cls.order.billing_job_ids
        cls.boss = cls.env["res.users"].create(
            {
                "name": "Bea",
                "login": "bea",
                "company_id": cls.company.id,
                "company_ids": cls.company.ids,
                "group_ids": cls.env.ref("sales_team.group_sale_manager").ids,
            }
        )

    def _hand_over(self, user):
        handover = self.env["crm.handover"].with_user(self.boss).with_company(self.company)
        handover = handover.create({"from_user_id": self.accountant.id, "user_id": user.id})
        handover.action_start()
        self.assertEqual(handover.state, "done")
        return handover

    def test_jobs_and_policies(self):
        """Waiting invoices and the policies go to who takes over; undoing gives them back."""
        handover = self._hand_over(self.approver)
        self.assertEqual((self.job.job_user_id, self.policy.user_id), (self.approver, self.approver))
        handover.action_undo()
        self.assertEqual((self.job.job_user_id, self.policy.user_id), (self.accountant, self.accountant))

    def test_done_jobs_stay(self):
        """What is done stays with who looked after it."""
        self.policy.mode = "post"
        self._run_jobs()
        self._hand_over(self.approver)
        self.assertEqual((self.job.job_state, self.job.job_user_id), ("done", self.accountant))

    def test_who_sees_nothing_gets_nothing(self):
        """Somebody who may not see the queue is refused, and the log says so."""
        handover = self._hand_over(self.other_seller)
        self.assertEqual(self.job.job_user_id, self.accountant)
        note = handover.line_ids.filtered(lambda line: line.scope == "billing_job").note
        self.assertIn("billing queue", note)
