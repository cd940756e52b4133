"""One flat, from somebody who looks for a home to the contract, clicked through in Chromium.

The agent sits at a desk; buyer and owner sign on a telephone. The bridge makes the deposit's invoice.
"""

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.crm_accounting_bridge.tests.common import BillingCommon

DESK, PHONE = "1366x768", "390x844"


@tagged("post_install", "-at_install")
class TestEstateStory(BillingCommon, HttpCase):
    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.env.ref("crm_realestate.group_realestate_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = new_test_user(
            cls.env, "story_agent", "crm_realestate.group_realestate_agent", name="Clara Story",
            email="clara@example.com", company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)],
        )  # fmt: skip
        cls.partner.write({"vat": "12345678Z", "street": "Carrer Gran 1", "city": "Brisamar"})
        cls.owner = cls.partner.copy({"name": "Olga Owner", "email": "olga@example.com"})
        cls.flat = cls.env["realestate.property"].create(
            {
                "name": "Flat of the story",
                "price_sale": 245000,
                "user_id": cls.agent.id,
                "company_id": cls.company.id,
                "currency_id": cls.company.currency_id.id,
                "party_ids": [Command.create({"partner_id": cls.owner.id, "share": 100})],
            }
        )
        cls._create_policy(trigger="signed")

    def _click(self, url, tour, phone=False):
        """Click through a tour: the agent at a desk, or somebody with a link on a telephone."""
        self.browser_size, self.touch_enabled = (PHONE, True) if phone else (DESK, False)
        self.start_tour(url, tour, login=None if phone else self.agent.login)
        self.env.invalidate_all()

    def _sign_on_a_phone(self, record):
        """Have everybody who is asked sign the document of a record."""
        documents = self.env["crm.document"].search([("res_model", "=", record._name), ("res_id", "=", record.id)])
        for signer in documents.signer_ids:
            self._click(signer._get_path(), "estate_story_sign", phone=True)
        self.assertEqual(documents.mapped("state"), ["signed"])

    def test_from_the_demand_to_the_contract(self):
        self._click("/odoo/demands", "estate_story_visit")
        visit = self.flat.visit_ids
        self.assertEqual((visit.state, visit.partner_ids), ("planned", self.partner))
        self._sign_on_a_phone(visit)

        self._click(f"/odoo/visits/{visit.id}", "estate_story_offer")
        booking = self.flat.booking_id
        self.assertEqual((booking.state, booking.price_agreed, visit.interest), ("held", 240000, "yes"))
        quote = booking.deposit_order_id
        self.assertEqual((quote.state, quote.amount_total), ("sent", 2400))

        self._click(quote.get_portal_url(), "estate_story_deposit", phone=True)
        self.assertEqual((quote.state, booking.state), ("sale", "confirmed"))
        self._run_jobs()
        self.assertEqual((quote.invoice_ids.state, quote.invoice_ids.amount_total), ("posted", 2400))

        self._click(f"/odoo/bookings/{booking.id}", "estate_story_contract")
        self._sign_on_a_phone(booking)
        self.assertEqual((booking.state, self.flat.availability), ("contracted", "under_contract"))
        booking.with_user(self.agent).action_done()
        self.assertEqual((booking.state, self.flat.state), ("done", "closed_sold"))
