from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import BillingCommon


@tagged("post_install", "-at_install")
class TestPolicy(BillingCommon):
    def test_no_policy_is_the_host(self):
        """Without a policy nothing of ours happens."""
        order = self._create_order()
        order.action_confirm()
        self.assertFalse(order.billing_acceptance_ids | self.env["crm.billing.acceptance"].search([]))
        self.assertFalse(order.billing_job_ids)
        self.assertFalse(order.billing_state)
        self.assertFalse(order.invoice_ids)
        invoice = order._create_invoices()
        self.assertEqual((invoice.amount_total, invoice.billing_installment_id.id), (1210, False))

    def test_most_specific_wins(self):
        """Customer beats template beats tag beats pipeline beats team beats currency beats total."""
        category = self.env["res.partner.category"].create({"name": "VIP"})
        self.partner.category_id = category
        team = self.env["crm.team"].create({"name": "Sales"})
        pipeline = self.env["crm.pipeline"].create({"name": "Homes"})
        lead = self.env["crm.lead"].create({"name": "Flat", "type": "opportunity", "pipeline_id": pipeline.id})
        template = self.env["sale.order.template"].create({"name": "Deposit"})
        order = self._create_order(opportunity_id=lead.id, team_id=team.id, sale_order_template_id=template.id)
        ladder = [
            {},
            {"min_total": 1000},
            {"currency_id": order.currency_id.id},
            {"team_id": team.id},
            {"pipeline_id": pipeline.id},
            {"partner_category_id": category.id},
            {"sale_order_template_id": template.id},
            {"partner_id": self.partner.id},
        ]
        for criteria in ladder:
            policy = self._create_policy(**criteria)
            self.assertEqual(self.env["crm.billing.policy"]._find_for(order), policy, criteria)
            self.assertGreater(len(policy._get_reason()), 5)
        self.assertEqual(policy._get_reason(), "Customer is Ana Buyer")

    def test_sequence_decides_between_equals(self):
        self._create_policy(sequence=20)
        first = self._create_policy(sequence=1)
        self.assertEqual(self.env["crm.billing.policy"]._find_for(self._create_order()), first)

    def test_misfits(self):
        """A policy that asks for something else does not apply."""
        order = self._create_order()
        other = self.env["res.partner"].create({"name": "Other"})
        for criteria in (
            {"partner_id": other.id},
            {"team_id": self.env["crm.team"].create({"name": "Else"}).id},
            {"min_total": 1211},
            {"max_total": 1209},
            {"currency_id": self.env.ref("base.JPY").id},
            {"active": False},
        ):
            self._create_policy(**criteria)
            self.assertFalse(self.env["crm.billing.policy"]._find_for(order), criteria)

    def test_contact_of_the_customer(self):
        """A policy for a company covers the people who order for it."""
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        person = self.env["res.partner"].create({"name": "Person", "parent_id": firm.id})
        policy = self._create_policy(partner_id=firm.id)
        self.assertEqual(self.env["crm.billing.policy"]._find_for(self._create_order(partner_id=person.id)), policy)

    def test_limits_in_company_currency(self):
        """Limits are in the company's currency; the order may be in another one."""
        dollar = self.setup_other_currency("USD", rates=[("2020-01-01", 2.0)])
        order = self._create_order(currency_id=dollar.id, pricelist_id=False, price=1000)
        order.currency_id = dollar
        self._create_policy(min_total=700)
        self.assertFalse(self.env["crm.billing.policy"]._find_for(order))
        policy = self._create_policy(max_total=700)
        self.assertEqual(self.env["crm.billing.policy"]._find_for(order), policy)

    def test_signed_policy_needs_a_signature(self):
        """What the office confirms is not signed; a less specific policy for it applies."""
        self._create_policy(trigger="signed", partner_id=self.partner.id)
        confirmed = self._create_policy(trigger="confirmed")
        order = self._create_order()
        order.action_confirm()
        self.assertEqual(order.billing_acceptance_ids.policy_id, confirmed)

    def test_shares_leave_a_rest(self):
        with self.assertRaises(ValidationError):
            self._create_policy(
                line_ids=[
                    fields.Command.create({"name": "A", "percent": 60}),
                    fields.Command.create({"name": "B", "percent": 40}),
                ]
            )

    def test_form(self):
        """The form opens and saves with a name alone."""
        with Form(self.env["crm.billing.policy"]) as form:
            form.name = "Deposits"
        self.assertEqual((form.record.mode, form.record.trigger), ("hold", "signed"))
