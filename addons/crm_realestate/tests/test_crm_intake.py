from odoo.tests import tagged

from .common import RealEstateCase


@tagged("post_install", "-at_install")
class TestCrmIntake(RealEstateCase):
    def _receive(self, ref, email="ida@example.com", **payload):
        data = {"contact_name": "Ida Interested", "email": email, "answers": {"property_ref": ref}, **payload}
        intake = self.env["crm.intake"]._receive("test", "property_enquiry", data)
        intake._job_attempt()
        self.assertEqual(intake.job_state, "done", intake.error_message)
        return intake

    def test_enquiry_becomes_an_opportunity_of_the_agent(self):
        lead = self._receive("t-1").lead_id
        self.assertEqual(lead.pipeline_id.code, "property_sale")
        self.assertEqual(lead.stage_id, self.env.ref("crm_realestate.crm_stage_property_new"))
        self.assertEqual((lead.property_id, lead.property_ids, lead.user_id), (self.flat, self.flat, self.agent))
        self.assertEqual(lead.activity_ids.summary, "Call to arrange a visit")
        self.assertEqual(lead.activity_ids.user_id, self.agent)
        self.assertIn("T-1", lead.name)

    def test_second_property_joins_the_same_opportunity(self):
        first = self._receive("T-1")
        second = self._receive("T-2")
        self.assertEqual(first.lead_id, second.lead_id)
        self.assertEqual(second.lead_id.property_id, self.flat)
        self.assertEqual(second.lead_id.property_ids, self.flat | self.parking)

    def test_unknown_reference_loses_nothing(self):
        lead = self._receive("NOPE", name="I like it").lead_id
        self.assertEqual(lead.name, "I like it")
        self.assertFalse(lead.property_id)
        self.assertIn("NOPE", lead.description)
        self.assertIn("which property", lead.activity_ids.summary)

    def test_reference_of_another_company_is_unknown(self):
        self.flat.ref = "T-9"
        self.env["realestate.property"].create(
            {"name": "Elsewhere", "ref": "T-1", "company_id": self.company_b.id, "user_id": self.stranger.id}
        )
        self.assertFalse(self._receive("T-1").lead_id.property_id)

    def test_other_targets_are_untouched(self):
        intake = self.env["crm.intake"]._receive("test", "opportunity", {"email": "x@example.com"})
        intake._job_attempt()
        self.assertFalse(intake.lead_id.pipeline_id)
        self.assertFalse(intake.lead_id.property_id)
