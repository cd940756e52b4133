from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import BillingCommon


@tagged("post_install", "-at_install")
class TestAcceptance(BillingCommon):
    def setUp(self):
        super().setUp()
        self.policy = self._create_policy(deposit_percent=10)
        self.order = self._create_order()

    def test_snapshot(self):
        """Confirming freezes lines, taxes, terms, totals and who accepted, with hashes that hold."""
        self.order.with_user(self.seller).action_confirm()
        acceptance = self.order.billing_acceptance_ids
        self.assertEqual((acceptance.revision, acceptance.source), (1, "office"))
        self.assertEqual(acceptance.signer, self.seller.name)
        self.assertEqual((acceptance.amount_untaxed, acceptance.amount_tax, acceptance.amount_total), (1000, 210, 1210))
        content = acceptance.snapshot["content"]
        self.assertEqual(content["totals"]["amount_total"], "1210")
        self.assertEqual(content["lines"][0]["taxes"], [[self.tax_21.id, "percent", "21", False]])
        self.assertTrue(acceptance.is_intact)
        self.assertIn("Reservation", acceptance.snapshot_html)
        self.assertEqual(acceptance.policy_reason, f"for every quote of {self.company.name}")
        parts = acceptance.installment_ids
        self.assertEqual(parts.mapped("kind"), ["deposit", "final"])
        self.assertEqual(parts.mapped("amount"), [121, 1089])
        self.assertEqual(parts.mapped("state"), ["queued", "waiting"])

    def test_immutable(self):
        """Neither the acceptance nor its amounts nor the trace can be changed or deleted, even by the system."""
        self.order.action_confirm()
        acceptance = self.order.billing_acceptance_ids
        with self.assertRaises(UserError):
            acceptance.sudo().amount_total = 1
        with self.assertRaises(UserError):
            acceptance.sudo().unlink()
        with self.assertRaises(UserError):
            acceptance.installment_ids.sudo().write({"amount": 1})
        with self.assertRaises(UserError):
            acceptance.installment_ids.sudo().unlink()
        with self.assertRaises(UserError):
            acceptance.job_ids.sudo().unlink()

    def test_tampering_shows(self):
        """What is changed behind the application's back no longer fits its hash."""
        self.order.action_confirm()
        acceptance = self.order.billing_acceptance_ids
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_billing_acceptance SET snapshot = jsonb_set(snapshot, '{content,totals,amount_total}', '\"1\"')"
            " WHERE id = %s",
            [acceptance.id],
        )
        acceptance.invalidate_recordset()
        self.assertFalse(acceptance.is_intact)

    def test_one_per_revision(self):
        """The database keeps one acceptance for each revision; a replay returns it."""
        self.order.action_confirm()
        acceptance = self.order.billing_acceptance_ids
        self.order._on_quote_accepted("office")
        self.assertEqual(self.order._billing_accept("office"), acceptance)
        self.assertEqual(self.order.billing_acceptance_ids, acceptance)
        self.assertEqual(len(self.order.billing_job_ids), 1)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            acceptance.sudo().create(self.order._prepare_billing_acceptance(self.policy, "office"))

    def test_next_revision(self):
        """A quote that is opened again and accepted again is another acceptance of what is left to invoice."""
        self.policy.final_due = "manual"
        self.order.action_confirm()
        first = self.order.billing_job_ids
        self._run_jobs()
        self.assertEqual(first.move_id.amount_total, 121)
        self.order._action_cancel()
        self.order.action_draft()
        self.order.order_line[0].price_unit = 2000
        self.order.action_confirm()
        second = self.order.billing_acceptance_ids.sorted("revision")[1]
        self.assertEqual((second.revision, second.amount_total, second.amount_before), (2, 2420, 121))
        self.assertEqual(second.installment_ids.mapped("amount"), [229.9, 2069.1])
        self._run_jobs()
        second.installment_ids[1].action_release()
        self._run_jobs()
        self.assertEqual(second.installment_ids.mapped("state"), ["invoiced", "invoiced"])
        self.assertAlmostEqual(self.order._get_billed_amount(), 2420)

    def test_instalment_lines(self):
        """Several instalments are cut by largest remainder; parts of zero are left out."""
        self.policy.line_ids = [
            fields.Command.create({"name": "Reservation", "percent": 33.33}),
            fields.Command.create({"name": "Keys", "kind": "milestone", "percent": 33.33, "due": "manual"}),
        ]
        order = self._create_order(price=100, order_line=[self._line(100.01)])
        order.action_confirm()
        parts = order.billing_acceptance_ids.installment_ids
        self.assertEqual(parts.mapped("amount"), [33.33, 33.33, 33.35])
        self.assertEqual(parts.mapped("name"), ["Reservation", "Keys", "Balance"])
        tiny = self._create_order(order_line=[self._line(0.01)])
        tiny.action_confirm()
        self.assertEqual(tiny.billing_acceptance_ids.installment_ids.mapped("amount"), [0.01])

    def _line(self, price):
        return fields.Command.create(
            {"product_id": self.service.id, "price_unit": price, "tax_ids": [fields.Command.clear()]}
        )

    def test_our_failure_is_not_the_customers(self):
        """If freezing fails, the order is confirmed all the same and a job does it later."""
        failing = patch.object(type(self.order), "_prepare_billing_acceptance", side_effect=ValueError("broken"))
        with failing, mute_logger("odoo.addons.crm_accounting_bridge.models.sale_order"):
            self.order.action_confirm()
        self.assertEqual(self.order.state, "sale")
        job = self.order.billing_job_ids
        self.assertEqual((job.op, job.job_state, self.order.billing_acceptance_ids.ids), ("accept", "pending", []))
        self._run_jobs()
        self.assertEqual(job.job_state, "done")
        self.assertEqual(job.acceptance_id, self.order.billing_acceptance_ids)
        self.assertEqual(self.order.invoice_ids.mapped("amount_total"), [1089, 121])
