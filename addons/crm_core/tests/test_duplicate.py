from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import CrmCoreCommon


@tagged("post_install", "-at_install")
class TestDuplicate(CrmCoreCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.env["res.partner"]
        cls.manager.group_ids += cls.env.ref("base.group_partner_manager")
        cls.ines = cls.partners.create(
            {
                "name": "Inés Pardo Roig",
                "email": "ines@example.com",
                "phone": "+34 600 000 301",
                "city": "Brisamar",
                "vat": "ESA12345674",
            }
        )
        cls.env["crm.duplicate"]._scan()

    def _twin(self, **values):
        return self.partners.create({"name": "Somebody Else", **values})

    def _scan(self):
        self.env["crm.duplicate"]._scan()
        return self.env["crm.duplicate"].search(
            ["|", ("partner_id", "=", self.ines.id), ("other_id", "=", self.ines.id)]
        )

    # -- the queue

    def test_what_makes_a_pair(self):
        twins = {
            self._twin(email="Ines@Example.com"): "same e-mail",
            self._twin(phone="0034600000301"): "same phone",
            self._twin(vat="es a-12345674", is_company=False): "same tax number",
            self._twin(name="Ines Pardo-Roig", city="BRISAMAR"): "similar name and town",
            self._twin(name="Pardo Roig Ines S.L.", city="Brisamar"): "similar name and town",
        }
        self.env["crm.phone"].create({"partner_id": self._twin().id, "number": "+34 600 000 301"})
        pairs = self._scan()
        found = {pair.partner_id + pair.other_id - self.ines: pair.reason for pair in pairs}
        for twin, reason in twins.items():
            self.assertEqual(found.get(twin), reason, twin.name)
        self.assertEqual(len(pairs), len(twins) + 1)

    def test_what_makes_none(self):
        self._twin(name="Inés Pardo Roig", city="Lindental")
        self._twin(name="Carla Font", city="Brisamar")
        self._twin(email="ines@example.com", is_company=True)
        self._twin(email="ines@example.com", active=False)
        self.partners.create(
            {"name": "Delivery", "parent_id": self.ines.id, "type": "delivery", "email": "ines@example.com"}
        )
        self.assertFalse(self._scan())

    def test_colleagues_share_a_number_without_being_one(self):
        house = self.partners.create({"name": "House", "is_company": True, "phone": "+34 977 000 301"})
        self.partners.create([{"name": n, "parent_id": house.id, "phone": "+34 977 000 301"} for n in ("Jan", "Eva")])
        self.env["crm.duplicate"]._scan()
        self.assertFalse(self.env["crm.duplicate"].search([("partner_id.parent_id", "=", house.id)]))
        self.partners.create({"name": "Jan", "parent_id": house.id, "phone": "+34 977 000 301"})
        self.env["crm.duplicate"]._scan()
        self.assertEqual(len(self.env["crm.duplicate"].search([("partner_id.parent_id", "=", house.id)])), 1)

    def test_what_many_share_says_nothing(self):
        for index in range(12):
            self._twin(name=f"Office {index:02} {index * 7919}", phone="+34 600 000 301")
        self.assertFalse(self._scan())

    def test_without_trigrams_the_same_words_count(self):
        self._twin(name="Roig Pardo, Ines", city="Brisamar")
        self._twin(name="Ines Pardo Ruig", city="Brisamar")
        with (
            patch.object(type(self.env.registry), "has_trigram", False, create=True),
            patch.dict(self.env.registry.__dict__, {"has_trigram": False}),
        ):
            pairs = self._scan()
        self.assertEqual(len(pairs), 1)
        self.assertEqual(pairs.reason, "similar name and town")

    def test_dismissed_for_good(self):
        twin = self._twin(email="ines@example.com")
        pair = self._scan()
        pair.with_user(self.seller).action_dismiss()
        self.assertEqual(self._scan().state, "dismissed")
        self.assertFalse(self.ines.duplicate_partner_ids)
        pair.action_suspect()
        self.env.invalidate_all()
        self.assertEqual(self.ines.duplicate_partner_ids, twin)

    def test_what_is_no_pair_any_more_goes(self):
        twin = self._twin(email="ines@example.com")
        self.assertTrue(self._scan())
        twin.email = "other@example.com"
        self.assertFalse(self._scan())

    def test_the_cron(self):
        self._twin(email="ines@example.com")
        self._run_cron("crm_core.ir_cron_duplicate")
        self.assertTrue(self.env["crm.duplicate"].search([("partner_id", "=", self.ines.id)]))

    # -- the banner

    def test_while_typing_in_the_form_of_a_contact(self):
        form = Form(self.partners.with_user(self.manager))
        form.name = "Ines Pardo"
        self.assertFalse(form.duplicate_partner_ids)
        form.city = "brisamar"
        self.assertEqual(form.duplicate_partner_ids.ids, self.ines.ids)
        self.assertEqual(form.duplicate_hint, "similar name and town")
        form.email = "ines@example.com"
        self.assertIn("same e-mail", form.duplicate_hint)
        form.save()

    def test_saved_it_still_warns_and_can_be_dismissed(self):
        twin = self._twin(phone="+34 600 000 301")
        self.assertEqual((twin.duplicate_partner_ids, twin.duplicate_hint), (self.ines, "same phone"))
        self.assertEqual(self.ines.duplicate_hint, "same phone", "its own address is no reason")
        twin.with_user(self.manager).sudo(False).action_dismiss_duplicates()
        self.assertFalse(twin.duplicate_partner_ids)
        self.assertFalse(self.ines.duplicate_partner_ids)

    def test_ones_own_company_is_no_duplicate(self):
        child = self.partners.create({"name": "Office", "parent_id": self.ines.id, "email": "ines@example.com"})
        self.assertFalse(child.duplicate_partner_ids)

    def test_many_at_once_cost_the_same(self):
        partners = self.partners.create([{"name": f"P{n}", "email": f"p{n}@example.com"} for n in range(20)])
        partners[:2].mapped("duplicate_partner_ids")
        self.env.invalidate_all()
        with self.assertQueryCount(8):
            partners.mapped("duplicate_partner_ids")

    def test_while_typing_a_lead(self):
        lead = self.env["crm.lead"].create(
            {"name": "Asks", "email_from": "Ines <ines@example.com>", "user_id": self.seller.id}
        )
        lead = lead.with_user(self.seller)
        self.assertEqual(lead.duplicate_contact_ids, self.ines)
        lead.action_take_contact()
        self.assertEqual(lead.partner_id, self.ines)
        self.assertFalse(lead.duplicate_contact_ids)

    def test_nonsense_is_survived(self):
        for values in (
            {"email": "a\r\nBcc: x@example.com"},
            {"email": "no address", "phone": "ask Bob", "vat": "?"},
            {"name": "%_'\\", "city": "'; DROP"},
        ):
            self.assertFalse(self.partners.new({"name": "x", **values}).duplicate_partner_ids)

    # -- companies

    def test_companies_stay_apart(self):
        twin = self._twin(email="ines@example.com", company_id=self.company_b.id)
        self.ines.company_id = self.company
        self.assertFalse(self._scan(), "no pair across companies")
        self.assertFalse(self.ines.with_user(self.seller).duplicate_partner_ids)
        twin.company_id = self.company
        pair = self._scan()
        self.assertEqual(pair.with_user(self.seller).reason, "same e-mail")
        with self.assertRaises(AccessError):
            pair.with_user(self.seller_b).action_dismiss()
        with self.assertRaises(AccessError):
            pair.with_user(self.manager).score = 1

    # -- merge

    def _wizard(self, user, *partners, **values):
        pair = self.env["crm.duplicate"]._open_merge(self.ines.browse([partner.id for partner in partners]))
        wizard = self.env[pair["res_model"]].with_user(user).with_context(**pair["context"])
        return wizard.create(values)

    def test_the_preview_says_what_stays(self):
        twin = self._twin(name="Ines Pardo", email="old@example.com", function="Owner", street="Calle 1", zip="1")
        wizard = self._wizard(self.manager, self.ines, twin, dst_partner_id=self.ines.id)
        rows = {row["name"]: row for row in wizard.preview["rows"]}
        self.assertEqual([contact["kept"] for contact in wizard.preview["contacts"]], [True, False])
        self.assertEqual(rows["email"]["winner"], self.ines.id)
        self.assertEqual(rows["function"]["winner"], twin.id)
        self.assertEqual(rows["address"]["values"][str(twin.id)], "Calle 1, 1")
        self.assertNotIn("lang", rows, "where they agree there is nothing to decide")
        wizard.winners = {"email": twin.id}
        wizard.action_merge()
        self.env.invalidate_all()
        self.assertFalse(twin.exists())
        self.assertEqual((self.ines.email, self.ines.function), ("old@example.com", "Owner"))
        self.assertEqual(
            (self.ines.street, self.ines.zip, self.ines.city), (False, False, "Brisamar"), "one address, whole"
        )
        log = self.env["crm.merge.log"].search([("partner_id", "=", self.ines.id)])
        self.assertEqual(log.user_id, self.manager)
        self.assertEqual(log.line_ids.values["street"], "Calle 1")

    def test_a_salesperson_does_not_merge_what_the_host_forbids(self):
        twin = self._twin(email="old@example.com")
        self.seller.group_ids += self.env.ref("base.group_partner_manager")
        with self.assertRaises(UserError):
            self._wizard(self.seller, self.ines, twin, dst_partner_id=self.ines.id).action_merge()

    def test_whoever_has_an_account_is_the_administrators(self):
        twin = self._twin(email="old@example.com")
        self.env["res.users"].create({"name": "Portal", "login": "portal_twin", "partner_id": twin.id})
        with self.assertRaises(UserError):
            self._wizard(self.manager, self.ines, twin, dst_partner_id=self.ines.id).action_merge()

    def test_pairs_follow_the_merge(self):
        first, second = self._twin(email="ines@example.com"), self._twin(name="Third", email="ines@example.com")
        pairs = self._scan()
        pairs.filtered(lambda pair: second in pair.other_id).action_dismiss()
        self.env["base.partner.merge.automatic.wizard"].create({})._merge([first.id, self.ines.id], first)
        self.env.invalidate_all()
        left = self.env["crm.duplicate"].search([("partner_id", "in", (first + second).ids)])
        self.assertEqual(left.partner_id + left.other_id, first + second)
        self.assertEqual(left.state, "dismissed", "a person said that these are two")

    def test_a_pair_that_is_half_gone(self):
        twin = self._twin(email="ines@example.com")
        pair = self._scan()
        action = pair.with_user(self.manager).action_merge()
        self.assertEqual(action["context"]["active_ids"], [self.ines.id, twin.id])
        twin.unlink()
        self.assertFalse(pair.exists())
