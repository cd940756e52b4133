from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from .common import CrmCoreCommon


@tagged("post_install", "-at_install")
class TestSegment(CrmCoreCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = cls.env["res.partner"].create(
            [
                {"name": "Segment One", "city": "Brisamar", "email": "one@example.com"},
                {"name": "Segment Two", "city": "Brisamar"},
                {"name": "Segment Three", "city": "Lindental", "email": "three@example.com"},
            ]
        )
        cls.segment = cls._segment(name="Of Brisamar")

    @classmethod
    def _segment(cls, domain="[('name', '=like', 'Segment %'), ('city', '=', 'Brisamar')]", **values):
        return cls.env["crm.segment"].create({"domain": domain, "company_id": cls.company.id, **values})

    def test_who_is_in_it_is_asked_anew(self):
        self.assertEqual(self.segment.count, 2)
        self.people[2].city = "Brisamar"
        self.segment.invalidate_recordset(["count"])
        self.assertEqual(self.segment.count, 3)
        self.assertEqual(self.segment._get_records(), self.people.sorted("complete_name"))
        action = self.segment.action_open()
        self.assertEqual(self.env[action["res_model"]].search_count(action["domain"]), 3)

    def test_leads_and_days(self):
        self._lead(name="Segment lead")
        segment = self._segment(
            name="New", model_name="crm.lead", domain="[('create_date', '>=', '-1d'), ('name', '=', 'Segment lead')]"
        )
        self.assertEqual(segment.count, 1)

    def test_a_filter_that_is_none(self):
        for domain in ("[('no_such_field', '=', 1)]", "nonsense", "[('name', '=', __import__('os'))]", "[1]"):
            with self.subTest(domain=domain), self.assertRaises(ValidationError):
                self._segment(name="Wrong", domain=domain)
        # A field may go later, with its addon: nothing breaks, one is told what to do.
        self.env.cr.execute("""UPDATE crm_segment SET domain = '[("gone", "=", 1)]' WHERE id = %s""", [self.segment.id])
        self.env.invalidate_all()
        self.assertEqual(self.segment.count, 0)
        with self.assertRaises(ValidationError):
            self.segment.action_open()

    def test_recipients_honour_a_refusal(self):
        self.assertEqual(self.segment._get_recipients(), self.people[0])
        self.env["mail.blacklist"]._add("one@example.com")
        self.assertFalse(self.segment._get_recipients())

    def test_recipients_of_a_purpose(self):
        self.env["crm.privacy.purpose"].create({"name": "News", "code": "news", "company_id": self.company.id})
        segment = self.segment.with_company(self.company)
        self.assertFalse(segment._get_recipients("news"))
        self.people[0].with_company(self.company)._record_consent("news", "granted", "test")
        self.assertEqual(segment._get_recipients("news"), self.people[0])
        self.people[0].with_company(self.company)._record_consent("news", "withdrawn", "test")
        self.assertFalse(segment._get_recipients("news"))

    def test_the_count_is_the_readers(self):
        self.people[1].company_id = self.company_b
        self.assertEqual(self.segment.with_user(self.seller).count, 1)

    def test_who_may_change_it(self):
        form = Form(self.env["crm.segment"].with_user(self.seller))
        form.name = "Mine"
        mine = form.save()
        self.assertEqual(mine.user_id, self.seller)
        mine.name = "Still mine"
        with self.assertRaises(AccessError):
            self.segment.with_user(self.seller).name = "x"
        mine.with_user(self.manager).name = "Seen by the manager"
        with self.assertRaises(AccessError):
            self.segment.with_user(self.seller_b).read(["name"])
        self.assertEqual(self.segment.with_user(self.officer).name, "Of Brisamar")
        with self.assertRaises(AccessError):
            self.segment.with_user(self.officer).name = "x"


@tagged("post_install", "-at_install")
class TestCompleteness(CrmCoreCommon):
    def test_what_is_missing(self):
        partner = self.env["res.partner"].create({"name": "Only a name", "lang": False})
        self.assertEqual(partner.data_completeness, 11)
        self.assertIn("City", partner.data_missing)
        partner.write({"email": "a@example.com", "phone": "1", "street": "s", "zip": "1", "city": "c", "lang": "en_US"})
        partner.country_id, partner.user_id = self.env.ref("base.es"), self.seller
        self.assertEqual((partner.data_completeness, partner.data_missing), (100, ""))
        partner.is_company = True
        self.assertEqual(partner.data_completeness, 75)
        self.assertIn("Industry", partner.data_missing)

    def test_a_new_contact(self):
        with Form(self.env["res.partner"].with_user(self.manager).sudo()) as form:
            form.name = "New"
            self.assertGreater(form.data_completeness, 0, "told while one types")
        self.assertIn("Phone", form.record.data_missing)
