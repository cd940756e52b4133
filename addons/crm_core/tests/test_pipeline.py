from odoo import fields
from odoo.tests import Form, tagged

from .common import CrmCoreCommon


@tagged("post_install", "-at_install")
class TestPipeline(CrmCoreCommon):
    def test_opportunity_starts_in_the_first_stage_of_its_pipeline(self):
        self.assertEqual(self._lead().stage_id, self._stage("First talk"))

    def test_without_pipeline_the_host_s_stages(self):
        lead = self._lead(pipeline_id=False)
        self.assertTrue(lead.stage_id)
        self.assertFalse(lead.stage_id.pipeline_id)
        lead._on_stage_event("quote_accepted")
        self.assertFalse(lead.stage_id.pipeline_id)
        self.assertFalse(lead.activity_ids, "no loop where nobody asked for one")

    def test_columns_of_the_kanban(self):
        host = self.env["crm.lead"]._read_group_stage_ids(self.env["crm.stage"], [])
        self.assertFalse(host.pipeline_id)
        own = self.env["crm.lead"].with_context(default_pipeline_id=self.pipeline.id)
        self.assertEqual(own._read_group_stage_ids(self.env["crm.stage"], []), self.pipeline.stage_ids)

    def test_columns_of_what_is_found(self):
        """Who works in one pipeline does not look at the empty columns of the standard one."""
        found, standard = self._stage("Offer out"), self._lead(pipeline_id=False).stage_id
        self.assertEqual(self.env["crm.lead"]._read_group_stage_ids(found, []), self.pipeline.stage_ids)
        mixed = self.env["crm.lead"]._read_group_stage_ids(found + standard, [])
        self.assertGreater(mixed.filtered(lambda stage: not stage.pipeline_id), standard)
        self.assertEqual(mixed.filtered("pipeline_id"), found)

    def test_columns_of_two_pipelines_stand_beside_each_other(self):
        other = self.env["crm.pipeline"].create({"name": "Other", "sequence": self.pipeline.sequence + 1})
        columns = self.env["crm.lead"]._read_group_stage_ids(self._stage("Offer out") + other.stage_ids[1], [])
        self.assertEqual(columns.ids, self.pipeline.stage_ids.ids + other.stage_ids.ids)
        self.assertEqual(columns[-1].display_name, f"Other: {other.stage_ids[-1].name}")

    def test_columns_are_labelled_as_the_client_shows_them(self):
        other = self.env["crm.pipeline"].create({"name": "Other", "sequence": self.pipeline.sequence + 1})
        both = self._lead() + self._lead(pipeline_id=other.id)
        leads = both.with_context(read_group_expand=True)
        names = [
            group["stage_id"][1] for group in leads.web_read_group([("id", "in", both.ids)], ["stage_id"])["groups"]
        ]
        self.assertIn(f"{self.pipeline.name}: First talk", names)
        self.assertIn(f"Other: {other.stage_ids[0].name}", names)
        one = leads.web_read_group([("id", "=", both[0].id)], ["stage_id"])["groups"]
        self.assertIn("First talk", [group["stage_id"][1] for group in one])

    def test_columns_of_a_pipeline_that_is_searched_for(self):
        other = self.env["crm.pipeline"].create({"name": "Repairs of boats"})
        leads, stages = self.env["crm.lead"].with_context(read_group_expand=True), other.stage_ids
        for term in ([("pipeline_id", "ilike", "of boats")], [("pipeline_id", "=", other.id)]):
            domain = [("type", "=", "opportunity"), *term]
            columns = [group["stage_id"][0] for group in leads.web_read_group(domain, ["stage_id"])["groups"]]
            self.assertEqual(columns, stages.ids, term)

    def test_change_of_pipeline_changes_the_stage(self):
        other = self.env["crm.pipeline"].create({"name": "Other"})
        lead = self._lead()
        lead.pipeline_id = other
        self.assertEqual(lead.stage_id, other.stage_ids[0])
        lead.pipeline_id = False
        self.assertFalse(lead.stage_id.pipeline_id)

    def test_the_pipeline_follows_the_stage(self):
        lead = self._lead(pipeline_id=False)
        lead.with_user(self.seller).stage_id = self._stage("Offer out")
        self.assertEqual((lead.pipeline_id, lead.stage_id), (self.pipeline, self._stage("Offer out")))
        values = {"name": "Quick", "type": "opportunity", "company_id": self.company.id}
        column = self.env["crm.lead"].with_context(default_stage_id=self._stage("Agreed").id)
        lead = column.create(values)
        self.assertEqual((lead.pipeline_id, lead.stage_id), (self.pipeline, self._stage("Agreed")))

    def test_events_move_forward_only(self):
        lead = self._lead()
        lead._on_stage_event("quote_accepted")
        self.assertEqual(lead.stage_id, self._stage("Agreed"))
        lead._on_stage_event("quote_sent")
        self.assertEqual(lead.stage_id, self._stage("Agreed"))

    def test_events_leave_closed_opportunities_alone(self):
        won, lost = self._lead(), self._lead()
        won.action_set_won()
        lost.action_set_lost()
        (won + lost)._on_stage_event("quote_accepted")
        self.assertEqual(won.stage_id, self._stage("Done"))
        self.assertEqual(lost.stage_id, self._stage("First talk"))

    def test_won_in_several_pipelines_at_once(self):
        other = self.env["crm.pipeline"].create({"name": "Other"})
        leads = self._lead() + self._lead(pipeline_id=other.id) + self._lead(pipeline_id=False)
        leads.action_set_won()
        self.assertEqual(leads.mapped("won_status"), ["won"] * 3)
        for lead in leads:
            self.assertEqual(lead.stage_id.pipeline_id, lead.pipeline_id)

    def test_a_finished_activity_starts_the_next_one(self):
        lead = self._lead()
        activity = lead._ensure_next_step("Call")
        self.assertEqual(len(activity), 1)
        self.assertFalse(lead._ensure_next_step(), "something is planned already")
        activity.action_feedback("Talked")
        self.assertEqual(len(lead.activity_ids), 1)
        self.assertNotEqual(lead.activity_ids, activity)

    def test_the_loop_ends_with_the_opportunity(self):
        lead = self._lead()
        activity = lead._ensure_next_step()
        lead.action_set_won()
        activity.action_feedback()
        self.assertFalse(lead.activity_ids)

    def test_loop_off_and_suggest_create_nothing(self):
        for policy in ("off", "suggest"):
            self.pipeline.loop_policy = policy
            self.assertFalse(self._lead()._ensure_next_step())

    def test_next_step_as_configured(self):
        call = self.env.ref("mail.mail_activity_data_call")
        self.pipeline.write({"next_step_type_id": call.id, "next_step_days": 5})
        activity = self._lead()._ensure_next_step()
        self.assertEqual(activity.activity_type_id, call)
        self.assertEqual(activity.user_id, self.seller)
        self.assertEqual((activity.date_deadline - fields.Date.context_today(activity)).days, 5)

    def test_consultant_creates_a_usable_pipeline_with_a_name_only(self):
        form = Form(self.env["crm.pipeline"].with_user(self.manager))
        form.name = "After-sales"
        pipeline = form.save()
        lead = self._lead(pipeline_id=pipeline.id)
        self.assertTrue(lead.stage_id)
        lead.action_set_won()
        self.assertEqual(lead.won_status, "won")

    def test_counts_do_not_cost_a_query_each(self):
        pipelines = self.pipeline + self.env["crm.pipeline"].create([{"name": str(n)} for n in range(20)])
        idle, planned, won = self._lead(expected_revenue=100), self._lead(expected_revenue=50), self._lead()
        planned._ensure_next_step()
        won.action_set_won()
        with self.assertQueryCount(2):
            pipelines.mapped("opportunity_count")
        counts = (self.pipeline.opportunity_count, self.pipeline.idle_count, self.pipeline.expected_revenue)
        self.assertEqual(counts, (2, 1, 150))
        self.assertFalse(idle.activity_ids)
