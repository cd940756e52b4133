from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_core.exceptions import JobRetry

from .common import BillingCommon


@tagged("post_install", "-at_install")
class TestJob(BillingCommon):
    # ------------------------------------------------------------
    # How far
    # ------------------------------------------------------------

    def test_post(self):
        """One posted invoice to the cent, linked both ways, in the company's books."""
        self._create_policy()
        order = self._create_order(price=999.99)
        job = self._confirm(order)
        self.assertEqual(job.idem_key, f"{order.id}:1:1:invoice")
        self._run_jobs()
        invoice = order.invoice_ids
        self.assertEqual((job.job_state, job.move_id), ("done", invoice))
        self.assertEqual((invoice.state, invoice.amount_total, invoice.amount_tax), ("posted", 1209.99, 210.0))
        self.assertEqual(invoice.invoice_date, fields.Date.context_today(order))
        self.assertEqual(invoice.billing_acceptance_id, order.billing_acceptance_ids)
        self.assertEqual(invoice.billing_installment_id, order.billing_acceptance_ids.installment_ids)
        self.assertEqual((order.billing_state, order.invoice_status), ("invoiced", "invoiced"))

    def test_draft(self):
        self._create_policy(mode="draft")
        order = self._create_order()
        job = self._confirm(order)
        self._run_jobs()
        self.assertEqual((job.job_state, order.invoice_ids.state), ("done", "draft"))

    def test_hold_and_approve(self):
        """Held until an accountant who did not sell it approves; the owner is told once."""
        self._create_policy(mode="hold")
        order = self._create_order()
        job = self._confirm(order)
        self._run_jobs()
        self.assertBlocked(job, "E_APPROVAL")
        self.assertEqual(job.activity_ids.user_id, self.accountant)
        with self.assertRaises(AccessError):
            job.with_user(self.seller).action_approve()
        job.with_user(self.accountant).action_approve()
        self.assertEqual((job.job_state, job.approved_by_id), ("pending", self.accountant))
        self.assertFalse(job.activity_ids)
        self._run_jobs()
        self.assertEqual((job.job_state, order.invoice_ids.state), ("done", "posted"))

    def test_send(self):
        """Sending is a job of its own: without an address the invoice stays posted and the job waits."""
        self._create_policy(mode="send")
        self.partner.email = False
        order = self._create_order()
        self._confirm(order)
        self._run_jobs()
        send = order.billing_job_ids.filtered(lambda job: job.op == "send")
        self.assertEqual((order.invoice_ids.state, send.job_state, send.error_code), ("posted", "blocked", "E_NOMAIL"))
        self.partner.email = "ana@example.com"
        send.with_user(self.accountant).action_job_retry()
        with patch.object(type(self.env["account.move.send"]), "_generate_and_send_invoices") as sender:
            self._run_jobs()
        self.assertEqual(sender.call_count, 1)
        self.assertEqual((send.job_state, order.invoice_ids.state), ("done", "posted"))

    def test_send_really(self):
        """The customer gets the invoice by e-mail."""
        self._create_policy(mode="send")
        order = self._create_order()
        self._confirm(order)
        self._run_jobs()
        self.assertEqual(set(order.billing_job_ids.mapped("job_state")), {"done"})
        self.assertTrue(order.invoice_ids.is_move_sent)
        self.assertIn(self.partner, order.invoice_ids.message_ids.notified_partner_ids)

    def test_journal(self):
        """The policy's journal is used, and its absence is said."""
        journal = self.env["account.journal"].create({"name": "Deposits", "code": "DEP", "type": "sale"})
        policy = self._create_policy(journal_id=journal.id)
        order = self._create_order()
        self._confirm(order)
        self._run_jobs()
        self.assertEqual(order.invoice_ids.journal_id, journal)
        other = self._create_order()
        job = self._confirm(other)
        journal.active = False
        self._run_jobs()
        self.assertBlocked(job, "E_JOURNAL")
        policy.journal_id = False
        job.with_user(self.accountant).action_job_retry()
        self._run_jobs()
        self.assertEqual(other.invoice_ids.state, "posted")

    # ------------------------------------------------------------
    # When
    # ------------------------------------------------------------

    def test_manual(self):
        """Nothing is due until somebody who may change the order says so."""
        self._create_policy(trigger="manual")
        order = self._create_order()
        self.assertFalse(self._confirm(order))
        self._run_jobs()
        self.assertFalse(order.invoice_ids)
        part = order.billing_acceptance_ids.installment_ids
        with self.assertRaises(AccessError):
            part.with_user(self.other_seller).action_release()
        part.with_user(self.seller).action_release()
        self.assertEqual(part.released_by_id, self.seller)
        self._run_jobs()
        self.assertEqual(order.invoice_ids.amount_total, 1210)

    def test_milestone_and_delay(self):
        """A milestone waits for a person, a planned instalment for its day."""
        self._create_policy(
            line_ids=[
                fields.Command.create({"name": "Deposit", "percent": 10}),
                fields.Command.create({"name": "Roof", "kind": "milestone", "percent": 40, "due": "manual"}),
            ],
            final_delay_days=30,
        )
        order = self._create_order()
        self._confirm(order)
        self._run_jobs()
        deposit, roof, final = order.billing_acceptance_ids.installment_ids
        self.assertEqual((deposit.state, roof.state, final.state), ("invoiced", "waiting", "waiting"))
        roof.with_user(self.seller).action_release()
        self._run_jobs()
        self.assertEqual((roof.state, final.state), ("invoiced", "queued"))
        self.assertFalse(final.move_ids)
        self.assertGreater(final.job_ids.next_attempt_at, fields.Datetime.now() + timedelta(days=29))
        final.job_ids.sudo().next_attempt_at = fields.Datetime.now()
        self._run_jobs()
        self.assertEqual(final.move_ids.amount_total, 605)
        self.assertEqual(order._get_billed_amount(), 1210)

    def test_paid(self):
        """Instalments wait until the online payments cover them; the host's own automatism stays out."""
        self._create_policy(trigger="paid", deposit_percent=30)
        self.env["ir.config_parameter"].set_param("sale.automatic_invoice", "True")
        order = self._create_order()
        self.assertFalse(self._confirm(order))
        transaction = self._pay_online(order, 363)
        self._run_jobs()
        self.assertEqual(order.invoice_ids.mapped("amount_total"), [363])
        self.assertEqual(order.invoice_ids.payment_state, order.invoice_ids._get_invoice_in_payment_state())
        transaction._post_process()
        self._run_jobs()
        self.assertEqual(len(order.invoice_ids), 1)
        self._pay_online(order, 847)
        self._run_jobs()
        self.assertEqual(sorted(order.invoice_ids.mapped("amount_total")), [363, 847])
        self.assertFalse(any(order.invoice_ids.mapped("amount_residual")))

    def test_paid_without_policy_is_the_host(self):
        """An order without acceptance is invoiced by the host when it is paid."""
        self.env["ir.config_parameter"].set_param("sale.automatic_invoice", "True")
        order = self._create_order()
        order.action_confirm()
        self._pay_online(order, 1210)
        self.assertEqual((order.invoice_ids.amount_total, order.invoice_ids.state), (1210, "posted"))
        self.assertFalse(order.invoice_ids.billing_installment_id)

    # ------------------------------------------------------------
    # Once
    # ------------------------------------------------------------

    def test_replay(self):
        """Running again, accepting again, asking again: still one invoice."""
        self._create_policy()
        order = self._create_order()
        job = self._confirm(order)
        self._run_jobs()
        self._run_jobs()
        order._on_quote_accepted("office")
        order.billing_acceptance_ids._enqueue_due()
        job.sudo().write({"job_state": "pending", "next_attempt_at": fields.Datetime.now()})
        self._run_jobs()
        self.assertEqual((len(order.invoice_ids), len(order.billing_job_ids)), (1, 1))
        self.assertEqual((job.job_state, job.move_id), ("done", order.invoice_ids))

    def test_database_refuses_a_second_invoice(self):
        """The index is really there, and refuses."""
        self.env.cr.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'account_move__billing_installment_unique'"
            " OR indexname = 'account_move_billing_installment_unique'"
        )
        (definition,) = self.env.cr.fetchone()
        self.assertIn("UNIQUE INDEX", definition)
        self.assertIn("state", definition)
        self._create_policy()
        order = self._create_order()
        self._confirm(order)
        self._run_jobs()
        copy = order.invoice_ids.copy()
        self.assertFalse(copy.billing_installment_id)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            copy.billing_installment_id = order.invoice_ids.billing_installment_id
            copy.flush_recordset()

    def test_key_is_unique(self):
        self._create_policy()
        job = self._confirm(self._create_order())
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            job.sudo().create(
                {"idem_key": job.idem_key, "op": "invoice", "order_id": job.order_id.id, "company_id": self.company.id}
            )

    def test_credit_note_never_bills_again(self):
        """A credit note by a person is the last word."""
        self._create_policy()
        order = self._create_order()
        job = self._confirm(order)
        self._run_jobs()
        order.invoice_ids._reverse_moves(cancel=True)
        order.billing_acceptance_ids._enqueue_due()
        self._run_jobs()
        self.assertEqual(len(order.invoice_ids), 2)
        self.assertFalse(job.can_bill_again)
        with self.assertRaises(UserError):
            job.with_user(self.accountant).action_bill_again()

    def test_bill_again_after_cancelling(self):
        """After the invoice was cancelled a person may ask for another one; nobody else does."""
        self._create_policy(mode="draft")
        order = self._create_order()
        job = self._confirm(order)
        self._run_jobs()
        order.invoice_ids.button_cancel()
        self._run_jobs()
        self.assertEqual(len(order.invoice_ids), 1)
        self.assertTrue(job.can_bill_again)
        job.with_user(self.accountant).action_bill_again()
        self._run_jobs()
        self.assertEqual(order.invoice_ids.sorted("id").mapped("state"), ["cancel", "draft"])
        self.assertEqual(job.move_id.state, "draft")

    def test_busy_order_is_tried_again(self):
        """Somebody else works on the order: later, and nothing is left behind."""
        self._create_policy()
        order = self._create_order()
        job = self._confirm(order)
        with patch.object(type(job), "_lock_rows", side_effect=JobRetry("busy", "E_BUSY")):
            self._run_jobs()
        self.assertEqual((job.job_state, job.error_code), ("retry", "E_BUSY"))
        self.assertFalse(order.invoice_ids)

    # ------------------------------------------------------------
    # What stops it
    # ------------------------------------------------------------

    def test_changed(self):
        """An order that is not what was accepted is not invoiced; put back, it is."""
        self._create_policy()
        order = self._create_order()
        job = self._confirm(order)
        order.order_line[0].price_unit = 1100
        self._run_jobs()
        self.assertBlocked(job, "E_CHANGED")
        self.assertEqual(order.billing_state, "blocked")
        order.order_line[0].price_unit = 1000
        job.with_user(self.accountant).action_job_retry()
        self._run_jobs()
        self.assertEqual(order.invoice_ids.amount_total, 1210)

    def test_changed_details(self):
        """Taxes, quantities, texts and terms count; the invoice address and the salesperson do not."""
        self._create_policy()
        order = self._create_order()
        self._confirm(order)
        same = order._get_billing_content()
        order.write(
            {"user_id": self.other_seller.id, "partner_invoice_id": self.partner_a.id, "client_order_ref": "PO 1"}
        )
        self.assertEqual(order._get_billing_content(), same)
        line = order.order_line
        changes = [
            (line, {"name": "Something else"}),
            (line, {"product_uom_qty": 2}),
            (line, {"discount": 1}),
            (line, {"tax_ids": [fields.Command.clear()]}),
            (order, {"payment_term_id": self.pay_terms_b.id}),
            (order, {"note": "<p>Other terms</p>"}),
        ]
        for record, values in changes:
            before = order._get_billing_content()
            record.write(values)
            self.assertNotEqual(order._get_billing_content(), before, values)

    def test_locked_period(self):
        """A closed period stops the job, or shifts the date where the policy says so."""
        policy = self._create_policy()
        order = self._create_order()
        job = self._confirm(order)
        self.company.sale_lock_date = fields.Date.context_today(order) + timedelta(days=1)
        self._run_jobs()
        self.assertBlocked(job, "E_LOCK")
        self.assertIn("closed", job.error_message)
        self.company.sale_lock_date = False
        job.with_user(self.accountant).action_job_retry()
        self._run_jobs()
        self.assertEqual(order.invoice_ids.state, "posted")
        self.assertEqual(policy.lock_rule, "block")

    def test_lock_between_check_and_post(self):
        """A period that closes in between undoes the invoice as a whole."""
        self._create_policy()
        order = self._create_order()
        job = self._confirm(order)
        self.company.sale_lock_date = fields.Date.context_today(order) - timedelta(days=1)
        yesterday = fields.Date.context_today(order) - timedelta(days=3)
        with (
            patch.object(type(job), "_get_invoice_date", return_value=yesterday),
            patch.object(type(job), "_check_lock_date"),
        ):
            self._run_jobs()
        self.assertBlocked(job, "E_LOCK")
        self.assertFalse(order.invoice_ids)

    def test_shift(self):
        """Under the other rule the host chooses the date."""
        self._create_policy(lock_rule="shift")
        order = self._create_order()
        job = self._confirm(order)
        self.company.sale_lock_date = fields.Date.context_today(order) - timedelta(days=1)
        past = fields.Date.context_today(order) - timedelta(days=3)
        with patch.object(type(job), "_get_invoice_date", return_value=past):
            self._run_jobs()
        self.assertEqual((job.job_state, order.invoice_ids.state), ("done", "posted"))
        self.assertGreater(order.invoice_ids.date, self.company.sale_lock_date)

    def test_over(self):
        """An invoice by hand and a job together never exceed what was accepted."""
        self._create_policy(deposit_percent=50)
        order = self._create_order()
        job = self._confirm(order)
        manual = order._create_invoices()
        self._run_jobs()
        self.assertBlocked(job, "E_OVER")
        manual.button_cancel()
        job.with_user(self.accountant).action_job_retry()
        self._run_jobs()
        self.assertEqual(order._get_billed_amount(), 1210)

    def test_amount(self):
        """An invoice that would differ by a cent is undone."""
        self._create_policy()
        order = self._create_order()
        job = self._confirm(order)
        with patch.object(type(job.installment_id), "_get_live_invoice", return_value=self.env["account.move"]):
            self.env.cr.execute(
                "UPDATE crm_billing_installment SET amount = 1209.99 WHERE id = %s", job.installment_id.ids
            )
            job.installment_id.invalidate_recordset()
            self._run_jobs()
        self.assertBlocked(job, "E_AMOUNT")
        self.assertFalse(order.invoice_ids)

    def test_zero(self):
        self._create_policy()
        job = self._confirm(self._create_order(price=0))
        self._run_jobs()
        self.assertBlocked(job, "E_ZERO")

    def test_archived_customer(self):
        self._create_policy()
        job = self._confirm(self._create_order())
        self.partner.active = False
        self._run_jobs()
        self.assertBlocked(job, "E_PARTNER_ARCHIVED")

    def test_identity(self):
        """Tax number and address are asked for where the policy says so."""
        policy = self._create_policy(identity_rule="companies")
        order = self._create_order()
        self._confirm(order)
        self._run_jobs()
        self.assertEqual(order.invoice_ids.state, "posted", "a private person needs no tax number")
        policy.identity_rule = "always"
        other = self._create_order()
        job = self._confirm(other)
        self._run_jobs()
        self.assertBlocked(job, "E_NOVAT")
        self.partner.vat = "ESA12345674"
        job.with_user(self.accountant).action_job_retry()
        self._run_jobs()
        self.assertBlocked(job, "E_ADDR")
        self.partner.write({"street": "Calle Mayor 1", "city": "Girona", "country_id": self.env.ref("base.es").id})
        job.with_user(self.accountant).action_job_retry()
        self._run_jobs()
        self.assertEqual(other.invoice_ids.state, "posted")

    def test_host_error_blocks(self):
        """What the host refuses is shown with its words; the next job runs."""
        self._create_policy()
        bad, good = self._create_order(), self._create_order()
        job = self._confirm(bad)
        self._confirm(good)
        host = type(bad)._create_invoices

        def refuse(orders, *args, **kwargs):
            if orders == bad:
                raise UserError("Please configure an account first, then go on.")
            return host(orders, *args, **kwargs)

        with patch.object(type(bad), "_create_invoices", refuse):
            self._run_jobs()
        self.assertBlocked(job, "E_USER")
        self.assertEqual(good.invoice_ids.state, "posted")

    # ------------------------------------------------------------
    # Giving up
    # ------------------------------------------------------------

    def test_cancel_with_reason(self):
        """Cancelling asks for a reason, and stops the instalments after it."""
        self._create_policy(mode="hold", deposit_percent=10)
        order = self._create_order()
        job = self._confirm(order)
        self._run_jobs()
        wizard = self.env["crm.billing.job.cancel"].with_user(self.accountant)
        wizard.create({"job_ids": job.ids, "reason": "Invoiced by hand"}).action_cancel()
        self.assertEqual((job.job_state, job.cancel_reason), ("cancelled", "Invoiced by hand"))
        final = order.billing_acceptance_ids.installment_ids[1]
        order.billing_acceptance_ids._enqueue_due()
        self.assertFalse(final.job_ids)
        with self.assertRaises(UserError):
            final.with_user(self.seller).action_release()

    def test_cancelled_order(self):
        """A cancelled order stops its jobs."""
        self._create_policy()
        order = self._create_order()
        job = self._confirm(order)
        order.with_user(self.seller)._action_cancel()
        self.assertEqual((job.job_state, job.cancel_reason), ("cancelled", "The order was cancelled."))
        self._run_jobs()
        self.assertFalse(order.invoice_ids)
