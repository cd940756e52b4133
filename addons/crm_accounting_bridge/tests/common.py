from contextlib import contextmanager
from unittest.mock import patch

from odoo import fields
from odoo.tests import new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


class BillingCommon(AccountTestInvoicingCommon):
    """A Spanish company; Carla sells, Pau keeps the books, Ana buys."""

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.env.ref("sales_team.group_sale_manager")

    @classmethod
    @AccountTestInvoicingCommon.setup_country("es")
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.tax_21 = cls.tax_sale_a
        cls.service = cls.env["product.product"].create(
            {
                "name": "Reservation",
                "type": "service",
                "invoice_policy": "order",
                "list_price": 1000,
                "taxes_id": [fields.Command.set(cls.tax_21.ids)],
                "property_account_income_id": cls.company_data["default_account_revenue"].id,
            }
        )
        cls.partner = cls.env["res.partner"].create({"name": "Ana Buyer", "email": "ana@example.com"})
        cls.seller = new_test_user(
            cls.env, "carla", "sales_team.group_sale_salesman", company_id=cls.company.id, email="carla@example.com"
        )
        cls.other_seller = new_test_user(
            cls.env, "otto", "sales_team.group_sale_salesman", company_id=cls.company.id, email="otto@example.com"
        )
        cls.accountant = new_test_user(
            cls.env, "pau", "account.group_account_invoice", company_id=cls.company.id, email="pau@example.com"
        )
        cls.approver = new_test_user(
            cls.env,
            "abel",
            "crm_accounting_bridge.group_crm_accounting_bridge_approver",
            company_id=cls.company.id,
            email="abel@example.com",
        )
        # Nothing of what the database may contain takes part.
        cls.env["crm.billing.policy"].search([]).active = False

    @classmethod
    def _create_policy(cls, **values):
        return cls.env["crm.billing.policy"].create(
            {"name": "Test", "trigger": "confirmed", "mode": "post", "user_id": cls.accountant.id, **values}
        )

    @classmethod
    def _create_order(cls, price=1000.0, quantity=1, **values):
        return cls.env["sale.order"].create(
            {
                "partner_id": cls.partner.id,
                "user_id": cls.seller.id,
                "require_signature": False,
                "require_payment": False,
                "order_line": [
                    fields.Command.create(
                        {
                            "product_id": cls.service.id,
                            "product_uom_qty": quantity,
                            "price_unit": price,
                            "tax_ids": [fields.Command.set(cls.tax_21.ids)],
                        }
                    )
                ],
                **values,
            }
        )

    @contextmanager
    def _without_commits(self):
        """The cron commits after each job; a test's transaction may not."""
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *args, **kwargs: 60.0):
            yield

    def _run_jobs(self):
        """Run what is due, as the cron does."""
        with self._without_commits():
            self.env["crm.billing.job"].sudo()._cron_run_jobs()

    def _confirm(self, order):
        """Confirm in the office; return the jobs."""
        order.action_confirm()
        return order.billing_job_ids

    def assertBlocked(self, job, code):
        """The job waits for a person, with this code and a sentence, and nothing was invoiced."""
        self.assertEqual((job.job_state, job.error_code), ("blocked", code))
        self.assertGreater(len(job.error_message), 30)
        self.assertFalse(job.installment_id.move_ids)
