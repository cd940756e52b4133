from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import CrmCoreCommon


@tagged("post_install", "-at_install")
class TestGate(CrmCoreCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pipeline.loop_policy = "off"
        fields_ = cls.env["ir.model.fields"]
        cls.phone, cls.revenue = (fields_._get("crm.lead", name) for name in ("phone", "expected_revenue"))

    def _gate(self, stage, mode, *fields_):
        self._stage(stage).write({"gate_mode": mode, "required_field_ids": [(6, 0, [one.id for one in fields_])]})

    def _drag(self, lead, stage, **values):
        """What the web client calls when a person moves a card or saves the form."""
        return lead.with_user(self.seller).web_save({"stage_id": self._stage(stage).id, **values}, {"id": {}})

    def test_block_names_the_record_and_what_is_missing(self):
        self._gate("Offer out", "block", self.phone, self.revenue)
        lead = self._lead(expected_revenue=100)
        with self.assertRaises(UserError) as refused, self.cr.savepoint():
            self._drag(lead, "Offer out")
        message = str(refused.exception)
        self.assertIn("A project", message)
        self.assertIn("Phone", message)
        self.assertNotIn("Revenue", message)
        lead.invalidate_recordset()
        self.assertEqual(lead.stage_id, self._stage("First talk"))

    def test_what_is_filled_in_with_the_move_counts(self):
        self._gate("Offer out", "block", self.phone)
        lead = self._lead()
        self._drag(lead, "Offer out", phone="+34600000001")
        self.assertEqual(lead.stage_id, self._stage("Offer out"))

    def test_a_gate_cannot_be_jumped(self):
        self._gate("Offer out", "block", self.phone)
        with self.assertRaises(UserError), self.cr.savepoint():
            self._drag(self._lead(), "Agreed")

    def test_the_way_back_is_free(self):
        self._gate("Offer out", "block", self.phone)
        lead = self._lead(stage_id=self._stage("Agreed").id)
        self._drag(lead, "Offer out")
        self.assertEqual(lead.stage_id, self._stage("Offer out"))

    def test_a_person_is_stopped_whatever_way_they_come(self):
        self._gate("Offer out", "block", self.phone)
        leads = self._lead(name="One") + self._lead(name="Two", phone="+34600000001")
        mine, stage = leads.with_user(self.seller), self._stage("Offer out").id
        with self.assertRaisesRegex(UserError, "“One”.*Phone"), self.cr.savepoint():
            mine.write({"stage_id": stage})
        with self.assertRaisesRegex(UserError, "One"), self.cr.savepoint():
            mine[0].stage_id = stage
        rows = [[str(lead.id), str(stage)] for lead in mine]
        result = mine.load([".id", "stage_id/.id"], rows)
        self.assertIn("“One”", result["messages"][0]["message"])
        self.env.invalidate_all()
        self.assertEqual(leads.stage_id, self._stage("First talk"))
        mine.write({"stage_id": stage, "phone": "+34600000002"})
        self.assertEqual(leads.stage_id, self._stage("Offer out"))

    def test_what_the_system_does_goes_on(self):
        self._gate("Offer out", "block", self.phone)
        stage = self._stage("Offer out")
        by_rule, by_system, raw = self._lead(), self._lead(), self._lead(type="lead")
        action = self.env["ir.actions.server"].create(
            {
                "name": "Move",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "state": "code",
                "code": f"record.write({{'stage_id': {stage.id}}})",
            }
        )
        context = {"active_model": "crm.lead", "active_id": by_rule.id, "active_ids": by_rule.ids}
        action.with_user(self.manager).with_context(**context).run()
        by_system.with_user(self.seller).sudo().stage_id = stage
        self.assertEqual((by_rule + by_system).stage_id, stage)
        self.assertEqual((by_rule + by_system).activity_ids.mapped("summary"), ["Fill in: Phone"] * 2)
        self._gate("First talk", "block", self.phone)
        raw.with_user(self.seller).convert_opportunity(self.env["res.partner"])
        self.assertEqual(raw.type, "opportunity")
        merged = (by_rule + raw).with_user(self.manager).merge_opportunity()
        self.assertEqual(merged.stage_id, stage)

    def test_several_at_once_and_a_new_one(self):
        self._gate("Offer out", "block", self.phone)
        leads = (self._lead(name="One") + self._lead(name="Two", phone="+34600000001")).with_user(self.seller)
        with self.assertRaisesRegex(UserError, "One"), self.cr.savepoint():
            leads.web_save_multi([{"stage_id": self._stage("Offer out").id}] * 2, {"id": {}})
        values = {"name": "New", "type": "opportunity", "pipeline_id": self.pipeline.id}
        with self.assertRaisesRegex(UserError, "New"), self.cr.savepoint():
            self._drag(self.env["crm.lead"], "Offer out", **values)

    def test_won_lost_and_events_are_never_stopped(self):
        self._gate("Done", "block", self.phone)
        self._gate("Offer out", "block", self.phone)
        won, lost, sent = self._lead(), self._lead(), self._lead()
        won.with_user(self.seller).action_set_won()
        lost.with_user(self.seller).action_set_lost()
        sent.with_user(self.seller)._on_stage_event("quote_sent")
        self.assertEqual((won.won_status, lost.won_status), ("won", "lost"))
        self.assertEqual(sent.stage_id, self._stage("Offer out"))
        self.assertIn("Phone", sent.activity_ids.summary)
        self.assertEqual(sent.activity_ids.user_id, self.seller)

    def test_warn_lets_through_and_tells(self):
        self._gate("Offer out", "warn", self.phone)
        lead = self._lead()
        self._drag(lead, "Offer out")
        self.assertEqual(lead.stage_id, self._stage("Offer out"))
        self.assertEqual(lead.gate_message, "Phone")
        self.assertEqual(len(lead.activity_ids), 1)
        self._drag(lead, "Agreed")
        self.assertEqual(len(lead.activity_ids), 1, "asked once")

    def test_filled_in_closes_the_task(self):
        self._gate("Offer out", "warn", self.phone)
        lead = self._lead()
        self._drag(lead, "Offer out")
        lead.with_user(self.seller).web_save({"phone": "+34600000001"}, {"id": {}})
        lead.invalidate_recordset()
        self.assertFalse(lead.activity_ids)
        self.assertFalse(lead.gate_message)

    def test_without_gates_nothing_happens(self):
        lead = self._lead(pipeline_id=False)
        stage = lead.stage_id.search([("pipeline_id", "=", False), ("is_won", "=", False)])[-1]
        lead.with_user(self.seller).web_save({"stage_id": stage.id}, {"id": {}})
        self.assertEqual(lead.stage_id, stage)
        self.assertFalse(lead.activity_ids)

    def test_a_manager_sets_a_gate_without_being_administrator(self):
        with Form(self.pipeline.with_user(self.manager)) as form, form.stage_ids.edit(1) as stage:
            stage.required_field_ids.add(self.phone.with_user(self.manager))
            stage.gate_mode = "warn"
        self.assertEqual(self._stage("Offer out").required_field_ids, self.phone)
        with self.assertRaises(AccessError):
            self._stage("Offer out").with_user(self.seller).gate_mode = "none"


@tagged("post_install", "-at_install")
class TestPipelineSwitch(CrmCoreCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()

        def stage(name, sequence, **values):
            return (0, 0, {"name": name, "sequence": sequence, **values})

        cls.other = cls.env["crm.pipeline"].create(
            {
                "name": "After-sales",
                "stage_ids": [
                    stage("Reported", 100),
                    stage("Looked at", 110),
                    stage("Proposal", 120, stage_event="quote_sent"),
                    stage("Settled", 190, is_won=True),
                ],
            }
        )

    def _other(self, name):
        return self.other.stage_ids.filtered(lambda stage: stage.name == name)

    def test_the_proposed_map(self):
        expected = {"First talk": "Reported", "Offer out": "Proposal", "Agreed": "Proposal", "Done": "Settled"}
        found = {stage.name: self.other._match_stage(stage).name for stage in self.pipeline.stage_ids}
        self.assertEqual(found, expected)

    def test_the_same_name_goes_to_the_same_name(self):
        self._other("Looked at").name = "agreed"
        self.assertEqual(self.other._match_stage(self._stage("Agreed")), self._other("agreed"))

    def test_change_in_the_form_keeps_how_far_it_is(self):
        lead = self._lead(stage_id=self._stage("Offer out").id).with_user(self.seller)
        with Form(lead) as form:
            form.pipeline_id = self.other.with_user(self.seller)
        self.assertEqual(lead.stage_id, self._other("Proposal"))

    def test_many_with_a_map_of_their_own(self):
        first, sent = self._lead(), self._lead(stage_id=self._stage("Offer out").id)
        context = {"default_lead_ids": (first + sent).ids}
        form = Form(self.env["crm.pipeline.switch"].with_user(self.seller).with_context(**context))
        form.pipeline_id = self.other.with_user(self.seller)
        self.assertEqual([line["lead_count"] for line in form.line_ids._records], [1, 1])
        with form.line_ids.edit(0) as line:
            line.target_stage_id = self._other("Looked at").with_user(self.seller)
        form.save().action_confirm()
        self.assertEqual(first.stage_id, self._other("Looked at"))
        self.assertEqual(sent.stage_id, self._other("Proposal"))
        self.assertEqual((first + sent).pipeline_id, self.other)

    def test_back_to_the_standard_pipeline(self):
        lead = self._lead()
        switch = self.env["crm.pipeline.switch"].with_user(self.seller).create({"lead_ids": lead.ids})
        switch.action_confirm()
        self.assertFalse(lead.pipeline_id)
        self.assertFalse(lead.stage_id.pipeline_id)

    def test_a_stage_without_counterpart_is_named(self):
        switch = self.env["crm.pipeline.switch"].create({"lead_ids": self._lead().ids, "pipeline_id": self.other.id})
        switch.line_ids.target_stage_id = False
        with self.assertRaisesRegex(UserError, "First talk"):
            switch.action_confirm()

    def test_nobody_moves_what_they_may_not_write(self):
        lead = self._lead(user_id=self.manager.id)
        switch = self.env["crm.pipeline.switch"].create({"lead_ids": lead.ids, "pipeline_id": self.other.id})
        switch.invalidate_recordset()
        switch.with_user(self.seller).action_confirm()
        self.assertEqual(lead.pipeline_id, self.pipeline)

    def test_the_team_proposes_its_pipeline(self):
        team = self.env["crm.team"].create({"name": "T", "company_id": self.company.id, "pipeline_id": self.other.id})
        lead = self._lead(pipeline_id=False, team_id=team.id)
        self.assertFalse(lead.pipeline_id, "said so")
        values = {"name": "N", "type": "opportunity", "team_id": team.id, "company_id": self.company.id}
        lead = self.env["crm.lead"].create(values)
        self.assertEqual(lead.pipeline_id, self.other)
        self.assertEqual(lead.stage_id, self._other("Reported"))
