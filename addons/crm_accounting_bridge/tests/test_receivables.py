from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import BillingCommon


@tagged("post_install", "-at_install")
class TestReceivables(BillingCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.firm = cls.env["res.partner"].create({"name": "Firm", "is_company": True, "credit_limit": 3000})
        cls.person = cls.env["res.partner"].create({"name": "Person", "parent_id": cls.firm.id})
        today = fields.Date.context_today(cls.firm)
        cls.since = today - timedelta(days=20)
        cls.late = cls._invoice(1000, cls.since)
        cls.fresh = cls._invoice(500, today)
        cls.paid = cls._invoice(300, today - timedelta(days=40))
        cls.env["account.payment.register"].with_context(active_model="account.move", active_ids=cls.paid.ids).create(
            {"payment_date": today - timedelta(days=30)}
        )._create_payments()
        cls.quote = cls._create_order(partner_id=cls.person.id)

    @classmethod
    def _invoice(cls, price, due):
        invoice = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": cls.person.id,
                "invoice_date": due,
                "invoice_date_due": due,
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    fields.Command.create({"name": "X", "price_unit": price, "tax_ids": [fields.Command.clear()]})
                ],
            }
        )
        invoice.action_post()
        return invoice

    def _card(self, user=None, partner=None):
        return (partner or self.person).with_user(user or self.seller).crm_receivables()[0]

    def test_card(self):
        """A salesperson who may read no invoice of a colleague sees what the customer of a person owes."""
        self.assertFalse(self.late.with_user(self.seller).has_access("read"))
        card = self._card()
        self.assertEqual((card["open"], card["overdue"]), (1500, 1000))
        self.assertEqual(card["overdue_since"], fields.Date.to_string(self.since))
        self.assertEqual((card["credit_limit"], card["credit_rest"]), (3000, 1500))
        self.assertEqual(card["last_payment"]["amount"], 300)
        self.assertEqual(card["average_delay"], 10)
        self.assertEqual([row["name"] for row in card["quotes"]], [self.quote.display_name])
        self.assertEqual({row["id"] for row in card["invoices"]}, set((self.late | self.fresh | self.paid).ids))
        self.assertEqual([row["late"] for row in card["invoices"][:2]], [True, False])
        self.assertEqual(len(card["payments"]), 1)
        self.assertEqual(self._card(partner=self.firm), {**card, **self._card(partner=self.firm)})

    def test_who_may(self):
        """Accountants and salespeople; nobody without the right, nobody who may not read the contact."""
        internal = new_test_user(self.env, "ines", "base.group_user", company_id=self.company.id)
        for user in (self.seller, self.accountant):
            self.assertTrue(self._card(user)["open"])
        with self.assertRaises(AccessError):
            self._card(internal)
        with self.assertRaises(AccessError):
            self.person.with_user(internal).crm_receivable_warning()
        salesman = self.env.ref("sales_team.group_sale_salesman")
        salesman.implied_ids -= self.env.ref("crm_accounting_bridge.group_crm_accounting_bridge_receivable")
        other = new_test_user(self.env, "sofia", "sales_team.group_sale_salesman", company_id=self.company.id)
        self.assertFalse(other._may_read_receivables())

    def test_companies(self):
        """What the customer owes to a company of the group the user does not work in stays there."""
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env, "stan", "sales_team.group_sale_salesman", company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        self.assertEqual(self._card(stranger)["open"], 0)
        with self.assertRaises(AccessError):
            self.person.with_user(stranger)._get_receivable_pdf("invoice", self.late.id)

    def test_warning(self):
        warning = self.person.with_user(self.seller).crm_receivable_warning()
        self.assertIn("1,000.00", warning)
        self.assertFalse(self.partner.with_user(self.seller).crm_receivable_warning())

    def test_warning_before_the_call(self):
        """My day says it next to the call."""
        lead = self.env["crm.lead"].create(
            {"name": "Flat", "type": "opportunity", "partner_id": self.person.id, "user_id": self.seller.id}
        )
        lead.with_user(self.seller).activity_schedule("mail.mail_activity_data_call", user_id=self.seller.id)
        sections = self.env["crm.my.day"].with_user(self.seller).get_my_day()["sections"]
        lines = [line["subtitle"] for section in sections if section["code"] == "today" for line in section["records"]]
        self.assertTrue(any("1,000.00" in line for line in lines), lines)

    def test_queries(self):
        """Warnings of many customers cost as much as of one."""
        partners = self.env["res.partner"].create([{"name": f"P{n}"} for n in range(30)]) | self.person
        partners.mapped("commercial_partner_id.name")
        partners.with_user(self.seller)._get_receivable_warnings()
        with self.assertQueryCount(2):
            partners.with_user(self.seller)._get_receivable_warnings()

    def test_pdf(self):
        """The PDF of an invoice and of a receipt, of this customer only."""
        self.authenticate("carla", "carla")
        card = self._card()
        for row in (card["invoices"][0], card["payments"][0]):
            response = self.url_open(row["url"])
            self.assertEqual((response.status_code, response.headers["Content-Type"]), (200, "application/pdf"))
        for path in (
            f"{self.partner.id}/invoice/{self.late.id}",
            f"{self.person.id}/invoice/0",
            f"{self.person.id}/order/{self.quote.id}",
            f"0/invoice/{self.late.id}",
        ):
            self.assertEqual(self.url_open(f"/crm_accounting_bridge/receivable/{path}").status_code, 404, path)

    def test_tour(self):
        """The salesperson sees the warning and the card on the opportunity."""
        lead = self.env["crm.lead"].create(
            {"name": "Flat", "type": "opportunity", "partner_id": self.person.id, "user_id": self.seller.id}
        )
        self.start_tour(f"/odoo/crm/{lead.id}", "crm_accounting_bridge_receivable_tour", login="carla")
