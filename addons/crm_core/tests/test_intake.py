from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import CrmCoreCommon


@tagged("post_install", "-at_install")
class TestIntake(CrmCoreCommon):
    def test_enquiry_becomes_contact_opportunity_and_next_step(self):
        intake = self._receive(
            name="Roof repair", contact_name="Ana Test", email="Ana@Example.com", phone="+34 600 000 199",
            message="It leaks.\nPlease call.", utm={"source": "Fair", "campaign": "Autumn"},
        )  # fmt: skip
        self._run_intakes()
        self.assertEqual(intake.job_state, "done", intake.error_message)
        lead = intake.lead_id
        self.assertEqual(
            (lead.name, lead.type, lead.stage_id), ("Roof repair", "opportunity", self._stage("First talk"))
        )
        self.assertEqual((lead.partner_id.name, lead.partner_id.phone), ("Ana Test", "+34 600 000 199"))
        self.assertEqual((lead.user_id, lead.company_id), (self.seller, self.company))
        self.assertEqual((lead.source_id.name, lead.campaign_id.name), ("Fair", "Autumn"))
        self.assertIn("It leaks.", lead.description)
        self.assertEqual(lead.activity_ids.user_id, self.seller)
        self.assertEqual((intake.res_model, intake.res_id), ("crm.lead", lead.id))

    def test_same_number_is_taken_once(self):
        first = self._receive(external_id="77", email="a@example.com")
        second = self._receive(external_id="77", email="other@example.com")
        self.assertEqual(first, second)
        self.assertEqual(second.payload, {"email": "a@example.com"})

    def test_without_number_each_counts(self):
        self.assertNotEqual(self._receive(email="a@example.com"), self._receive(email="a@example.com"))

    def test_known_person_is_found_and_not_overwritten(self):
        known = self.env["res.partner"].create({"name": "Bert", "email": "bert@example.com", "phone": "+34600000150"})
        intake = self._receive(contact_name="Mallory", email=" BERT@example.com", phone="+34 600 000 999")
        self._run_intakes()
        self.assertEqual(intake.partner_id, known)
        self.assertEqual((known.name, known.phone, known.email), ("Bert", "+34600000150", "bert@example.com"))
        self.assertIn("+34 600 000 999", intake.lead_id.description, "what differs is shown, not lost")

    def test_known_by_phone_in_national_form(self):
        known = self.env["res.partner"].create({"name": "Carla", "phone": "+34 600 000 151"})
        intake = self._receive(phone="600000151", message="Call me")
        self._run_intakes()
        self.assertEqual(intake.partner_id, known)

    def test_several_fit_a_person_chooses(self):
        twins = self.env["res.partner"].create([{"name": f"Twin {n}", "email": "twin@example.com"} for n in "AB"])
        intake = self._receive(email="twin@example.com")
        self._run_intakes()
        self.assertEqual((intake.job_state, intake.error_code), ("blocked", "E_AMBIGUOUS"))
        self.assertEqual(intake.candidate_ids, twins)
        self.assertFalse(intake.lead_id)
        intake.partner_id = twins[1]
        intake.action_job_retry()
        self._run_intakes()
        self.assertEqual(intake.lead_id.partner_id, twins[1])

    def test_nobody_to_answer(self):
        intake = self._receive(message="No name, no address")
        self._run_intakes()
        self.assertEqual((intake.job_state, intake.error_code), ("blocked", "E_NO_CONTACT"))

    def test_second_enquiry_joins_the_open_opportunity(self):
        self._receive(email="dora@example.com", message="First")
        self._run_intakes()
        second = self._receive(email="dora@example.com", message="Second <b>thought</b>")
        self._run_intakes()
        lead = second.lead_id
        self.assertEqual(self.env["crm.lead"].search_count([("partner_id", "=", lead.partner_id.id)]), 1)
        self.assertIn("Second &lt;b&gt;thought", lead.message_ids[0].body)

    def test_a_won_opportunity_is_not_reopened(self):
        first = self._receive(email="emil@example.com")
        self._run_intakes()
        first.lead_id.action_set_won()
        second = self._receive(email="emil@example.com")
        self._run_intakes()
        self.assertNotEqual(first.lead_id, second.lead_id)

    def test_contact_of_another_company_is_not_found(self):
        self.env["res.partner"].create(
            {"name": "Elsewhere", "email": "eve@example.com", "company_id": self.company_b.id}
        )
        intake = self._receive(email="eve@example.com", contact_name="Eve")
        self._run_intakes()
        self.assertEqual(intake.partner_id.name, "Eve")

    def test_targets(self):
        contact = self._receive("contact", email="fay@example.com")
        lead = self._receive("lead", email="gil@example.com")
        self._run_intakes()
        self.assertEqual((contact.res_model, contact.lead_id.id), ("res.partner", False))
        self.assertEqual(lead.lead_id.type, "lead")

    def test_consents_are_kept_as_proof(self):
        self.env["crm.privacy.purpose"].create(
            {"name": "News", "code": "news", "company_id": self.company.id, "text": "I want news."}
        )
        intake = self._receive(
            email="hal@example.com",
            consents=[
                {"purpose": "news", "decision": "granted", "text": "Yes, news please."},
                {"purpose": "unknown", "decision": "granted"},
                {"purpose": "news", "decision": "perhaps"},
            ],
        )
        self._run_intakes()
        self.assertEqual(intake.partner_id.consent_ids.mapped("text"), ["Yes, news please."])
        self.assertTrue(intake.partner_id.with_company(self.company)._has_consent("news"))

    def test_control_characters_never_reach_the_contact(self):
        intake = self._receive(contact_name="Iva\r\nBcc: all@example.com", email="iva@example.com\r\nX: y")
        self._run_intakes()
        self.assertNotIn("\n", intake.partner_id.name + intake.partner_id.email)

    def test_markup_is_shown_as_text(self):
        intake = self._receive(
            email="jo@example.com", message="<script>alert(1)</script>", answers={"<b>q</b>": "<i>a</i>"}
        )
        self._run_intakes()
        self.assertNotIn("<script>", intake.lead_id.description)
        self.assertNotIn("<i>", intake.payload_html)

    def test_bad_calls_are_refused(self):
        receive = self.env["crm.intake"]._receive
        with self.assertRaises(ValidationError):
            receive("test", "no such target", {})
        with self.assertRaises(ValidationError):
            receive("test", "lead", ["no", "dict"])
        with self.assertRaises(ValidationError):
            receive("test", "lead", {}, colour="red")

    def test_queries_grow_linearly(self):
        """The second half of a batch costs no more than the first."""

        def run(number, prefix):
            for index in range(number):
                self._receive(email=f"{prefix}{index}@example.com")
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self._run_intakes()
            return (self.env.cr.sql_log_count - before) / number

        run(2, "warm")
        small, large = run(5, "s"), run(40, "l")
        self.assertLessEqual(large, small * 1.1)
