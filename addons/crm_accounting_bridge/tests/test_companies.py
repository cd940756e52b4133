from odoo import fields
from odoo.tests import new_test_user, tagged

from ..tools import ledger
from .common import BillingCommon

RATES = {"USD": 1.1, "JPY": 160.0, "KWD": 0.33}
PEOPLE = "account.group_account_manager,sales_team.group_sale_manager"


@tagged("post_install", "-at_install")
class TestCompanies(BillingCommon):
    """The same in a company that charges no taxes, and in one that sells in other currencies than its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.currencies = {
            code: cls.setup_other_currency(code, rates=[("2020-01-01", rate)]) for code, rate in RATES.items()
        }
        cls.currencies["EUR"] = cls.company.currency_id
        # Rates that every company uses.
        rates = cls.env["res.currency.rate"]
        rates.search([("currency_id", "in", [currency.id for currency in cls.currencies.values()])]).company_id = False
        rates.create({"name": "2020-01-01", "currency_id": cls.company.currency_id.id, "rate": 1, "company_id": False})
        cls.plain = cls._create_plain_company("Plain", "USD")
        cls.gulf = cls._create_plain_company("Gulf", "KWD")
        # Sold by everybody, with the taxes of each company, so without any in these two.
        cls.service.company_id = False
        cls.bea = cls._create_person("bea", cls.plain)

    @classmethod
    def _create_plain_company(cls, name, currency):
        """Return a company with books, without a tax number and without taxes."""
        us = cls.env.ref("base.us").id
        company = cls.env["res.company"].create(
            {"name": name, "country_id": us, "currency_id": cls.currencies[currency].id}
        )
        cls.env.user.company_ids |= company
        cls._use_chart_template(company, "generic_coa")
        company.write({"currency_id": cls.currencies[currency].id, "account_sale_tax_id": False})
        account = cls.collect_company_accounting_data(company)["default_account_revenue"]
        cls.service.with_company(company).property_account_income_id = account
        return company

    @classmethod
    def _create_person(cls, login, company):
        return new_test_user(cls.env, login, PEOPLE, company_id=company.id, company_ids=[(6, 0, company.ids)])

    def _policy(self, company, **values):
        return self._create_policy(company_id=company.id, user_id=False, **values)

    def _order(self, company, price, currency=None, **values):
        line = {"product_id": self.service.id, "price_unit": price, "tax_ids": [fields.Command.clear()]}
        values = {"company_id": company.id, "order_line": [fields.Command.create(line)], "user_id": False, **values}
        order = self.env["sale.order"].with_company(company).create(
            {"partner_id": self.partner.id, "require_signature": False, "require_payment": False, **values}
        )  # fmt: skip
        if currency:
            order.currency_id = self.currencies[currency]
        return order

    def _accept(self, *orders):
        for order in orders:
            order.action_confirm()
        for _part in range(3):
            self._run_jobs()

    def _card(self, company, user=None):
        partner = self.partner.with_user(user or self.env.user).with_context(allowed_company_ids=company.ids)
        (card,) = partner.crm_receivables()
        return card

    def test_without_taxes(self):
        """Deposit and rest, no tax anywhere: exact, posted, shown on the card, ready for the outside ledger."""
        self._policy(self.plain, deposit_percent=33.33)
        order = self._order(self.plain, 100.01)
        self._accept(order)
        moves = order.invoice_ids.sorted("id")
        self.assertEqual(moves.mapped("amount_total"), [33.33, 66.68])
        self.assertEqual(set(moves.mapped("state")), {"posted"})
        self.assertEqual(set(moves.mapped("company_id")), {self.plain})
        self.assertFalse(moves.line_ids.tax_line_id)
        self.assertTrue(order.billing_acceptance_ids.is_intact)
        self.assertAlmostEqual(self._card(self.plain)["open"], 100.01)
        profile = self.env["crm.export.profile"].with_company(self.plain)
        profile = profile.create({"name": "Books", "file_format": "csv", "company_id": self.plain.id})
        entries = [move._prepare_ledger_entry(profile, {}) for move in moves]
        self.assertFalse(ledger.unbalanced(entries))
        self.assertFalse(entries[0]["taxes"])

    def test_tax_number_is_the_policys_question(self):
        """Where nobody charges taxes, a missing tax number stops only who asks for it."""
        policy = self._policy(self.plain, identity_rule="always")
        order = self._order(self.plain, 100)
        self._accept(order)
        self.assertBlocked(order.billing_job_ids, "E_NOVAT")
        policy.identity_rule = "off"
        order.billing_job_ids.action_job_retry()
        self._run_jobs()
        self.assertEqual(order.invoice_ids.amount_total, 100)

    def test_currencies(self):
        """Quotes in three currencies: exact in theirs, balanced and added up in the company's."""
        self._policy(self.gulf, deposit_percent=30)
        orders = [
            self._order(self.gulf, price, currency)
            for price, currency in ((100.01, "EUR"), (10001, "JPY"), (33.335, "KWD"))
        ]
        self._accept(*orders)
        amounts = [order.invoice_ids.sorted("id").mapped("amount_total") for order in orders]
        self.assertEqual(amounts, [[30.0, 70.01], [3000, 7001], [10.001, 23.334]])
        moves = self.env["account.move"].union(*(order.invoice_ids for order in orders))
        for move in moves:
            self.assertFalse(self.gulf.currency_id.compare_amounts(sum(move.line_ids.mapped("balance")), 0))
        own = sum(moves.mapped("amount_total_signed"))
        self.assertFalse(self.gulf.currency_id.compare_amounts(self._card(self.gulf)["open"], own))
        self.assertEqual(self._card(self.gulf)["currency_id"], self.gulf.currency_id.id)

    def test_limits_in_the_companys_currency(self):
        """Limits of policy, approval and credit are the company's money, whatever the quote is in."""
        self._policy(self.gulf, mode="hold", approval_limit=100, min_total=50)
        # At 0.33 KWD for a euro: below the policy, below the approval, above it.
        small, middle, large = (self._order(self.gulf, price, "EUR") for price in (100, 200, 400))
        self._accept(small, middle, large)
        self.assertFalse(small.billing_acceptance_ids)
        self.assertEqual(middle.invoice_ids.state, "posted")
        self.assertBlocked(large.billing_job_ids, "E_APPROVAL")

    def test_a_rate_is_missing(self):
        """Without a rate the invoice waits, instead of being booked one to one."""
        self._policy(self.gulf)
        order = self._order(self.gulf, 100, "JPY")
        self.currencies["JPY"].rate_ids.unlink()
        self._accept(order)
        self.assertBlocked(order.billing_job_ids, "E_RATE")

    def test_apart(self):
        """Two companies and one customer: each sees its own policies, quotes, jobs, differences, exports, amounts."""
        self._policy(self.plain)
        self._policy(self.company)
        here, there = self._order(self.company, 500), self._order(self.plain, 70)
        self._accept(here, there)
        self.assertEqual((here.invoice_ids.company_id, there.invoice_ids.company_id), (self.company, self.plain))
        for model in ("policy", "acceptance", "installment", "job", "proof"):
            records = self.env[f"crm.billing.{model}"].with_user(self.bea).search([])
            self.assertEqual(records.sudo().company_id, self.plain if records else self.env["res.company"], model)
        self.assertEqual(self._card(self.plain, self.bea)["open"], 70)
        self.env["crm.export.profile"].create([{"name": "A"}, {"name": "B", "company_id": self.plain.id}])
        profile = self.env["crm.export.profile"].with_user(self.bea).search([])
        self.assertEqual(profile.mapped("name"), ["B"])
        batch = self.env["crm.export.batch"].with_user(self.bea).browse(profile.action_new_export()["res_id"])
        batch.action_export()
        self.assertEqual(batch.sudo().line_ids.move_id, there.invoice_ids)
