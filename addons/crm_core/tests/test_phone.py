from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import CrmCoreCommon


@tagged("post_install", "-at_install")
class TestPhone(CrmCoreCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.spain = cls.env.ref("base.es")
        cls.partners = cls.env["res.partner"]
        cls.ines = cls.partners.create({"name": "Ines", "phone": "+34 600 000 111", "country_id": cls.spain.id})
        cls.second = cls.env["crm.phone"].create({"partner_id": cls.ines.id, "number": "600 000 112"})

    def _numbers(self, partner):
        return partner.crm_phone_ids.mapped("number")

    # -- the number itself

    def test_a_national_number_is_of_the_contacts_country(self):
        self.assertEqual(self.second.number_sanitized, "+34600000112")
        germany = self.partners.create({"name": "Jens", "country_id": self.env.ref("base.de").id})
        phone = self.env["crm.phone"].create({"partner_id": germany.id, "number": "030 123456"})
        self.assertEqual(phone.number_sanitized, "+4930123456")

    def test_a_wrong_number_is_kept_as_it_was_typed(self):
        phone = self.env["crm.phone"].create({"partner_id": self.ines.id, "number": "ask for Bob"})
        self.assertEqual((phone.number, phone.number_sanitized), ("ask for Bob", False))
        self.assertFalse(phone.do_not_call)
        with self.assertRaises(UserError, msg="a refusal that cannot be kept must not look as if it were"):
            phone.do_not_call = True

    def test_typed_in_the_form(self):
        with Form(self.ines) as form, form.crm_phone_ids.new() as line:
            line.number = "600000113"
            self.assertEqual(line.number, "+34 600 00 01 13")
        self.assertEqual(self.ines.crm_phone_ids[-1].number_sanitized, "+34600000113")

    def test_control_characters_do_not_get_in(self):
        partner = self.partners.create({"name": "Eve", "email": "eve@example.com\r\nBcc: all@example.com"})
        self.assertEqual(partner.email, "eve@example.com Bcc: all@example.com")
        partner.write({"email": "eve@example.com\x00\u202e", "phone": "+34 600\t000 117"})
        self.assertEqual((partner.email, partner.email_normalized), ("eve@example.com", "eve@example.com"))
        self.assertEqual(partner.phone_sanitized, "+34600000117")

    # -- do not call

    def test_do_not_call_is_the_hosts_list(self):
        self.second.with_user(self.seller).do_not_call = True
        listed = self.env["phone.blacklist"].search([("number", "=", "+34600000112")])
        self.assertTrue(listed)
        kay = self.partners.create({"name": "Kay"})
        other = self.env["crm.phone"].create({"partner_id": kay.id, "number": "+34600000112"})
        self.assertTrue(other.do_not_call, "the number is refused, whoever has it")

    def test_only_an_administrator_allows_calls_again(self):
        self.second.do_not_call = True
        with self.assertRaises(AccessError):
            self.second.with_user(self.seller).do_not_call = False
        self.second.invalidate_recordset(["do_not_call"])
        self.second.do_not_call = False
        self.assertFalse(self.env["phone.blacklist"].search([("number", "=", "+34600000112")]))

    # -- finding

    def test_match_none_one_many(self):
        self.assertFalse(self.partners._crm_match_phone("+34 600 000 199"))
        self.assertFalse(self.partners._crm_match_phone("no number"))
        self.assertFalse(self.partners._crm_match_phone(False))
        for number in ("600 000 111", "0034600000112", "+34 600-000-112"):
            self.assertEqual(self.partners._crm_match_phone(number, self.spain), self.ines, number)
        twin = self.partners.create({"name": "Twin", "phone": "+34600000112"})
        self.assertEqual(self.partners._crm_match_phone("+34600000112"), self.ines + twin)

    def test_match_respects_the_company(self):
        self.ines.company_id = self.company
        found = self.partners.with_user(self.seller_b)._crm_match_phone("+34600000112")
        self.assertFalse(found)
        with self.assertRaises(AccessError):
            self.second.with_user(self.seller_b).read(["number"])

    def test_search_boxes_find_any_number(self):
        for text in ("600 000 112", "600000112", "+34 600 000 112", "0034 600 000 112", "000112", "600000111"):
            with self.subTest(text=text):
                self.assertIn(self.ines.id, [found[0] for found in self.partners.name_search(text)])
                self.assertIn(self.ines, self.partners.search([("display_name", "ilike", text)]))
                self.assertIn(self.ines, self.partners.search([("phone_mobile_search", "ilike", text)]))
        self.assertNotIn(self.ines.id, [found[0] for found in self.partners.name_search("0112")], "too short")
        self.assertNotIn(self.ines, self.partners.search([("phone_mobile_search", "ilike", "600000999")]))

    def test_an_enquiry_finds_the_contact_by_its_second_number(self):
        intake = self._receive(phone="600 000 112", country_code="es", message="Call me")
        self._run_intakes()
        self.assertEqual(intake.partner_id, self.ines)

    def test_an_enquiry_that_fits_several_waits(self):
        self.partners.create({"name": "Twin", "phone": "+34600000112"})
        intake = self._receive(phone="+34600000112")
        self._run_intakes()
        self.assertEqual((intake.error_code, len(intake.candidate_ids)), ("E_AMBIGUOUS", 2))

    # -- "a | b"

    def test_several_numbers_in_one_cell(self):
        made = self.partners.create(
            [
                {"name": "L", "phone": "+34 600 000 121 | +34 600 000 122 | +34 600 000 121"},
                {"name": "M", "phone": "+34 600 000 123"},
                {"name": "N", "phone": " | "},
            ]
        )
        self.assertEqual(made.mapped("phone"), ["+34 600 000 121", "+34 600 000 123", False])
        self.assertEqual([self._numbers(partner) for partner in made], [["+34 600 000 122"], [], []])
        made[:2].write({"phone": "+34 600 000 131 | +34600000122"})
        self.assertEqual(made[:2].mapped("phone"), ["+34 600 000 131"] * 2)
        self.assertEqual(self._numbers(made[0]), ["+34 600 000 122"], "known already")
        self.assertEqual(self._numbers(made[1]), ["+34600000122"])

    def test_imported(self):
        result = self.partners.load(["name", "phone"], [["O", "+34600000124 | +34600000125"], ["P", "+34600000126"]])
        first, second = self.partners.browse(result["ids"])
        self.assertEqual((first.phone, self._numbers(first)), ("+34600000124", ["+34600000125"]))
        self.assertEqual((second.phone, self._numbers(second)), ("+34600000126", []))

    def test_anything_else_is_left_alone(self):
        for text in ("600|601", "+34 600 000 127", "a / b", False):
            self.ines.phone = text
            self.assertEqual(self.ines.phone, text)
        self.assertEqual(self.ines.crm_phone_ids, self.second)

    def test_queries_do_not_grow(self):
        def cost(number):
            partners = self.partners.create([{"name": f"Q{index}"} for index in range(number)])
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            partners._add_phones({partner.id: ["+34600000140", "+34600000141"] for partner in partners})
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        cost(1)
        self.assertEqual(cost(2), cost(50))

    # -- merge

    def _merge(self, *partners):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge([partner.id for partner in partners], partners[-1])
        return partners[-1].exists()

    def test_merge_keeps_every_number(self):
        for others in (1, 2):
            sources = self.partners.create(
                [
                    {"name": "R", "phone": f"+34 600 000 15{n} | +34 600 000 16{n} | +34 600 000 170"}
                    for n in range(others)
                ]
            )
            target = self.partners.create({"name": "R", "phone": "+34 600 000 180 | +34 600 000 170"})
            merged = self._merge(*sources, target)
            self.assertEqual(merged.phone, "+34 600 000 180")
            expected = {"+34600000170"} | {f"+3460000015{n}" for n in range(others)}
            expected |= {f"+3460000016{n}" for n in range(others)}
            self.assertEqual(set(merged.crm_phone_ids.mapped("number_sanitized")), expected)
            self.assertEqual(self.partners._crm_match_phone("+34600000161" if others > 1 else "+34600000160"), merged)
            merged.unlink()

    def test_gone_with_the_contact(self):
        self.ines.unlink()
        self.assertFalse(self.second.exists())
