from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import BillingCommon

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@tagged("post_install", "-at_install")
class TestTrace(BillingCommon):
    def _billed(self, **policy):
        self._create_policy(**policy)
        pipeline = self.env["crm.pipeline"].create({"name": "Homes"})
        lead = self.env["crm.lead"].create({"name": "Flat", "type": "opportunity", "pipeline_id": pipeline.id})
        order = self._create_order(opportunity_id=lead.id)
        self._confirm(order)
        self._run_jobs()
        return order, order.billing_acceptance_ids

    def _pay(self, invoice):
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        return register.create({})._create_payments()

    def _rebill(self, acceptance, user=None, **values):
        action = acceptance.with_user(user or self.accountant).action_rebill()
        wizard = self.env[action["res_model"]].with_user(user or self.accountant).with_context(action["context"])
        with Form(wizard) as form:
            form.reason = "Wrong address"
            for name, value in values.items():
                form[name] = value
        return form.record.action_apply()

    def test_trace(self):
        """Amounts of the whole way, and each document in it."""
        order, acceptance = self._billed(deposit_percent=10, final_due="manual")
        self.assertEqual((acceptance.amount_invoiced, acceptance.amount_left), (121, 1089))
        payment = self._pay(order.invoice_ids)
        acceptance.invalidate_recordset()
        self.assertEqual((acceptance.amount_paid, acceptance.amount_open), (121, 0))
        self.assertIn(payment.name, acceptance.trace_html)
        self.assertIn(f"/odoo/account.move/{order.invoice_ids.id}", acceptance.trace_html)
        self.assertEqual(acceptance.action_open_invoices()["domain"], [("id", "in", order.invoice_ids.ids)])
        self.assertEqual(acceptance.action_open_payments()["domain"], [("id", "in", payment.ids)])
        self.assertEqual(acceptance.action_open_opportunity()["res_id"], order.opportunity_id.id)
        self.assertEqual(order.opportunity_id.billing_acceptance_count, 1)
        self.assertEqual(order.opportunity_id.action_open_billing()["res_id"], acceptance.id)
        with Form(acceptance.with_user(self.seller)) as form:
            self.assertEqual(form.amount_left, 1089)

    def test_paid_moves_the_opportunity(self):
        """The last paid invoice moves the opportunity; the chatter and the timeline know of it."""
        order, _acceptance = self._billed(deposit_percent=10)
        lead = order.opportunity_id
        stage = self.env["crm.stage"].create(
            {"name": "Paid", "sequence": 200, "pipeline_id": lead.pipeline_id.id, "stage_event": "invoice_paid"}
        )
        deposit, final = order.invoice_ids.sorted("amount_total")
        self._pay(deposit)
        self.assertNotEqual(lead.stage_id, stage)
        self._pay(final)
        self.assertEqual(lead.stage_id, stage)
        self.assertEqual(len(lead.message_ids.filtered(lambda message: "was paid" in (message.body or ""))), 2)
        kinds = {entry["kind"] for entry in self.partner.with_user(self.accountant).crm_timeline(limit=50)}
        self.assertIn("payment", kinds)

    def test_credit_note_by_hand(self):
        """A person credits: the instalment says so, and nothing is billed again."""
        order, acceptance = self._billed()
        order.invoice_ids._reverse_moves(cancel=True)
        self._run_jobs()
        self.assertEqual((acceptance.installment_ids.state, order.billing_state), ("credited", "credited"))
        self.assertEqual((acceptance.amount_credited, acceptance.amount_paid), (1210, 0))
        self.assertEqual(len(order.invoice_ids), 2)

    def test_bill_the_same_again(self):
        """Deposit and balance, both credited and both made again, once; payments wait for the new ones."""
        order, acceptance = self._billed(deposit_percent=10)
        first = order.invoice_ids
        self._pay(first[0])
        action = self._rebill(acceptance)
        again = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((again.order_id, again.revision, again.amount_before), (order, acceptance.revision + 1, 0))
        self._run_jobs()
        self.assertEqual(set(order.billing_job_ids.mapped("job_state")), {"done"})
        fresh = order.invoice_ids.filtered(lambda move: move.billing_acceptance_id == again)
        self.assertEqual(sorted(fresh.mapped("amount_total")), [121, 1089])
        self.assertEqual(set(first.mapped("payment_state")), {"reversed"})
        self.assertEqual(order._get_billed_amount(), 1210)
        self._run_jobs()
        self.assertEqual(len(order.invoice_ids), 6)
        self.assertFalse(self.env["crm.billing.difference"].sudo()._cron_audit())
        with self.assertRaises(UserError):
            self._rebill(acceptance)

    def test_change_and_accept_again(self):
        order, acceptance = self._billed()
        self._rebill(acceptance, how="change")
        self.assertEqual(order.state, "draft")
        order.order_line.filtered(lambda line: not line.is_downpayment)[0].price_unit = 900
        order.action_confirm()
        self._run_jobs()
        self.assertEqual(order._get_billed_amount(), 1089)

    def test_drafts_are_cancelled(self):
        order, acceptance = self._billed(mode="draft")
        self._rebill(acceptance)
        self._run_jobs()
        self.assertEqual(sorted(order.invoice_ids.mapped("state")), ["cancel", "draft"])

    def test_who_may(self):
        _order, acceptance = self._billed()
        self.assertFalse(acceptance.with_user(self.seller).can_rebill)
        self.assertTrue(acceptance.with_user(self.accountant).can_rebill)
        with self.assertRaises(AccessError):
            self._rebill(acceptance, self.seller)

    def test_joined_is_credited_by_hand(self):
        self._create_policy(grouping_rule="customer")
        orders = self._create_order() | self._create_order(price=5)
        orders.action_confirm()
        self._run_jobs()
        with self.assertRaises(UserError):
            self._rebill(orders[0].billing_acceptance_ids)
        self.assertEqual(orders.invoice_ids.payment_state, "not_paid")
        self.assertEqual(orders.billing_acceptance_ids.mapped("amount_open"), orders.mapped("amount_total"))

    def test_payments_find_their_invoices(self):
        """Paid 300, 200, 500 for instalments of 300, 200, 500: each settles its own (the host makes 300, 500, 200)."""
        self.tax_21.amount = 0
        self._create_policy(
            trigger="signed",
            line_ids=[
                fields.Command.create({"name": "A", "percent": 30}),
                fields.Command.create({"name": "B", "percent": 20}),
            ],
        )
        order = self._create_order()
        order.write({"signed_by": "Ana", "signed_on": fields.Datetime.now(), "signature": PIXEL})
        order.action_confirm()
        self._run_jobs()
        invoices = order.invoice_ids.sorted("id")
        self.assertEqual(invoices.mapped("amount_total"), [300, 200, 500])
        for index, amount in enumerate((300, 200, 500)):
            self._pay_online(order, amount)
            self.assertEqual([bool(move.amount_residual) for move in invoices], [n > index for n in range(3)])
