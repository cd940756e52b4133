from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import BillingCommon


@tagged("post_install", "-at_install")
class TestFixes(BillingCommon):
    """What stops an invoice, and the button that mends it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant.group_ids |= cls.env.ref("base.group_partner_manager")
        cls.accountant.group_ids |= cls.env.ref("product.group_product_manager")

    def _stop(self, code, order=None, **policy):
        self._create_policy(**policy)
        job = self._confirm(order or self._create_order())
        self._run_jobs()
        self.assertBlocked(job, code)
        return job.with_user(self.accountant)

    def _fix(self, job, **values):
        """Fill in the dialog as it comes up, save, run."""
        action = job.action_fix()
        with Form(self.env[action["res_model"]].with_user(job.env.user).with_context(action["context"])) as form:
            for name, value in values.items():
                form[name] = value
        form.record.action_apply()
        self._run_jobs()
        self.assertEqual((job.job_state, job.error_message), ("done", False))

    def test_tax_number(self):
        firm = self.env["res.partner"].create(
            {"name": "Firm", "is_company": True, "street": "A 1", "city": "B", "country_id": self.env.ref("base.es").id}
        )
        job = self._stop("E_NOVAT", self._create_order(partner_id=firm.id), identity_rule="companies")
        self.assertEqual(job.who_acts, "salesperson")
        self._fix(job, vat="ESA12345674")
        self.assertEqual(firm.vat, "ESA12345674")

    def test_address(self):
        self.partner.vat = "ESA12345674"
        job = self._stop("E_ADDR", identity_rule="always")
        self._fix(job, street="Gran Via 1", city="Barcelona", country_id=self.env.ref("base.es"))
        self.assertEqual(self.partner.city, "Barcelona")

    def test_order_number(self):
        job = self._stop("E_PO", require_po_ref=True)
        self._fix(job, reference="PO 12")
        self.assertEqual(job.move_id.ref, "PO 12")

    def test_credit_once(self):
        self.partner.credit_limit = 100
        job = self._stop("E_CREDIT", credit_rule="hold")
        self._fix(job)
        self.assertEqual((job.credit_allowed_by_id, self.partner.credit_limit), (self.accountant, 100))

    def test_credit_raised(self):
        self.partner.credit_limit = 100
        job = self._stop("E_CREDIT", credit_rule="hold")
        self._fix(job, allow_once=False, credit_limit=5000)
        self.assertEqual((job.credit_allowed_by_id.id, self.partner.credit_limit), (False, 5000))

    def test_journal(self):
        journal, other = self.env["account.journal"].create(
            [{"name": name, "code": name, "type": "sale"} for name in ("ONE", "TWO")]
        )
        self._create_policy(journal_id=journal.id)
        job = self._confirm(self._create_order()).with_user(self.accountant)
        journal.active = False
        self._run_jobs()
        self.assertBlocked(job, "E_JOURNAL")
        self._fix(job, journal_id=other)
        self.assertEqual(job.move_id.journal_id, other)

    def test_email(self):
        self.partner.email = False
        self._create_policy(mode="send")
        order = self._create_order()
        self._confirm(order)
        self._run_jobs()
        send = order.billing_job_ids.filtered(lambda job: job.op == "send").with_user(self.accountant)
        self.assertEqual(send.error_code, "E_NOMAIL")
        self._fix(send, email="ana@example.com")
        self.assertTrue(order.invoice_ids.is_move_sent)

    def test_archived_customer(self):
        self._create_policy()
        job = self._confirm(self._create_order())
        self.partner.active = False
        self._run_jobs()
        self.assertBlocked(job, "E_PARTNER_ARCHIVED")
        job.with_user(self.accountant).action_restore_partner()
        self._run_jobs()
        self.assertEqual((job.job_state, self.partner.active), ("done", True))

    def test_open_period(self):
        """An hour's exception of the host, for the jobs only, by who may make such exceptions."""
        manager = new_test_user(self.env, "mila", "account.group_account_manager", company_id=self.company.id)
        self.company.sale_lock_date = fields.Date.context_today(self.partner)
        job = self._stop("E_LOCK")
        with self.assertRaises(AccessError):
            job.action_open_period()
        job.with_user(manager).action_open_period()
        self._run_jobs()
        self.assertEqual((job.job_state, job.move_id.date), ("done", job.move_id.invoice_date))
        exception = self.env["account.lock_exception"].search([("company_id", "=", self.company.id)])
        self.assertEqual(len(exception), 1)
        self.assertLess(exception.end_datetime, fields.Datetime.now() + timedelta(hours=2))

    def test_next_period(self):
        self._create_policy(invoice_date_rule="due")
        job = self._confirm(self._create_order())
        today = fields.Date.context_today(job)
        job.sudo().due_on = today - timedelta(days=40)
        self.company.sale_lock_date = today - timedelta(days=20)
        self._run_jobs()
        self.assertBlocked(job, "E_LOCK")
        job.with_user(self.accountant).action_shift()
        self._run_jobs()
        self.assertEqual(job.shift_allowed_by_id, self.accountant)
        self.assertGreater(job.move_id.date, self.company.sale_lock_date)

    def test_salesperson_fixes_nothing(self):
        job = self._stop("E_PO", require_po_ref=True).with_user(self.seller)
        for action in ("action_fix", "action_shift", "action_open_period", "action_bill_accepted", "action_post_move"):
            with self.assertRaises(AccessError):
                getattr(job, action)()

    # ------------------------------------------------------------
    # Changed after it was accepted
    # ------------------------------------------------------------

    def _change(self):
        self._create_policy(deposit_percent=10)
        order = self._create_order()
        self._confirm(order)
        order.order_line[0].write({"price_unit": 1100, "discount": 5, "name": "Other"})
        order.order_line = [fields.Command.create({"product_id": self.service.id, "price_unit": 50})]
        order.payment_term_id = self.pay_terms_b
        self._run_jobs()
        job = order.billing_job_ids
        self.assertBlocked(job, "E_CHANGED")
        return order, job.with_user(self.accountant)

    def test_bill_what_was_accepted(self):
        order, job = self._change()
        job.action_bill_accepted()
        self._run_jobs()
        self.assertEqual((job.job_state, job.error_message), ("done", False))
        self.assertEqual(sorted(order.invoice_ids.mapped("amount_total")), [121, 1089])
        self.assertEqual(order.order_line[0].name, self.service.display_name)
        self.assertFalse(order.payment_term_id)

    def test_cannot_be_put_back(self):
        """Another customer is another sale: nothing is changed, and the sentence says what to do."""
        order, job = self._change()
        order.partner_id = self.partner_a
        with self.assertRaises(UserError), self.env.cr.savepoint():
            job.action_bill_accepted()
        self.assertEqual((order.order_line[0].price_unit, job.error_code), (1100, "E_CHANGED"))

    def test_merged_customer(self):
        """Merging contacts between acceptance and invoice is no change of what was accepted."""
        self._create_policy()
        double = self.env["res.partner"].create({"name": "Ana Buyer", "email": "ana@example.com"})
        order = self._create_order(partner_id=double.id)
        job = self._confirm(order)
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge((double | self.partner).ids, self.partner)
        self._run_jobs()
        self.assertEqual((job.job_state, job.error_message), ("done", False))
        self.assertEqual(order.invoice_ids.partner_id, self.partner)
        order.partner_id = self.partner_a
        self.assertFalse(order.billing_acceptance_ids._covers_order())

    def test_accept_again(self):
        """The old jobs end, the next acceptance is billed once."""
        order, job = self._change()
        order.with_user(self.seller).billing_job_ids.action_accept_again()
        self.assertEqual((order.state, job.job_state), ("draft", "cancelled"))
        order.action_confirm()
        self._run_jobs()
        self.assertEqual(len(order.billing_acceptance_ids), 2)
        self.assertAlmostEqual(sum(order.invoice_ids.mapped("amount_total")), order.amount_total)

    def test_invoiced_deposit_then_accepted_again(self):
        """What the first version billed already is deducted from the second."""
        self._create_policy(deposit_percent=10, final_due="manual")
        order = self._create_order()
        self._confirm(order)
        self._run_jobs()
        order.order_line[0].price_unit = 2000
        order.billing_acceptance_ids.installment_ids[-1].action_release()
        self._run_jobs()
        job = order.billing_job_ids.filtered(lambda job: job.job_state == "blocked")
        self.assertEqual(job.error_code, "E_CHANGED")
        job.with_user(self.accountant).action_accept_again()
        order.action_confirm()
        self._run_jobs()
        order.billing_acceptance_ids.sorted("revision")[-1].installment_ids[-1].action_release()
        self._run_jobs()
        self.assertEqual(sum(order.invoice_ids.mapped("amount_total")), 2420)

    # ------------------------------------------------------------
    # Many at once
    # ------------------------------------------------------------

    def test_batch_approval(self):
        """What the user sold himself stays; the rest goes, and he is told."""
        self._create_policy(mode="hold")
        orders = self._create_order() | self._create_order(price=2) | self._create_order(user_id=self.accountant.id)
        orders.action_confirm()
        self._run_jobs()
        action = orders.billing_job_ids.with_user(self.accountant).action_approve()
        self.assertIn("2 invoices", action["params"]["message"])
        self.assertIn("your own", action["params"]["message"])
        self._run_jobs()
        self.assertEqual(orders.billing_job_ids.sorted("id").mapped("job_state"), ["done", "done", "blocked"])

    # ------------------------------------------------------------
    # The nightly audit
    # ------------------------------------------------------------

    def _audit(self):
        return self.env["crm.billing.difference"].sudo()._cron_audit()

    def test_audit_of_what_is_right(self):
        """Invoiced, waiting, blocked, cancelled, credited by a person: no difference."""
        self._create_policy(deposit_percent=10, final_due="manual")
        orders = self.env["sale.order"].concat(*(self._create_order(price=100 + n) for n in range(4)))
        orders[:3].action_confirm()
        self._run_jobs()
        orders[0].invoice_ids._reverse_moves(cancel=True)
        orders[1].billing_acceptance_ids.installment_ids[-1].action_release()
        orders[1].order_line[0].price_unit = 5
        orders[2]._action_cancel()
        self._run_jobs()
        self.assertFalse(self._audit())

    def test_audit_finds(self):
        """A deleted draft, an edited one, one too many by hand, one that was never queued."""
        self._create_policy(mode="draft")
        orders = self.env["sale.order"].concat(*(self._create_order(price=100 * n) for n in range(1, 5)))
        orders.action_confirm()
        lost = orders[3].billing_job_ids
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM crm_billing_job WHERE id = %s", [lost.id])
        self.env.invalidate_all()
        self._run_jobs()
        orders[0].invoice_ids.unlink()
        orders[1].invoice_ids.invoice_line_ids[0].price_unit = 1
        orders[2].order_line.copy({"order_id": orders[2].id})
        orders[2]._create_invoices()
        found = self._audit()
        codes = {difference.order_id: difference.code for difference in found}
        self.assertEqual(
            codes, {orders[0]: "D_GONE", orders[1]: "D_AMOUNT", orders[2]: "D_OVER", orders[3]: "D_QUEUED"}
        )
        self.assertEqual(self._audit(), found, "found once")
        self.assertEqual(len(orders[3].billing_job_ids), 1, "queued by the audit")

    def test_audit_is_explained_or_mended(self):
        self._create_policy(mode="draft")
        order = self._create_order()
        job = self._confirm(order)
        self._run_jobs()
        order.invoice_ids.unlink()
        difference = self._audit().with_user(self.accountant)
        with self.assertRaises(UserError):
            difference.action_close()
        with self.assertRaises(UserError):
            difference.state = "closed"
        difference.note = "Given away"
        difference.action_close()
        self.assertEqual(difference.closed_by_id, self.accountant)
        self.assertFalse(self._audit(), "explained")
        job.with_user(self.accountant).action_bill_again()
        self._run_jobs()
        self.assertFalse(self._audit())

    def test_audit_asks_about_half_a_delivery(self):
        """Half of it is there for a month: release it or say why not; asked again when more comes."""
        self._create_policy(trigger="delivered")
        self.service.service_type = "manual"
        order = self._create_order(quantity=3)
        self._confirm(order)
        order.order_line.qty_delivered = 1
        self.assertFalse(self._audit(), "the rest may come tomorrow")
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_billing_acceptance SET accepted_on = accepted_on - interval '31 days'")
        self.env.invalidate_all()
        difference = self._audit()
        self.assertEqual((difference.code, difference.expected, difference.found), ("D_PARTLY", 3630, 1210))
        difference.with_user(self.accountant).note = "The rest comes in spring"
        difference.with_user(self.accountant).action_close()
        self.assertFalse(self._audit(), "explained")
        order.order_line.qty_delivered = 2
        self.assertEqual(self._audit().found, 2420)
        order.billing_acceptance_ids.installment_ids.action_release()
        self._run_jobs()
        self.assertFalse(self._audit())
        self.assertEqual(order.invoice_ids.amount_total, 3630)

    def test_what_heals_by_itself(self):
        """Mended on the contact, without the queue: the night tries again."""
        job = self._stop("E_PO", require_po_ref=True)
        job.order_id.sudo().client_order_ref = "PO"
        self._audit()
        self._run_jobs()
        self.assertEqual(job.job_state, "done")

    def test_dashboard(self):
        self._stop("E_PO", require_po_ref=True)
        journal = self.env["account.journal"].search(
            [("company_id", "=", self.company.id), ("type", "=", "sale")], limit=1, order="sequence, id"
        )
        data = journal.with_user(self.accountant)._get_journal_dashboard_data_batched()[journal.id]
        self.assertEqual((data["billing_attention"], data["billing_differences"]), (1, 0))
        self.assertEqual(journal.action_open_billing_queue()["res_model"], "crm.billing.job")
