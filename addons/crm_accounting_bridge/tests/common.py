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

    def _pay_online(self, order, amount):
        """Pay an order online; return the transaction."""
        bank = self.company_data["default_journal_bank"]
        provider = self.env["payment.provider"].search([("company_id", "=", self.company.id)], limit=1) or self.env[
            "payment.provider"
        ].create({"name": "Dummy", "company_id": self.company.id})
        provider.sudo().write({"journal_id": bank.id})
        line = bank.inbound_payment_method_line_ids[:1]
        line.payment_account_id = line.payment_account_id or self.inbound_payment_method_line.payment_account_id
        line.payment_provider_id = provider
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.env["payment.method"].with_context(active_test=False).search([], limit=1).id,
                "reference": f"{order.name}-{amount}",
                "amount": amount,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "sale_order_ids": [fields.Command.set(order.ids)],
                "state": "done",
            }
        )
        with patch.object(type(self.env["payment.transaction"]), "_send_invoice"):
            transaction._post_process()
        return transaction

    def assertBlocked(self, job, code):
        """The job waits for a person, with this code and a sentence, and nothing was invoiced."""
        self.assertEqual((job.job_state, job.error_code), ("blocked", code))
        self.assertGreater(len(job.error_message), 30)
        self.assertFalse(job.installment_id.move_ids)
