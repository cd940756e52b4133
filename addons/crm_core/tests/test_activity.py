from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import CrmCoreCommon


@tagged("post_install", "-at_install")
class TestActivity(CrmCoreCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.context_today(cls.pipeline)

    def _plan(self, lead, **values):
        values = {"user_id": self.seller.id, "summary": "Call Ana", "date_deadline": self.today, **values}
        return lead.activity_schedule("mail.mail_activity_data_call", **values)

    def test_the_hour_is_one_of_the_day(self):
        activity = self._plan(self._lead(), due_time=9.5)
        with mute_logger("odoo.sql_db"), self.assertRaisesRegex(Exception, "due_time"), self.cr.savepoint():
            activity.due_time = 24
            activity.flush_recordset()

    def test_cancelled_is_kept_with_its_reason(self):
        self.pipeline.loop_policy = "off"
        lead = self._lead()
        activity = self._plan(lead)
        form = Form.from_action(
            activity.with_user(self.seller).env, activity.with_user(self.seller).action_cancel_with_reason()
        )
        form.reason = "Decided already"
        form.save().action_confirm()
        self.assertFalse(lead.activity_ids)
        self.assertEqual(
            (activity.active, activity.is_cancelled, activity.cancel_reason), (False, True, "Decided already")
        )
        self.assertIn("Decided already", lead.message_ids[0].body)

    def test_the_hosts_cancel_keeps_what_the_loop_is_about(self):
        lead = self._lead()
        elsewhere = self.seller.partner_id.activity_schedule("mail.mail_activity_data_todo", user_id=self.seller.id)
        elsewhere.res_model_id = self.env["ir.model"]._get_id("crm.team")
        elsewhere.res_id = self.env["crm.team"].create({"name": "T", "company_id": self.company.id}).id
        kept = self._plan(lead)
        action = (kept + elsewhere).with_user(self.seller).action_cancel()
        self.assertFalse(elsewhere.exists())
        self.assertTrue(kept.active)
        form = Form.from_action(kept.with_user(self.seller).env, action)
        form.reason = "They decided"
        form.save().action_confirm()
        self.assertEqual((kept.active, kept.cancel_reason), (False, "They decided"))

    def test_where_no_loop_is_used_the_host_deletes(self):
        self.env["crm.pipeline"].with_context(active_test=False).search([]).loop_policy = "off"
        activity = self._plan(self._lead())
        self.assertFalse(activity.with_user(self.seller).action_cancel())
        self.assertFalse(activity.exists())

    def test_a_cancelled_meeting_leaves_the_calendar(self):
        activity = self._plan(self._lead())
        start = datetime(2026, 7, 1, 8)
        event = {"name": "Talk", "start": start, "stop": start + timedelta(hours=1), "user_id": self.seller.id}
        activity.calendar_event_id = meeting = self.env["calendar.event"].create(event)
        activity.with_user(self.seller)._cancel("They are ill")
        self.assertFalse(meeting.active)

    def test_no_reason_no_cancellation(self):
        with self.assertRaisesRegex(UserError, "Call Ana"):
            self._plan(self._lead())._cancel("  ")

    def test_cancelling_does_not_end_the_loop(self):
        lead = self._lead()
        activity = self._plan(lead)
        activity._cancel("Wrong number")
        self.assertTrue(lead.activity_ids)

    def test_put_off_with_a_reason(self):
        activity = self._plan(self._lead()).with_user(self.seller)
        form = Form.from_action(activity.env, activity.action_snooze())
        form.delay = "week"
        form.reason = "On holiday"
        form.save().action_confirm()
        self.assertEqual(activity.date_deadline, self.today + timedelta(weeks=1))
        self.assertEqual(activity.snooze_count, 1)
        lead = self.env["crm.lead"].browse(activity.res_id)
        self.assertIn("On holiday", lead.message_ids[0].body)

    def test_put_off_into_the_past_is_refused(self):
        wizard = self.env["crm.activity.snooze"].create({"delay": "date", "until": self.today, "reason": "Why not"})
        with self.assertRaisesRegex(UserError, "after today"):
            wizard.action_confirm()

    def test_reminder_in_the_time_of_whoever_does_it(self):
        self.seller.tz = "Europe/Madrid"
        activity = self._plan(self._lead(), date_deadline="2026-07-01", due_time=9.5, reminder="60")
        self.assertEqual(activity.remind_at, datetime(2026, 7, 1, 6, 30))
        activity.date_deadline = "2026-12-01"
        self.assertEqual(activity.remind_at, datetime(2026, 12, 1, 7, 30))
        activity.reminder = False
        self.assertFalse(activity.remind_at)

    def test_reminded_once_and_only_if_open(self):
        with freeze_time("2026-07-01 05:00:00"):
            lead = self._lead()
            due = {"date_deadline": "2026-07-01", "due_time": 8, "reminder": "0"}
            self.seller.tz = "UTC"
            activity, done = self._plan(lead, **due), self._plan(lead, **due)
            done.action_feedback()
        with freeze_time("2026-07-01 08:01:00"):
            for _twice in range(2):
                self._run_cron("crm_core.ir_cron_activity_reminder")
        reminders = self.env["mail.message"].search(
            [("partner_ids", "in", self.seller.partner_id.ids), ("subject", "ilike", "Reminder")]
        )
        self.assertEqual(len(reminders), 1)
        self.assertFalse(activity.remind_at)
        self.assertEqual(reminders.res_id, lead.id)

    def test_participants_survive_a_merge_of_contacts(self):
        ana, twin = self.env["res.partner"].create([{"name": "Ana"}, {"name": "Ana B"}])
        activity = self._plan(self._lead(), participant_ids=(ana + twin).ids)
        self.env["base.partner.merge.automatic.wizard"]._merge((ana + twin).ids, ana)
        activity.invalidate_recordset()
        self.assertEqual(activity.participant_ids, ana)


@tagged("post_install", "-at_install")
class TestLoop(CrmCoreCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.context_today(cls.pipeline)
        cls.call = cls.env.ref("mail.mail_activity_data_call")
        cls.email = cls.env.ref("mail.mail_activity_data_email")

    def _plan(self, lead):
        return lead.activity_schedule("mail.mail_activity_data_call", self.today, user_id=self.seller.id)

    def _follow_plan(self):
        plan = self.env["mail.activity.plan"].create({"name": "Cadence", "res_model": "crm.lead", "company_id": False})
        steps = (
            ("Call first", self.call, 1),
            ("Send the offer", self.email, 3),
            ("Ask what they think", self.call, 10),
        )
        plan.template_ids = [
            fields.Command.create(
                {
                    "summary": what,
                    "activity_type_id": kind.id,
                    "delay_count": days,
                    "delay_from": "after_plan_date",
                    "sequence": days,
                }
            )
            for what, kind, days in steps
        ]
        self.pipeline.activity_plan_id = plan

    def _step(self, lead):
        return lead.activity_ids.summary, (lead.activity_ids.date_deadline - self.today).days

    def test_the_plan_one_step_at_a_time_and_then_the_default(self):
        self._follow_plan()
        lead = self._lead()
        lead._ensure_next_step()
        found = []
        for _step in range(4):
            found.append(self._step(lead))
            lead.with_user(self.seller).activity_ids.action_feedback()
        self.assertEqual(
            found, [("Call first", 1), ("Send the offer", 2), ("Ask what they think", 7), ("Decide the next step", 2)]
        )

    def test_an_outcome_goes_before_the_plan(self):
        self._follow_plan()
        lead = self._lead()
        lead._ensure_next_step()
        lead.activity_ids.outcome_id = self.env.ref("crm_core.outcome_no_answer")
        lead.activity_ids.action_feedback()
        self.assertEqual(self._step(lead), ("Try again", 1))
        lead.activity_ids.action_feedback()
        self.assertEqual(self._step(lead), ("Send the offer", 2))

    def test_an_outcome_may_ask_for_nothing(self):
        lead = self._lead()
        activity = self._plan(lead)
        activity.outcome_id = self.env.ref("crm_core.outcome_not_interested")
        activity.action_feedback()
        self.assertFalse(lead.activity_ids)
        self.assertTrue(lead.next_step_missing)

    def test_whoever_may_not_read_the_opportunity_can_still_finish(self):
        lead = self._lead(user_id=self.manager.id)
        activity = self._plan(lead).with_user(self.seller)
        activity.action_feedback("Done")
        self.assertEqual(lead.activity_ids.user_id, self.manager)

    def test_a_hundred_cost_about_as_many_queries_as_one(self):
        self._follow_plan()
        one, many = self._lead(), self.env["crm.lead"]
        for _n in range(100):
            many |= self._lead()
        self.env.flush_all()
        counts = []
        for leads in (one, many):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            leads._ensure_next_step()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(len(many.activity_ids), 100)
        self.assertLess(counts[1], counts[0] + 100, counts)

    def test_the_night_plans_what_nobody_did(self):
        idle, planned, won, snoozed = (self._lead() for _n in range(4))
        self._plan(planned)
        won.action_set_won()
        snoozed._snooze(self.today + timedelta(days=9), "Budget of next year")
        self._run_cron("crm_core.ir_cron_next_step")
        self.assertEqual([len(lead.activity_ids) for lead in (idle, planned, won, snoozed)], [1, 1, 0, 0])

    def test_a_new_opportunity_is_looked_at_soon(self):
        cron = self.env.ref("crm_core.ir_cron_next_step")
        triggers = self.env["ir.cron.trigger"].sudo().search([("cron_id", "=", cron.id)])
        self._lead(pipeline_id=False)
        self.assertEqual(self.env["ir.cron.trigger"].sudo().search([("cron_id", "=", cron.id)]), triggers)
        self._lead()
        self.assertTrue(self.env["ir.cron.trigger"].sudo().search([("cron_id", "=", cron.id)]) - triggers)

    def test_search_finds_what_the_field_says(self):
        idle, planned, won, lost, snoozed = leads = self.env["crm.lead"].union(*(self._lead() for _n in range(5)))
        self._plan(planned)
        won.action_set_won()
        lost.action_set_lost()
        snoozed._snooze(self.today + timedelta(days=1), "Later")
        done = self._lead(pipeline_id=False)
        self._plan(done).action_feedback()
        leads |= done
        found = self.env["crm.lead"].search([("id", "in", leads.ids), ("next_step_missing", "=", True)])
        self.assertEqual(found, idle + done)
        self.assertEqual(leads.filtered("next_step_missing"), found)
        self.assertEqual(
            self.env["crm.lead"].search([("id", "in", leads.ids), ("next_step_missing", "=", False)]),
            planned + won + snoozed,
        )

    # Suggest

    def test_suggest_proposes_and_creates_nothing_by_itself(self):
        self.pipeline.loop_policy = "suggest"
        lead = self._lead()
        activity = self._plan(lead).with_user(self.seller)
        action = activity.action_done_and_next()
        self.assertFalse(lead.activity_ids)
        form = Form.from_action(activity.env, action)
        self.assertEqual(form.summary, "Decide the next step")
        form.summary = "Send the brochure"
        form.save().action_confirm()
        self.assertEqual(lead.activity_ids.summary, "Send the brochure")
        self.assertEqual(lead.activity_ids.user_id, self.seller)

    def test_how_did_it_go_closes_and_plans_in_one(self):
        self.pipeline.loop_policy = "suggest"
        lead = self._lead()
        activity = self._plan(lead).with_user(self.seller)
        form = Form.from_action(activity.env, activity.action_ask_outcome())
        form.outcome_id = self.env.ref("crm_core.outcome_call_back")
        form.feedback = "In a meeting"
        self.assertEqual(form.summary, "Call back as agreed")
        form.save().action_confirm()
        self.assertFalse(activity.active)
        self.assertEqual((activity.outcome_id.name, activity.feedback), ("Asked to call back", "In a meeting"))
        self.assertEqual(self._step(lead), ("Call back as agreed", 3))

    def test_how_did_it_go_does_not_plan_twice_in_auto(self):
        lead = self._lead()
        activity = self._plan(lead).with_user(self.seller)
        Form.from_action(activity.env, activity.action_ask_outcome()).save().action_confirm()
        self.assertEqual(len(lead.activity_ids), 1)

    def test_schedule_next_of_the_host_is_filled_in(self):
        self.pipeline.loop_policy = "suggest"
        activity = self._plan(self._lead()).with_user(self.seller)
        self.assertEqual(activity.action_feedback_schedule_next()["res_model"], "crm.next.step")
        activity = self._plan(self._lead(pipeline_id=False))
        self.assertEqual(activity.action_feedback_schedule_next()["res_model"], "mail.activity")

    def test_without_pipeline_nothing_is_proposed(self):
        activity = self._plan(self._lead(pipeline_id=False)).with_user(self.seller)
        self.assertFalse(activity.action_done_and_next())
