from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from .common import CrmCoreCommon


@tagged("post_install", "-at_install")
class TestParties(CrmCoreCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann, cls.bob, cls.bob_again = cls.env["res.partner"].create(
            [{"name": "Ann Buyer"}, {"name": "Bob Bank"}, {"name": "Bob Bank"}]
        )

    def _party(self, lead, partner, role="buyer"):
        return self.env["crm.lead.party"].create({"lead_id": lead.id, "partner_id": partner.id, "role": role})

    def _parties(self, lead):
        return [(party.partner_id, party.role) for party in lead.party_ids]

    def test_a_seller_adds_them_in_the_form(self):
        form = Form(self._lead().with_user(self.seller))
        with form.party_ids.new() as line:
            line.partner_id = self.bob
            line.role = "guarantor"
        lead = form.save()
        self.assertEqual(self._parties(lead), [(self.bob, "guarantor")])
        self.assertEqual(lead.party_ids.display_name, "Guarantor: Bob Bank")

    def test_the_customer_is_the_buyer_where_nobody_was_named(self):
        lead = self._lead(partner_id=self.ann.id)
        self.assertEqual(lead._get_parties("buyer"), self.ann)
        self.assertFalse(lead._get_parties("payer"))
        self._party(lead, self.bob)
        self.assertEqual(lead._get_parties("buyer"), self.bob)

    def test_a_role_once_for_each_contact(self):
        lead = self._lead()
        self._party(lead, self.bob)
        self._party(lead, self.bob, "payer")
        with self.assertRaisesRegex(ValidationError, "Bob Bank is already there as Payer"):
            self._party(lead, self.bob, "payer")

    def test_merge_of_opportunities(self):
        kept, merged, third = self._lead(probability=90), self._lead(), self._lead()
        self._party(kept, self.ann)
        self._party(merged, self.ann)
        self._party(merged, self.bob, "guarantor")
        self._party(third, self.bob, "guarantor")
        result = (kept + merged + third).with_user(self.seller).merge_opportunity()
        self.assertEqual(self._parties(result), [(self.ann, "buyer"), (self.bob, "guarantor")])

    def test_merge_of_contacts(self):
        twice, other = self._lead(), self._lead()
        self._party(twice, self.bob, "payer")
        self._party(twice, self.bob_again, "payer")
        self._party(twice, self.bob_again, "guarantor")
        self._party(other, self.bob_again, "payer")
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.bob + self.bob_again).ids, self.bob)
        self.assertEqual(self._parties(twice), [(self.bob, "payer"), (self.bob, "guarantor")])
        self.assertEqual(self._parties(other), [(self.bob, "payer")])

    def test_in_the_timeline_of_who_takes_part(self):
        lead = self._lead(partner_id=self.ann.id)
        self._party(lead, self.bob, "guarantor")
        self._party(lead, self.ann)
        timeline = self.bob.with_user(self.seller).crm_timeline(kinds=["party"])
        self.assertEqual(
            [(entry["title"], entry["text"]) for entry in timeline], [("A project", "Guarantor: Bob Bank")]
        )
        self.assertEqual((timeline[0]["res_model"], timeline[0]["res_id"]), ("crm.lead", lead.id))
        self.assertFalse(self.ann.with_user(self.seller).crm_timeline(kinds=["party"]), "it is her opportunity anyway")

    def test_seen_as_the_opportunity_is(self):
        own, other = self._lead(), self._lead(user_id=self.manager.id)
        for lead in own + other:
            self._party(lead, self.bob)
        parties = self.env["crm.lead.party"]
        self.assertEqual(parties.with_user(self.seller).search([]).lead_id, own)
        self.assertEqual(parties.with_user(self.manager).search([]).lead_id, own + other)
        self.assertFalse(parties.with_user(self.seller_b).search([]))
        with self.assertRaises(AccessError):
            own.party_ids.with_user(self.officer).read(["role"])
        with self.assertRaises(AccessError):
            other.party_ids.with_user(self.seller).write({"role": "payer"})
