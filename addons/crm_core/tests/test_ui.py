from datetime import datetime, timedelta

from odoo.tests import Form, HttpCase, new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestUi(HttpCase):
    def test_forms_open(self):
        """Each opens empty and proposes what its makers chose."""
        proposed = {
            "crm.pipeline": ("loop_policy", "off"),
            "crm.intake": ("job_state", "pending"),
            "crm.privacy.purpose": ("lawful_basis", "consent"),
            "crm.privacy.consent": ("decision", False),
            "crm.stage": ("gate_mode", "none"),
            "crm.lead": ("next_step_missing", True),
            "crm.activity.outcome": ("reached", True),
            "crm.activity.cancel": ("reason", False),
            "crm.activity.snooze": ("delay", "tomorrow"),
            "crm.next.step": ("lead_id", self.env["crm.lead"]),
            "mail.activity": ("user_id", self.env.user),
            "crm.handover": ("rule", "one"),
            "crm.intake.source": ("dedup_policy", "normal"),
            "crm.export.log": ("user_id", self.env["res.users"]),
            "res.partner": ("company_type", "person"),
            "crm.phone": ("kind", "mobile"),
            "crm.segment": ("model_name", "res.partner"),
            "crm.merge.log": ("partner_id", self.env["res.partner"]),
        }
        for model, (name, value) in proposed.items():
            # The host's own form of a stage warns when it opens.
            with self.subTest(model=model), mute_logger("odoo.tests.form.onchange"):
                self.assertEqual(Form(self.env[model])[name], value)

    def test_pipeline_tour(self):
        """A consultant makes a pipeline and a salesperson's opportunity moves through it."""
        new_test_user(self.env, "tour_manager", "sales_team.group_sale_manager,base.group_partner_manager")
        self.start_tour("/odoo", "crm_core_pipeline_tour", login="tour_manager")
        pipeline = self.env["crm.pipeline"].search([("name", "=", "After-sales")])
        lead = self.env["crm.lead"].search([("pipeline_id", "=", pipeline.id)])
        self.assertEqual(lead.name, "Repair of the gate")
        self.assertEqual(lead.stage_id.pipeline_id, pipeline)

    def test_timeline_tour(self):
        """Somebody reads what happened with a contact and opens a quote."""
        seller = new_test_user(self.env, "tour_seller", "sales_team.group_sale_salesman")
        partner = self.env["res.partner"].create({"name": "Tessa Tour"})
        partner.message_ids.unlink()
        start = datetime(2026, 1, 1, 12)
        self.env["sale.order"].create({"partner_id": partner.id, "user_id": seller.id, "date_order": start})
        message = {"model": "res.partner", "res_id": partner.id, "message_type": "email", "author_id": partner.id}
        self.env["mail.message"].create(
            [{**message, "subject": f"Message {n}", "date": start + timedelta(days=n)} for n in range(1, 26)]
        )
        self.env["mail.message"].search([("model", "=", "sale.order"), ("author_id", "!=", partner.id)]).unlink()
        self.start_tour(f"/odoo/res.partner/{partner.id}", "crm_core_timeline_tour", login="tour_seller")

    def test_handover_tour(self):
        """A manager hands over what somebody has, looks at it and undoes it."""
        new_test_user(self.env, "tour_manager", "sales_team.group_sale_manager,base.group_partner_manager")
        leaver = new_test_user(self.env, "leo", "sales_team.group_sale_salesman", name="Leo Leaver")
        new_test_user(self.env, "hanna", "sales_team.group_sale_salesman", name="Hanna Heir")
        customers = [{"name": f"Customer of Leo {number}", "user_id": leaver.id} for number in range(2)]
        customers = self.env["res.partner"].with_context(tracking_disable=True).create(customers)
        self.start_tour("/odoo/crm-handovers", "crm_core_handover_tour", login="tour_manager")
        self.assertEqual(customers.user_id, leaver)

    def test_intake_tour(self):
        """Two contacts fit: a salesperson chooses one and is on the opportunity."""
        seller = new_test_user(self.env, "tour_seller", "sales_team.group_sale_salesman")
        twins = [{"name": f"Twin {name}", "email": "twin@example.com"} for name in "AB"]
        twins = self.env["res.partner"].create(twins)
        payload = {"name": "Which Twin", "email": "twin@example.com"}
        intake = self.env["crm.intake"]._receive("tour", "opportunity", payload, user_id=seller.id)
        intake._job_attempt()
        self.start_tour("/odoo/crm-incoming", "crm_core_intake_tour", login="tour_seller")
        self.assertEqual(intake.lead_id.partner_id, twins[1])
