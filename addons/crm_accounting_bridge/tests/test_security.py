from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import BillingCommon

MODELS = (
    "crm.billing.policy",
    "crm.billing.policy.line",
    "crm.billing.acceptance",
    "crm.billing.installment",
    "crm.billing.job",
    "crm.billing.proof",
)


@tagged("post_install", "-at_install")
class TestSecurity(BillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls._create_policy(mode="hold", deposit_percent=10)
        cls.order = cls._create_order()
        cls.order.action_confirm()
        cls.job = cls.order.billing_job_ids
        cls.acceptance = cls.order.billing_acceptance_ids

    def test_roles(self):
        """Everybody concerned reads; only accounting managers write, and only policies."""
        manager = new_test_user(self.env, "mila", "account.group_account_manager", company_id=self.company.id)
        internal = new_test_user(self.env, "ines", "base.group_user", company_id=self.company.id)
        for model in MODELS:
            for user in (self.seller, self.accountant, self.approver):
                rights = [
                    self.env[model].with_user(user).has_access(op) for op in ("read", "write", "create", "unlink")
                ]
                self.assertEqual(rights, [True, False, False, False], (model, user.login))
            writable = model.startswith("crm.billing.policy")
            self.assertEqual(self.env[model].with_user(manager).has_access("write"), writable, model)
            self.assertFalse(self.env[model].with_user(internal).has_access("read"), model)
            self.assertFalse(self.env[model].with_user(self.env.ref("base.public_user")).has_access("read"), model)

    def test_salesperson_sees_own_quotes(self):
        """A salesperson sees what is invoiced of own quotes, not of a colleague's."""
        for record in (self.acceptance, self.acceptance.installment_ids, self.job):
            self.assertTrue(record.with_user(self.seller).has_access("read"))
            self.assertFalse(record.with_user(self.other_seller).has_access("read"), record)
            self.assertFalse(record.with_user(self.other_seller).search([]))
        self.assertEqual(self.order.with_user(self.seller).billing_state, "queued")

    def test_salesperson_decides_nothing(self):
        """A salesperson cannot approve, retry, cancel or write, by whatever door."""
        self._run_jobs()
        job = self.job.with_user(self.seller)
        for action in ("action_approve", "action_job_retry", "action_job_cancel", "action_bill_again"):
            with self.assertRaises(AccessError):
                getattr(job, action)()
        with self.assertRaises(AccessError):
            job.write({"job_state": "done"})
        with self.assertRaises(AccessError):
            self.env["crm.billing.job.cancel"].with_user(self.seller).create({"job_ids": job.ids, "reason": "x"})
        self.assertEqual(self.job.error_code, "E_APPROVAL")

    def test_nobody_approves_own_sale(self):
        """Who sold it does not approve it, accountant or not."""
        self._run_jobs()
        self.seller.write({"group_ids": [(4, self.env.ref("account.group_account_invoice").id)]})
        self.assertFalse(self.job.with_user(self.seller).can_approve)
        with self.assertRaises(AccessError):
            self.job.with_user(self.seller).action_approve()
        self.assertTrue(self.job.with_user(self.approver).can_approve)
        self.job.with_user(self.approver).action_approve()
        self.assertEqual(self.job.approved_by_id, self.approver)

    def test_accountant_may_not_write_jobs(self):
        """An approval cannot be written past the button."""
        with self.assertRaises(AccessError):
            self.job.with_user(self.accountant).write({"approved_by_id": self.accountant.id})

    def test_companies(self):
        """Another company sees nothing, and its jobs end in its own books."""
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "stan",
            "account.group_account_manager,sales_team.group_sale_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        for model in MODELS:
            self.assertFalse(self.env[model].with_user(stranger).search([]), model)
        for record in (self.policy, self.acceptance, self.job):
            self.assertFalse(record.with_user(stranger).has_access("read"))
        with self.assertRaises(AccessError):
            self.job.with_user(stranger).action_job_retry()
        order = self._create_order(company_id=other.id, order_line=[])
        self.assertFalse(self.env["crm.billing.policy"]._find_for(order), "a policy of another company")

    def test_job_runs_in_its_company(self):
        """Whoever runs the cron, the invoice is made in the company of the quote."""
        data = self.setup_other_company()
        other = data["company"]
        self.env["crm.billing.policy"].with_company(other).create(
            {"name": "Other", "company_id": other.id, "trigger": "confirmed", "mode": "post", "user_id": False}
        )
        order = (
            self.env["sale.order"]
            .with_company(other)
            .create(
                {
                    "partner_id": self.partner.id,
                    "company_id": other.id,
                    "order_line": [
                        (
                            0,
                            0,
                            {
                                "product_id": self.service.id,
                                "price_unit": 100,
                                "tax_ids": [(6, 0, data["default_tax_sale"].ids)],
                            },
                        )
                    ],
                }
            )
        )
        self.service.with_company(other).property_account_income_id = data["default_account_revenue"]
        order.action_confirm()
        self._run_jobs()
        job = order.billing_job_ids
        self.assertEqual((job.job_state, job.error_message), ("done", False))
        self.assertEqual((order.invoice_ids.company_id, order.invoice_ids.state), (other, "posted"))
        self.assertEqual(order.invoice_ids.journal_id.company_id, other)
