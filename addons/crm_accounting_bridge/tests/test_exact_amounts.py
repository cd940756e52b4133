import os
import random

from odoo import fields
from odoo.tests import tagged

from .common import BillingCommon

# For each currency and rounding method; more with CRM_BILLING_ORDERS=100 (half a second each).
ORDERS = int(os.environ.get("CRM_BILLING_ORDERS", "8"))


@tagged("post_install", "-at_install")
class TestExactAmounts(BillingCommon):
    """Deposits and the last invoice add up to the accepted total, to the smallest coin."""

    def setUp(self):
        super().setUp()
        self.dice = random.Random(2026)
        self.env = self.env(context={**self.env.context, "tracking_disable": True})
        taxes = self.env["account.tax"]
        self.taxes = [
            taxes.create({"name": f"{rate} {included}", "amount": rate, "price_include_override": included})
            for rate in (21, 10, 4, 5.2)
            for included in ("tax_excluded", "tax_included")
        ]

    def _random_line(self, digits, included):
        taxes = [tax for tax in self.taxes if tax.price_include == included]
        return fields.Command.create(
            {
                "product_id": self.service.id,
                "product_uom_qty": self.dice.choice([1, 2, 3, 7, 0.33]),
                "price_unit": round(self.dice.uniform(0.5, 900), digits),
                "discount": self.dice.choice([0, 0, 5, 12.5, 33.33]),
                "tax_ids": [fields.Command.set(self.dice.choice(taxes).ids)],
            }
        )

    def _random_order(self, currency):
        included = self.dice.random() < 0.3
        lines = [self._random_line(currency.decimal_places, included) for _line in range(self.dice.randrange(1, 5))]
        order = self._create_order(order_line=lines)
        order.currency_id = currency
        return order

    def _check(self, method, code):
        self.company.tax_calculation_rounding_method = method
        currency = (
            self.company.currency_id
            if code == "EUR"
            else self.setup_other_currency(code, rates=[("2020-01-01", {"USD": 1.1, "JPY": 160.0, "KWD": 0.33}[code])])
        )
        plans = [[10], [30, 30], [33.33], [19, 23.7, 41]]
        policies = [
            self._create_policy(
                mode="draft",
                team_id=self.env["crm.team"].create({"name": str(plan)}).id,
                line_ids=[fields.Command.create({"name": "Part", "percent": percent}) for percent in plan],
            )
            for plan in plans
        ]
        orders = self.env["sale.order"]
        for index in range(ORDERS):
            order = self._random_order(currency)
            order.team_id = policies[index % len(policies)].team_id
            orders |= order
        orders.action_confirm()
        self._run_jobs()
        for order in orders:
            problems = order.billing_job_ids.filtered(lambda job: job.job_state != "done").mapped("error_message")
            self.assertFalse(problems, (order.amount_total, problems))
            self.assertFalse(
                currency.compare_amounts(sum(order.invoice_ids.mapped("amount_total")), order.amount_total)
            )
            self.assertEqual(set(order.invoice_ids.mapped("move_type")), {"out_invoice"})
            for part in order.billing_acceptance_ids.installment_ids:
                self.assertFalse(currency.compare_amounts(part.move_ids.amount_total, part.amount))

    def test_euro_per_line(self):
        self._check("round_per_line", "EUR")

    def test_euro_globally(self):
        self._check("round_globally", "EUR")

    def test_dollar_per_line(self):
        self._check("round_per_line", "USD")

    def test_yen_globally(self):
        self._check("round_globally", "JPY")

    def test_yen_per_line(self):
        self._check("round_per_line", "JPY")

    def test_dinar_globally(self):
        self._check("round_globally", "KWD")
