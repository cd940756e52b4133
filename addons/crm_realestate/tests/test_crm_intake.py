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

    def _look_for(self, **payload):
        data = {"contact_name": "Ida Interested", "email": "ida@example.com", **payload}
        intake = self.env["crm.intake"]._receive("test", "demand", data)
        intake._job_attempt()
        self.assertEqual(intake.job_state, "done", intake.error_message)
        return self.env["realestate.demand"].browse(intake.res_id)

    def test_demand(self):
        answers = {
            "operation": "Rent", "types": "flat, Studio, castle", "zones": "Harbour", "price_max": "900 €",
            "beds_min": "2", "must_features": "LIFT", "wish_features": "Terrace, Moat",
        }  # fmt: skip
        demand = self._look_for(answers=answers, message="Not on the ground floor")
        self.assertEqual((demand.operation, demand.price_max, demand.beds_min), ("rent", 900, 2))
        self.assertEqual(sorted(demand.type_ids.mapped("code")), ["flat", "studio"])
        self.assertEqual((demand.zone_ids, demand.must_feature_ids.name), (self.zone, "Lift"))
        self.assertEqual(demand.lead_id.partner_id, demand.partner_id)
        self.assertIn("castle", demand.lead_id.description)
        self.assertIn("understand", demand.lead_id.activity_ids.summary)
        self.assertEqual(self._look_for(answers=answers), demand)
        self.assertNotEqual(self._look_for(answers={**answers, "beds_min": "3"}), demand)

    def test_demand_that_says_nothing(self):
        demand = self._look_for(answers={"price_min": "500", "price_max": "100", "zones": "%"})
        self.assertEqual((demand.price_min, demand.price_max, demand.zone_ids.ids), (100, 500, []))
        self.assertEqual(demand.operation, "sale")
