from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import BillingCommon


@tagged("post_install", "-at_install")
class TestPolicyRules(BillingCommon):
    # ------------------------------------------------------------
    # When
    # ------------------------------------------------------------

    def _create_homes(self):
        pipeline = self.env["crm.pipeline"].create({"name": "Homes"})
        return self.env["crm.lead"].create({"name": "Flat", "type": "opportunity", "pipeline_id": pipeline.id})

    def test_milestone(self):
        """An event of the opportunity makes due what waits for it, once; the rest waits for another one."""
        self._create_policy(
            trigger="milestone",
            milestone_event="quote_sent",
            deposit_percent=10,
            final_due="milestone",
            final_event="invoice_paid",
        )
        lead = self._create_homes()
        order = self._create_order(opportunity_id=lead.id)
        order.action_confirm()
        self.assertFalse(order.billing_job_ids)
        lead._on_stage_event("quote_sent")
        lead._on_stage_event("quote_sent")
        self._run_jobs()
        self.assertEqual(order.invoice_ids.mapped("amount_total"), [121])
        self.assertEqual(order.billing_acceptance_ids.installment_ids.mapped("state"), ["invoiced", "waiting"])
        order._on_milestone("invoice_paid")
        self._run_jobs()
        self.assertEqual(sorted(order.invoice_ids.mapped("amount_total")), [121, 1089])

    def test_milestone_before_the_acceptance(self):
        """What happened before the customer accepted counts."""
        self._create_policy(trigger="milestone", milestone_event="quote_sent")
        order = self._create_order()
        order._on_milestone("quote_sent")
        self._confirm(order)
        self._run_jobs()
        self.assertEqual(order.invoice_ids.amount_total, 1210)

    def test_events_nobody_asked_for(self):
        """Without a policy that waits for it, nothing is written."""
        self._create_policy()
        order = self._create_order()
        order._on_milestone("quote_sent")
        self.assertFalse(order.billing_events)

    def test_delivered(self):
        """Due when everything is delivered, found by the cron: stock tells nobody."""
        self._create_policy(trigger="delivered")
        self.service.service_type = "manual"
        order = self._create_order(quantity=2)
        self._confirm(order)
        order.order_line.qty_delivered = 1
        self._run_jobs()
        self.assertFalse(order.billing_job_ids)
        order.order_line.qty_delivered = 2
        self._run_jobs()
        self.assertEqual((order.invoice_ids.amount_total, order.invoice_ids.state), (2420, "posted"))

    def test_delivery_date(self):
        """On the day the quote names; without one somebody must say so."""
        self._create_policy(final_due="delivery_date", final_delay_days=2)
        order = self._create_order()
        self._confirm(order)
        self.assertFalse(order.billing_job_ids)
        order.commitment_date = fields.Datetime.now() + timedelta(days=5)
        self._run_jobs()
        job = order.billing_job_ids
        self.assertEqual((job.job_state, job.next_attempt_at), ("pending", order.commitment_date + timedelta(days=2)))

    def test_invoice_date(self):
        """The date of the invoice is the one of the rule, never in the future."""
        policy = self._create_policy(invoice_date_rule="acceptance")
        order = self._create_order()
        job = self._confirm(order)
        today = fields.Date.context_today(order)
        self._age_acceptance(order, 3)
        self.assertEqual(job._get_invoice_date(), today - timedelta(days=3))
        policy.invoice_date_rule = "due"
        job.sudo().due_on = today + timedelta(days=4)
        self.assertEqual(job._get_invoice_date(), today)
        job.sudo().due_on = today - timedelta(days=1)
        self._run_jobs()
        self.assertEqual(order.invoice_ids.invoice_date, today - timedelta(days=1))

    def _age_acceptance(self, order, days):
        """As if the customer had accepted some days ago: no screen lets anybody change that."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_billing_acceptance SET accepted_on = accepted_on - %s * interval '1 day' WHERE id = %s",
            [days, order.billing_acceptance_ids.id],
        )
        self.env.invalidate_all()

    # ------------------------------------------------------------
    # What stops it, what warns
    # ------------------------------------------------------------

    def test_order_number(self):
        self._create_policy(require_po_ref=True)
        order = self._create_order()
        job = self._confirm(order)
        self._run_jobs()
        self.assertBlocked(job, "E_PO")
        order.client_order_ref = "PO 7"
        job.with_user(self.accountant).action_job_retry()
        self._run_jobs()
        self.assertEqual(order.invoice_ids.ref, "PO 7")

    def test_credit_holds(self):
        """Over the limit it stops; the limit of the company counts for its people."""
        self._create_policy(credit_rule="hold")
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True, "credit_limit": 2000})
        person = self.env["res.partner"].create({"name": "Person", "parent_id": firm.id})
        first, second = (self._create_order(partner_id=person.id) for _number in range(2))
        self._confirm(first)
        self._run_jobs()
        self.assertEqual(first.invoice_ids.state, "posted")
        job = self._confirm(second)
        self._run_jobs()
        self.assertBlocked(job, "E_CREDIT")
        self.assertIn("1,210.00", job.error_message)
        firm.credit_limit = 2420
        job.with_user(self.accountant).action_job_retry()
        self._run_jobs()
        self.assertEqual(job.job_state, "done")

    def test_credit_warns(self):
        self._create_policy(credit_rule="warn")
        self.partner.credit_limit = 500
        job = self._confirm(self._create_order())
        self._run_jobs()
        self.assertEqual(job.job_state, "done")
        self.assertIn("credit limit", job.warning_message)

    def test_the_same_twice_warns(self):
        """The same amount for the same customer within a week is worth a look, and stops nothing."""
        self._create_policy()
        first, second = self._confirm(self._create_order()), self._confirm(self._create_order())
        self._run_jobs()
        self.assertEqual({first.job_state, second.job_state}, {"done"})
        self.assertEqual(bool(first.warning_message) + bool(second.warning_message), 1)
        self.assertIn("same sale", second.warning_message)

    def test_no_rate(self):
        """A currency without a rate is not invoiced at 1."""
        self._create_policy()
        currency = self.env["res.currency"].create({"name": "XTC", "symbol": "T", "active": True})
        order = self._create_order()
        order.currency_id = currency
        job = self._confirm(order)
        self._run_jobs()
        self.assertBlocked(job, "E_RATE")

    def test_no_account(self):
        self._create_policy()
        order = self._create_order()
        job = self._confirm(order)
        self.company_data["default_journal_sale"].default_account_id = False
        self.service.property_account_income_id = False
        with patch.object(type(job), "_get_products_without_account", lambda job: job.order_id.order_line.product_id):
            self._run_jobs()
        self.assertBlocked(job, "E_ACCOUNT")

    def test_approval_only_above(self):
        """Small invoices go by themselves, larger ones wait."""
        self._create_policy(mode="hold", approval_limit=500)
        small, large = self._create_order(price=100), self._create_order(price=1000)
        self._confirm(small)
        job = self._confirm(large)
        self._run_jobs()
        self.assertEqual(small.invoice_ids.state, "posted")
        self.assertBlocked(job, "E_APPROVAL")

    def test_shifted_period_is_said(self):
        """Where the policy lets the date move, the invoice says so."""
        self._create_policy(lock_rule="shift", invoice_date_rule="acceptance")
        order = self._create_order()
        self._confirm(order)
        self._age_acceptance(order, 40)
        self.company.sale_lock_date = fields.Date.context_today(order) - timedelta(days=20)
        self._run_jobs()
        invoice = order.invoice_ids
        self.assertGreater(invoice.date, self.company.sale_lock_date)
        self.assertTrue(invoice.message_ids.filtered(lambda message: "is closed" in (message.body or "")))

    # ------------------------------------------------------------
    # Together
    # ------------------------------------------------------------

    def test_joined(self):
        """Quotes of one customer on one invoice; another payment term or order number stays apart."""
        self._create_policy(grouping_rule="customer")
        orders = self.env["sale.order"].concat(*(self._create_order(price=100 + n) for n in range(4)))
        orders[2].payment_term_id = self.pay_terms_b
        orders[3].client_order_ref = "PO 9"
        orders.action_confirm()
        self._run_jobs()
        joined = orders[0].invoice_ids
        self.assertEqual(joined, orders[1].invoice_ids)
        self.assertEqual(len(orders.invoice_ids), 3)
        self.assertEqual(orders[2].invoice_ids.invoice_payment_term_id, self.pay_terms_b)
        self.assertEqual(joined.billing_joined_installment_ids, orders[:2].billing_acceptance_ids.installment_ids)
        self.assertEqual(set(orders.billing_job_ids.mapped("job_state")), {"done"})
        self.assertEqual(orders[0].billing_job_ids.move_id, joined)
        self.assertEqual(sum(orders.invoice_ids.mapped("amount_total")), sum(orders.mapped("amount_total")))
        self._run_jobs()
        orders.billing_job_ids.sudo().write({"job_state": "pending", "next_attempt_at": fields.Datetime.now()})
        self._run_jobs()
        self.assertEqual(len(orders.invoice_ids), 3)

    def test_joined_leaves_out_what_is_stopped(self):
        self._create_policy(grouping_rule="customer")
        orders = self.env["sale.order"].concat(*(self._create_order(price=100 + n) for n in range(3)))
        orders.action_confirm()
        orders[1].order_line.price_unit = 7
        self._run_jobs()
        self.assertEqual(orders.billing_job_ids.sorted("id").mapped("job_state"), ["done", "blocked", "done"])
        self.assertEqual(orders[0].invoice_ids, orders[2].invoice_ids)

    def test_joined_differs_by_a_cent(self):
        """Taxes rounded over the whole would make another total: then each gets its own invoice."""
        self.company.tax_calculation_rounding_method = "round_globally"
        self._create_policy(grouping_rule="customer")
        orders = self.env["sale.order"].concat(*(self._create_order(price=0.12) for _number in range(3)))
        orders.action_confirm()
        self._run_jobs()
        self.assertEqual(set(orders.billing_job_ids.mapped("job_state")), {"done"})
        self.assertEqual(sum(orders.invoice_ids.mapped("amount_total")), sum(orders.mapped("amount_total")))

    def test_joined_at_the_end_of_the_month(self):
        self._create_policy(grouping_rule="customer", grouping_period="month")
        job = self._confirm(self._create_order())
        end = fields.Datetime.end_of(fields.Datetime.now(), "month").replace(microsecond=0)
        self.assertEqual(job.next_attempt_at, end)

    @mute_logger("odoo.addons.crm_accounting_bridge.models.crm_billing_job_together")
    def test_many(self):
        """Many at once: one invoice each, those that cannot be made say why."""
        self._create_policy()
        orders = self.env["sale.order"].concat(*(self._create_order(price=10 + n) for n in range(25)))
        orders.action_confirm()
        orders[3].order_line.price_unit = 7
        singles = []
        attempt = type(orders.billing_job_ids)._job_attempt
        with patch.object(
            type(orders.billing_job_ids), "_job_attempt", lambda job: (singles.append(job), attempt(job))
        ):
            self._run_jobs()
        states = orders.billing_job_ids.mapped("job_state")
        self.assertEqual((states.count("done"), states.count("blocked"), len(singles)), (24, 1, 1))
        for order in orders - orders[3]:
            self.assertEqual((len(order.invoice_ids), order.invoice_ids.amount_total), (1, order.amount_total))
            self.assertEqual(order.invoice_ids.billing_installment_id, order.billing_acceptance_ids.installment_ids)
        self.assertFalse(any(orders.invoice_ids.mapped("made_sequence_gap")))

    def test_many_are_read_together(self):
        """Each more costs what the host's numbering asks, and nothing of ours."""
        self._create_policy()

        def count(number):
            orders = self.env["sale.order"].concat(*(self._create_order() for _number in range(number)))
            orders.action_confirm()
            jobs = orders.billing_job_ids
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["crm.billing.job"].browse(jobs.ids)._attempt_together()
            self.assertEqual(set(jobs.mapped("job_state")), {"done"})
            return self.env.cr.sql_log_count - before

        count(5)  # what is asked once only
        self.assertLessEqual(count(20) - count(10), 10 * 6)

    def test_invoice_says_where_it_comes_from(self):
        """One note, on an invoice made alone and on those made together."""
        self._create_policy()
        orders = self.env["sale.order"].concat(*(self._create_order(price=10 + n) for n in range(6)))
        orders[0].action_confirm()
        orders[0].billing_job_ids._job_attempt()
        orders[1:].action_confirm()
        orders[1:].billing_job_ids._attempt_together()
        for order in orders:
            notes = [body for body in order.invoice_ids.message_ids.mapped("body") if order.name in body]
            self.assertEqual(len(notes), 1, notes)
            self.assertIn("Made from <a href", notes[0])

    # ------------------------------------------------------------
    # Screens
    # ------------------------------------------------------------

    def test_preview(self):
        """The preview says which policy applies and why, the documents, and what would stop them."""
        self._create_policy(name="Signed only", trigger="signed")
        policy = self._create_policy(
            name="Deposit", partner_id=self.partner.id, deposit_percent=10, require_po_ref=True, final_due="manual"
        )
        order = self._create_order()
        with Form(self.env["crm.billing.simulation"].with_user(self.seller)) as form:
            form.order_id = order
            self.assertEqual((form.source, form.policy_id), ("office", policy))
            text = str(form.result_html)
        for expected in (
            "Customer is Ana Buyer",
            "121.00",
            "1,089.00",
            "order number",
            "only for quotes that",
            "Somebody",
        ):
            self.assertIn(expected, text)
        self.assertFalse(order.billing_acceptance_ids)

    def test_preview_without_policy(self):
        form = Form(self.env["crm.billing.simulation"].with_user(self.seller))
        form.order_id = self._create_order()
        self.assertIn("by hand", str(form.result_html))

    def test_preview_of_a_colleague(self):
        """Whose quote may not be read is not previewed."""
        order = self._create_order()
        self.assertFalse(order.with_user(self.other_seller).has_access("read"))
        simulation = self.env["crm.billing.simulation"].with_user(self.other_seller).create({"order_id": order.id})
        with self.assertRaises(AccessError):
            simulation.result_html  # noqa: B018 - reading is the test

    def test_ready_policies(self):
        """Each of the three makes a policy that works; for accounting managers only."""
        manager = new_test_user(self.env, "mila", "account.group_account_manager", company_id=self.company.id)
        for kind, mode, parts in (("approve", "hold", 1), ("post", "send", 1), ("deposit", "send", 2)):
            with Form(self.env["crm.billing.policy.setup"].with_user(manager)) as form:
                form.kind = kind
                form.trigger = "confirmed"
                if kind != "approve":
                    form.send = True
            action = form.record.action_create()
            policy = self.env["crm.billing.policy"].browse(action["res_id"])
            self.assertEqual((policy.mode, len(policy._get_shares()), policy.user_id), (mode, parts, manager))
        with self.assertRaises(AccessError):
            self.env["crm.billing.policy.setup"].with_user(self.accountant).create({})
