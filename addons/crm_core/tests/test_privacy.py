from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CrmCoreCommon


@tagged("post_install", "-at_install")
class TestPrivacy(CrmCoreCommon):
    def setUp(self):
        super().setUp()
        self.purpose = self.env["crm.privacy.purpose"].create(
            {"name": "News", "code": "news", "company_id": self.company.id, "text": "I want news."}
        )
        self.partner = self.env["res.partner"].create({"name": "Lena"}).with_company(self.company)

    def test_the_last_decision_counts(self):
        self.assertFalse(self.partner._has_consent("news"))
        self.partner._record_consent("news", "granted", "test")
        self.assertTrue(self.partner._has_consent("news"))
        self.partner._record_consent("news", "withdrawn", "test")
        self.assertFalse(self.partner._has_consent("news"))

    def test_unknown_purpose_is_no_consent(self):
        self.assertFalse(self.partner._has_consent("nothing"))
        self.assertFalse(self.partner._record_consent("nothing", "granted", "test"))

    def test_each_company_has_its_own(self):
        self.partner._record_consent("news", "granted", "test")
        self.assertFalse(self.partner.with_company(self.company_b)._has_consent("news"))

    def test_a_proof_is_not_changed_and_not_deleted(self):
        consent = self.partner._record_consent("news", "granted", "test")
        for vals in ({"decision": "refused"}, {"text": "Other"}, {"date": "2020-01-01 00:00:00"}):
            with self.assertRaises(UserError):
                consent.write(vals)
        with self.assertRaises(UserError):
            consent.unlink()

    def test_the_sentence_is_frozen(self):
        consent = self.partner._record_consent("news", "granted", "test")
        self.purpose.text = "Something else."
        self.assertEqual(consent.text, "I want news.")
        self.assertEqual(len(consent.text_hash), 64)

    def test_a_refusal_wins_after_a_merge(self):
        other = self.env["res.partner"].create({"name": "Lena", "email": "lena@example.com"}).with_company(self.company)
        self.partner._record_consent("news", "granted", "test").sudo()
        other._record_consent("news", "refused", "test")
        merge = self.env["base.partner.merge.automatic.wizard"].create({})
        merge._merge((self.partner + other).ids, self.partner)
        self.assertEqual(len(self.partner.consent_ids), 2, "no proof is lost")
        self.assertFalse(self.partner._has_consent("news"))

    def test_the_proof_outlives_the_contact(self):
        consent = self.partner._record_consent("news", "granted", "test")
        self.partner.unlink()
        self.assertTrue(consent.exists())
        self.assertFalse(consent.partner_id)

    @mute_logger("odoo.sql_db")
    def test_one_purpose_for_each_code(self):
        with self.assertRaises(IntegrityError):
            self.purpose.copy()
