from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import CrmCoreCommon


@tagged("post_install", "-at_install")
class TestMerge(CrmCoreCommon):
    """Merging contacts loses nothing: links, numbers, refusals, what the merged one said."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.privacy.purpose"].create({"name": "News", "code": "news", "company_id": cls.company.id})
        cls.kept, cls.second, cls.third = cls.env["res.partner"].create(
            [
                {"name": "Ada Ribas", "email": "ada@example.com", "phone": "+34 600 000 201"},
                {"name": "A. Ribas", "email": "ada@example.com", "phone": "+34 600 000 202", "city": "Brisamar"},
                {"name": "Ada R.", "email": "ada@example.com", "function": "Director"},
            ]
        )

    def _merge(self, *partners):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        ids = [partner.id for partner in (self.kept, *partners)]
        wizard._merge(ids, self.kept)
        self.env.invalidate_all()

    def _decide(self, partner, decision, day):
        consent = partner.with_company(self.company)._record_consent("news", decision, "test")
        self.env.cr.execute("UPDATE crm_privacy_consent SET date = %s WHERE id = %s", (f"2026-01-{day:02}", consent.id))
        return consent

    # -- links

    def test_what_points_by_model_and_id_follows(self):
        intake = self._receive("contact", email="ada@example.com")
        intake.write({"res_model": "res.partner", "res_id": self.second.id})
        rating = self.env["rating.rating"].create(
            {"res_model_id": self.env["ir.model"]._get_id("res.partner"), "res_id": self.third.id, "rating": 4}
        )
        consent = self._decide(self.third, "granted", 1)
        self._merge(self.second, self.third)
        self.assertEqual(intake.res_id, self.kept.id)
        self.assertEqual(rating.res_id, self.kept.id)
        self.assertEqual(consent.partner_id, self.kept)
        self.assertEqual(self.kept.city, "Brisamar")
        self.assertIn("+34 600 000 202", self.kept.crm_phone_ids.mapped("number"))

    # -- refusals

    def test_a_refusal_wins_over_a_newer_grant_of_another(self):
        self._decide(self.kept, "granted", 20)
        self._decide(self.second, "refused", 10)
        self._decide(self.third, "granted", 30)
        self._merge(self.second, self.third)
        self.assertFalse(self.kept.with_company(self.company)._has_consent("news"))
        self.assertEqual(len(self.kept.consent_ids), 4, "all three proofs, and the refusal once more")
        self.assertIn("2026-01-10", self.kept.consent_ids[0].source)

    def test_who_changed_their_mind_before_is_believed(self):
        self._decide(self.second, "refused", 10)
        self._decide(self.second, "granted", 20)
        self._merge(self.second)
        self.assertTrue(self.kept.with_company(self.company)._has_consent("news"))
        self.assertEqual(len(self.kept.consent_ids), 2)

    def test_a_newer_refusal_needs_no_repetition(self):
        self._decide(self.kept, "granted", 10)
        self._decide(self.second, "withdrawn", 20)
        self._merge(self.second)
        self.assertFalse(self.kept.with_company(self.company)._has_consent("news"))
        self.assertEqual(len(self.kept.consent_ids), 2)

    def test_no_mail_to_the_address_that_stays_either(self):
        self.second.email = "old@example.com"
        self.env["mail.blacklist"]._add("old@example.com")
        self._merge(self.second)
        self.assertEqual(self.kept.email, "ada@example.com")
        self.assertTrue(self.kept.is_blacklisted)

    # -- log

    def test_the_log_keeps_what_the_merged_one_said(self):
        old_id = self.second.id
        self._merge(self.second)
        log = self.env["crm.merge.log"].with_user(self.manager).search([("partner_id", "=", self.kept.id)])
        self.assertEqual(log.user_id, self.env.user)
        line = log.line_ids
        self.assertEqual((line.old_id, line.name), (old_id, "A. Ribas"))
        self.assertEqual(line.values["phone"], "+34 600 000 202")
        self.assertIn("Brisamar", line.values_html)
        with self.assertRaises(AccessError):
            log.with_user(self.manager).unlink()
        with self.assertRaises(AccessError):
            log.with_user(self.seller).read(["date"])
        self.kept.company_id = self.company
        with self.assertRaises(AccessError):
            log.with_user(self.seller_b).read(["date"])
        with self.assertRaises(AccessError):
            line.with_user(self.seller_b).read(["values"])
