from odoo.tests import Form, HttpCase, new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestUi(HttpCase):
    def test_forms_open(self):
        models = ("crm.pipeline", "crm.intake", "crm.privacy.purpose", "crm.privacy.consent", "crm.stage", "crm.lead")
        for model in models:
            # The host's own form of a stage warns when it opens.
            with self.subTest(model=model), mute_logger("odoo.tests.form.onchange"):
                Form(self.env[model])

    def test_pipeline_tour(self):
        """A consultant makes a pipeline and a salesperson's opportunity moves through it."""
        new_test_user(self.env, "tour_manager", "sales_team.group_sale_manager,base.group_partner_manager")
        self.start_tour("/odoo", "crm_core_pipeline_tour", login="tour_manager")
        pipeline = self.env["crm.pipeline"].search([("name", "=", "After-sales")])
        lead = self.env["crm.lead"].search([("pipeline_id", "=", pipeline.id)])
        self.assertEqual(lead.name, "Repair of the gate")
        self.assertEqual(lead.stage_id.pipeline_id, pipeline)
