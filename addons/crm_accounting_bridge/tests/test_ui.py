from odoo.tests import Form, HttpCase, tagged

from .common import BillingCommon


@tagged("post_install", "-at_install")
class TestUi(BillingCommon, HttpCase):
    def test_queue_tour(self):
        """The accountant finds the held invoice, approves it and follows it to the invoice and the quote."""
        self._create_policy(mode="hold")
        order = self._create_order()
        job = self._confirm(order)
        self._run_jobs()
        self.assertEqual(job.error_code, "E_APPROVAL")
        self.start_tour("/odoo", "crm_accounting_bridge_queue_tour", login="pau")
        self.assertEqual((job.job_state, job.approved_by_id), ("pending", self.accountant))
        self._run_jobs()
        self.start_tour(f"/odoo/billing-queue/{job.id}", "crm_accounting_bridge_invoice_tour", login="pau")

    def test_forms_open(self):
        """The screens open for those who may read them."""
        self._create_policy(deposit_percent=10)
        order = self._create_order()
        order.action_confirm()
        for user in (self.seller, self.accountant, self.approver):
            for record in (order.billing_job_ids, order.billing_acceptance_ids):
                with Form(record.with_user(user)) as form:
                    self.assertTrue(form.display_name)

    def test_actions(self):
        """Buttons lead to what they name."""
        self._create_policy()
        order = self._create_order()
        job = self._confirm(order)
        self._run_jobs()
        self.assertEqual(order.action_open_billing()["res_id"], order.billing_acceptance_ids.id)
        self.assertEqual(job.action_open_order()["res_id"], order.id)
        self.assertEqual(job.action_open_move()["res_id"], order.invoice_ids.id)
        self.assertEqual(job.action_open_acceptance()["res_id"], order.billing_acceptance_ids.id)
        self.assertEqual(order.billing_acceptance_ids.action_open_order()["res_id"], order.id)
        self.assertEqual(job.action_ask_cancel()["context"]["default_job_ids"], job.ids)
