from odoo.tests import Form, HttpCase, new_test_user, tagged

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

    def test_accountant_tours(self):
        """A policy by the wizard and its preview; what stopped in the night mended; the books to the adviser."""
        manager = new_test_user(self.env, "mila", "account.group_account_manager", company_id=self.company.id)
        manager.group_ids |= self.env.ref("sales_team.group_sale_salesman_all_leads")
        self._create_order(require_signature=True)
        self.start_tour("/odoo/billing-policies", "crm_accounting_bridge_policy_tour", login="mila")
        policy = self.env["crm.billing.policy"].search([("company_id", "=", self.company.id)])
        self.assertEqual((policy.deposit_percent, policy.mode), (10, "post"))
        policy.active = False
        self._create_policy(require_po_ref=True)
        job = self._confirm(self._create_order())
        self._run_jobs()
        self.start_tour("/odoo/billing-queue", "crm_accounting_bridge_fix_tour", login="pau")
        self._run_jobs()
        self.assertEqual((job.job_state, job.move_id.ref), ("done", "PO 4711"))
        self.env["crm.export.profile"].create({"name": "Adviser"})
        self.start_tour("/odoo/ledger-exports", "crm_accounting_bridge_export_tour", login="pau")
        batch = self.env["crm.export.batch"].search([("company_id", "=", self.company.id)])
        self.assertEqual((batch.state, batch.line_ids.move_id), ("done", job.move_id))

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
