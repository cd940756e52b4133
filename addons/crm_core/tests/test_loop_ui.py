from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestLoopUi(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(cls.env, "loop_seller", "sales_team.group_sale_salesman")

        def stage(name, sequence, **values):
            return fields.Command.create({"name": name, "sequence": sequence, **values})

        stages = [stage("Talk", 100), stage("Offer out", 110, stage_event="quote_sent"), stage("Won", 190, is_won=True)]
        values = {"name": "Roofs", "loop_policy": "suggest", "stage_ids": stages}
        cls.pipeline = cls.env["crm.pipeline"].create(values)

    def _lead(self, **values):
        owner = {"user_id": self.seller.id, "pipeline_id": self.pipeline.id, "type": "opportunity"}
        return self.env["crm.lead"].create({**owner, **values})

    def _plan(self, lead, days=-1):
        day = fields.Date.context_today(lead) + timedelta(days=days)
        kind = "mail.mail_activity_data_call"
        return lead.activity_schedule(kind, day, summary="Call Ana", user_id=self.seller.id)

    def _meet(self):
        start = fields.Datetime.now() - timedelta(days=2)
        people = self.seller.partner_id | self.env["res.partner"].create({"name": "Ana"})
        return self.env["calendar.event"].create(
            {
                "name": "Plans of the roof",
                "start": start,
                "stop": start + timedelta(hours=1),
                "user_id": self.seller.id,
                "partner_ids": [fields.Command.set(people.ids)],
            }
        )

    def test_my_day_tour(self):
        """A salesperson works through the morning, the first half without a mouse."""
        lead, forgotten = self._lead(name="New roof"), self._lead(name="Forgotten roof")
        activity = self._plan(lead)
        meeting = self._meet()
        self.start_tour("/odoo", "crm_core_my_day_tour", login="loop_seller")
        self.assertEqual(meeting.conclusion, "She signs on Friday")
        self.assertFalse(activity.active)
        self.assertEqual(lead.activity_ids.summary, "Send the brochure")
        self.assertTrue(forgotten.loop_snoozed_until)

    def test_next_step_tour(self):
        """Done in the chatter of the host: what comes next is proposed there too; cancelled there, it is kept."""
        lead = self._lead(name="New roof")
        self._plan(lead)
        self.start_tour(f"/odoo/crm.lead/{lead.id}", "crm_core_next_step_tour", login="loop_seller")
        planned = self.env["mail.activity"].with_context(active_test=False).search([("res_id", "=", lead.id)])
        cancelled = planned.filtered(lambda activity: activity.summary == "Send the brochure")
        self.assertEqual((cancelled.is_cancelled, cancelled.cancel_reason), (True, "They have it already"))

    def test_pipeline_switch_tour(self):
        """A salesperson moves opportunities to another pipeline, stage by stage."""
        stages = [
            fields.Command.create({"name": "Reported", "sequence": 100}),
            fields.Command.create({"name": "Proposal", "sequence": 110, "stage_event": "quote_sent"}),
        ]
        other = self.env["crm.pipeline"].create({"name": "After-sales", "stage_ids": stages})
        sent = self.pipeline.stage_ids.filtered(lambda stage: stage.stage_event == "quote_sent")
        leads = self._lead(name="One") + self._lead(name="Two", stage_id=sent.id)
        action = self.env["ir.actions.act_window"].create(
            {"name": "Ours", "res_model": "crm.lead", "view_mode": "list,form", "domain": [("id", "in", leads.ids)]}
        )
        self.start_tour(f"/odoo/action-{action.id}", "crm_core_pipeline_switch_tour", login="loop_seller")
        self.assertEqual(leads.pipeline_id, other)
        self.assertEqual(leads.mapped("stage_id.name"), ["Reported", "Proposal"])
