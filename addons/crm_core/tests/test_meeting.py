from datetime import datetime, timedelta

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import CrmCoreCommon


@tagged("post_install", "-at_install")
class TestMeeting(CrmCoreCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ana = cls.env["res.partner"].create({"name": "Ana", "company_id": cls.company.id})
        cls.outcome = cls.env.ref("crm_core.outcome_went_well")

    def _meet(self, hours=-2, people=None, **values):
        start = datetime.now().replace(microsecond=0) + timedelta(hours=hours)
        people = (self.ana if people is None else people) | self.seller.partner_id
        return self.env["calendar.event"].create(
            {
                "name": "Show the plans",
                "start": start,
                "stop": start + timedelta(hours=1),
                "user_id": self.seller.id,
                "partner_ids": [(6, 0, people.ids)],
                **values,
            }
        )

    def _asked(self, user=None):
        """Return the meetings My Day asks about."""
        service = self.env["crm.my.day"].with_user(user or self.seller)
        sections = service.get_my_day(self.seller.id)["sections"]
        return [line["id"] for one in sections if one["code"] == "conclusions" for line in one["records"]]

    # -- what is asked

    def test_my_day_asks_once_it_is_over_and_until_it_is_said(self):
        lead = self._lead(partner_id=self.ana.id)
        meeting, about = self._meet(objective="Agree on the roof"), self._meet(-5, self.env["res.partner"])
        about.opportunity_id = lead
        self._meet(3)
        self._meet(people=self.manager.partner_id)
        self._meet(-24 * 30)
        self._meet(reported_elsewhere=True)
        self._meet(user_id=self.manager.id)
        self.assertEqual(self._asked(), [meeting.id, about.id])
        meeting.with_user(self.seller).conclusion = "She signs on Friday"
        about.with_user(self.seller).outcome_id = self.outcome
        self.assertFalse(self._asked())

    def test_a_private_meeting_is_nobody_elses(self):
        team = self.env["crm.team"].create({"name": "T", "company_id": self.company.id})
        team.member_ids = self.seller
        meeting = self._meet(privacy="private", conclusion="Secret", objective="Secret too")
        meeting.conclusion = False
        self.assertEqual(self._asked(), meeting.ids)
        self.assertFalse(self._asked(self.manager))
        meeting.flush_recordset()
        meeting.invalidate_recordset()
        self.assertFalse(meeting.with_user(self.manager).objective)

    def test_the_form_asks_only_for_meetings_with_customers(self):
        with_customer, among_us = self._meet(), self._meet(people=self.manager.partner_id)
        self.assertTrue(with_customer.is_to_conclude)
        self.assertFalse(among_us.is_with_customer)
        with Form(with_customer.with_user(self.seller)) as form:
            form.objective = "Agree on the roof"
            form.conclusion = "Agreed"
        self.assertFalse(with_customer.is_to_conclude)

    # -- concluding

    def test_the_dialog_writes_down_and_plans(self):
        self.pipeline.loop_policy = "suggest"
        lead = self._lead(partner_id=self.ana.id)
        meeting = self._meet(opportunity_id=lead.id).with_user(self.seller)
        form = Form.from_action(meeting.env, meeting.action_conclude())
        form.outcome_id = self.outcome
        form.feedback = "She signs on Friday"
        self.assertEqual(form.summary, "Decide the next step")
        form.summary = "Send the contract"
        form.save().action_confirm()
        self.assertEqual((meeting.conclusion, meeting.outcome_id), ("She signs on Friday", self.outcome))
        self.assertEqual(lead.activity_ids.summary, "Send the contract")
        self.assertIn("She signs on Friday", lead.message_ids[0].body)

    def test_nothing_said_is_no_conclusion(self):
        meeting = self._meet().with_user(self.seller)
        form = Form.from_action(meeting.env, meeting.action_conclude())
        with self.assertRaisesRegex(UserError, "Show the plans"):
            form.save().action_confirm()

    def test_nobody_came_asks_for_another_day(self):
        lead = self._lead(partner_id=self.ana.id)
        self._meet(opportunity_id=lead.id).outcome_id = self.env.ref("crm_core.outcome_no_show")
        self.assertEqual(lead.activity_ids.summary, "Find another day to meet")
        self.env["crm.relationship"]._recompute(self.ana)
        self.assertFalse(self.ana.crm_relationship_ids, "who did not come was not met")

    def test_the_loop_goes_on_from_the_form(self):
        lead = self._lead(partner_id=self.ana.id)
        meeting = self._meet(opportunity_id=lead.id)
        meeting.with_user(self.seller).conclusion = "Think it over"
        self.assertEqual(len(lead.activity_ids), 1)
        meeting.with_user(self.seller).conclusion = "Think it over until May"
        self.assertEqual(len(lead.activity_ids), 1, "said better, not said anew")

    def test_activity_and_meeting_are_one(self):
        lead = self._lead(partner_id=self.ana.id)
        kind = self.env.ref("mail.mail_activity_data_meeting")
        activity = lead.activity_schedule(activity_type_id=kind.id, user_id=self.seller.id)
        meeting = self._meet(opportunity_id=lead.id, activity_ids=[(6, 0, activity.ids)])
        activity.with_user(self.seller).action_feedback("Agreed on the roof")
        self.assertEqual(meeting.conclusion, "Agreed on the roof")
        second = lead.activity_schedule(activity_type_id=kind.id, user_id=self.manager.id)
        meeting = self._meet(opportunity_id=lead.id, activity_ids=[(6, 0, second.ids)])
        meeting.with_user(self.seller).conclusion = "And on the price"
        self.assertEqual((second.active, second.is_cancelled), (False, False))

    def test_a_conclusion_is_of_one_meeting_of_the_series(self):
        day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(datetime.now() - timedelta(hours=2)).weekday()]
        weekly = {"recurrency": True, "rrule_type": "weekly", "count": 3, "event_tz": "UTC", day: True}
        first = self._meet(-2, objective="Weekly look", **weekly)
        series = first.recurrence_id.calendar_event_ids.sorted("start")
        series[0].write({"conclusion": "Go on", "recurrence_update": "all_events", "location": "Here"})
        self.assertEqual(series.mapped("conclusion"), ["Go on", False, False])
        self.assertEqual(set(series.mapped("objective")), {"Weekly look"})
        self.assertEqual(set(series.mapped("location")), {"Here"})

    # -- where it is seen

    def test_timeline_and_brief(self):
        self._meet(conclusion="She signs on Friday", outcome_id=self.outcome.id)
        self._meet(30, objective="Bring the contract", name="Signing")
        reader = self.ana.with_user(self.seller)
        to_come, over = reader.crm_timeline(kinds=["meeting"])
        self.assertEqual(over["text"], "Went well · She signs on Friday")
        self.assertEqual(to_come["text"], "Bring the contract")
        brief = reader._prepare_brief()
        self.assertEqual([entry["title"] for entry in brief["promises"]], ["Signing"])
        self.assertEqual([entry["title"] for entry in brief["talks"]], ["Show the plans"])
