from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import DealerCommon


@tagged("post_install", "-at_install")
class TestCase(DealerCommon):
    """What maker and dealer say to each other about a case, one answer for many, deadlines, statistics."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.link = cls._connect(user_id=cls.dan.id)
        cls.topic = cls.env["automotive.feedback.topic"].create({"name": "Screens"})

    def _sent(self, **values):
        """Return (feedback, case) of a complaint that arrived."""
        feedback = self._feedback(topic_id=self.topic.id, **values)
        feedback.action_submit()
        self._run_exchange()
        return feedback, self._case(feedback).with_user(self.max)

    def _answer(self, case, text="Update 2.1"):
        case.answer = text
        case.action_answer()
        self._run_exchange()

    # -- question

    def test_a_question_and_its_reply(self):
        feedback, case = self._sent()
        case.question = "Since when?"
        case.action_ask()
        self._run_exchange()
        self.assertEqual((case.state, feedback.question), ("waiting", "Since when?"))
        self.assertIn("The maker asks something: reply", feedback.activity_ids.mapped("summary"))
        with self.assertRaisesRegex(UserError, "Write the reply"):
            feedback.action_reply()
        feedback.reply = "Since May, says Carla Vives, 600 000 199."
        self.assertEqual(feedback.reply_leaves, "Since May, says [name] [name], [phone].")
        feedback.action_reply()
        self._run_exchange()
        self.assertEqual((case.state, case.reply), ("in_review", "Since May, says [name] [name], [phone]."))
        self.assertIn("The dealer replied", case.activity_ids.mapped("summary"))
        self.assertFalse(feedback.activity_ids)
        self._answer(case)
        self.assertEqual(feedback.state, "answered")

    def test_the_days_of_a_question_do_not_count(self):
        with freeze_time("2026-11-16 10:00:00"):  # a Monday
            feedback, case = self._sent()
            self.assertEqual(str(case.answer_due), "2026-11-23")
            case.question = "Since when?"
            case.action_ask()
            self._run_exchange()
        with freeze_time("2026-11-26 10:00:00"):
            self.assertFalse(case.is_late)
            feedback.reply = "May"
            feedback.action_reply()
            self._run_exchange()
            self.assertEqual(str(case.answer_due), "2026-12-03", "eight working days later")

    def test_an_empty_question_or_a_closed_case(self):
        _feedback, case = self._sent()
        with self.assertRaisesRegex(UserError, "Write the question"):
            case.action_ask()
        self._answer(case)
        case.question = "More?"
        with self.assertRaisesRegex(UserError, "cannot be asked"):
            case.action_ask()

    # -- dispute

    def test_a_dealer_who_disagrees_gets_another_answer(self):
        feedback, case = self._sent()
        self._answer(case, "It is normal")
        with self.assertRaisesRegex(UserError, "why we disagree"):
            feedback.action_dispute()
        feedback.dispute = "Three cars of the same week have it."
        feedback.action_dispute()
        self._run_exchange()
        self.assertEqual((feedback.state, case.state, case.answer), ("disputed", "reopened", False))
        self.assertEqual(case.dispute, feedback.dispute)
        self.assertIn("The dealer disagrees: decide", case.activity_ids.mapped("summary"))
        self._answer(case, "You are right: part 17")
        self.assertEqual((feedback.state, feedback.answer), ("answered", "You are right: part 17"))

    # -- many alike

    def test_one_answer_for_all_that_are_alike(self):
        pairs = [self._sent(text=f"Dark screen {number}") for number in range(3)]
        cases = self.env["automotive.oem.case"].union(*(case for _feedback, case in pairs)).with_user(self.max)
        self.assertEqual(cases[0].like_count, 2)
        self.assertEqual(self.env[cases._name].with_user(self.max).search(cases[0].action_open_like()["domain"]), cases)
        wizard = self.env["automotive.oem.case.group"].with_user(self.max).with_context(active_ids=cases.ids)
        form = Form(wizard)
        self.assertEqual(form.name, "Uno: Screens")
        issue = self.env["automotive.known.issue"].browse(form.save().action_group()["res_id"]).with_user(self.max)
        self.assertEqual((issue.model, issue.topic, issue.open_case_count), ("Uno", "Screens", 3))
        with self.assertRaisesRegex(UserError, "Write the answer"):
            issue.action_answer_all()
        self._answer(cases[2], "Already told")
        issue.customer_text = "Update 2.1"
        issue.action_answer_all()
        self._run_exchange()
        self.assertEqual([feedback.answer for feedback, _case in pairs], ["Update 2.1", "Update 2.1", "Already told"])

    def test_all_dealers_are_told_before_they_ask(self):
        issue = (
            self.env["automotive.known.issue"]
            .with_user(self.mia)
            .create({"name": "Dark", "model": "Uno", "topic": "Screens", "customer_text": "Update 2.1"})
        )
        issue.action_publish()
        self._run_exchange()
        fitting, other = self._feedback(topic_id=self.topic.id), self._feedback()
        self.assertEqual(fitting.known_issue_ids.mapped("customer_text"), ["Update 2.1"])
        self.assertFalse(other.known_issue_ids, "another topic")
        self.assertFalse(fitting.known_issue_ids.case_count, "a dealer reads no cases")
        issue.action_close()
        self._run_exchange()
        self.assertFalse(self._feedback(topic_id=self.topic.id).known_issue_ids)

    # -- deadlines

    def _summaries(self, record, user):
        activities = record.sudo().activity_ids.filtered(lambda activity: activity.user_id == user)
        return activities.mapped("summary")

    def test_who_works_on_it_is_reminded_and_a_manager_told_once(self):
        feedback, case = self._sent()
        case.action_review()
        today = fields.Date.context_today(feedback)
        for record, user, manager in ((feedback, self.dora, self.dan), (case.sudo(), self.max, self.mia)):
            cron = f"crm_automotive_dealer.ir_cron_deadline_{record._name.split('.', 1)[1].replace('.', '_')}"
            record.sudo().answer_due = today + timedelta(days=1)
            self._run_cron(cron)
            self.assertIn(f"Answer {record.display_name} in time", self._summaries(record, user))
            record.sudo().answer_due = today - timedelta(days=1)
            for _time in range(2):
                self._run_cron(cron)
            late = f"{record.display_name} is late: step in"
            self.assertEqual(self._summaries(record, manager).count(late), 1, "once")
            self.assertTrue(record.is_late)

    def test_public_holidays_do_not_count(self):
        """Neither for the dealer nor for the maker, each by their own calendar; of other companies none counts."""
        holiday = {"date_from": "2026-11-20 00:00:00", "date_to": "2026-11-20 23:59:59"}
        closed = self.dealer.resource_calendar_id
        closed.tz = self.maker.resource_calendar_id.tz = "UTC"
        leaves = self.env["resource.calendar.leaves"]
        leaves.create({"name": "Local feast", "calendar_id": closed.id, "company_id": self.dealer.id, **holiday})
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        days = {"date_from": "2026-11-23 00:00:00", "date_to": "2026-11-24 23:59:59"}
        leaves.create({"name": "Elsewhere", **days}).company_id = elsewhere
        with freeze_time("2026-11-16 10:00:00"):  # a Monday
            feedback, case = self._sent()
        self.assertEqual(str(feedback.answer_due), "2026-12-08", "fifteen days, one of them a feast")
        self.assertEqual(str(case.answer_due), "2026-11-23", "five days: the maker works on that Friday")
        first, last = fields.Date.to_date("2026-11-16"), fields.Date.to_date("2026-11-23")
        self.assertEqual(self.dealer._count_working_days(first, last), 4)
        self.assertEqual(self.maker._count_working_days(first, last), 5)
        self.dealer.resource_calendar_id = False
        self.assertEqual(self.dealer._count_working_days(first, last), 5, "Monday to Friday")
        self.assertEqual(str(self.dealer._add_working_days(first, 5)), "2026-11-23")

    def test_the_reminder_comes_two_working_days_before(self):
        with freeze_time("2026-11-16 10:00:00"):
            feedback, _case = self._sent()
        feedback.sudo().answer_due = "2026-11-24"  # a Tuesday
        for day, warned in (("2026-11-19", False), ("2026-11-20", True)):
            with freeze_time(f"{day} 10:00:00"):
                self._run_cron("crm_automotive_dealer.ir_cron_deadline_feedback")
            self.assertEqual(bool(feedback.warned_on), warned, day)

    def test_what_is_settled_is_left_in_peace(self):
        feedback, case = self._sent()
        self._answer(case)
        feedback.sudo().answer_due = fields.Date.context_today(feedback) - timedelta(days=1)
        self._run_cron("crm_automotive_dealer.ir_cron_deadline_feedback")
        self.assertFalse(feedback.escalated_on)

    # -- statistics

    def test_statistics_by_model_part_market_and_age(self):
        self.env["automotive.dealer"].create(
            {
                "name": "Dealer test",
                "country_id": self.env.ref("base.es").id,
                "peer_id": self.link._get_counterpart().id,
                "company_id": self.maker.id,
            }
        )
        _feedback, case = self._sent()
        self._answer(case)
        _feedback, second = self._sent()
        second.sudo().answer_due = fields.Date.context_today(second) - timedelta(days=1)
        report = self.env["automotive.oem.case.report"].with_user(self.max)
        groups = report._read_group(
            [("company_id", "=", self.maker.id)],
            ["model", "topic", "country_id", "age"],
            ["__count", "late_count:sum", "days_to_answer:avg"],
        )
        ((model, topic, market, age, count, late, days),) = groups
        self.assertEqual((model, topic, market.code, count, late), ("Uno", "Screens", "ES", 2, 1))
        self.assertIn(age, ("young", "middle"))
        self.assertLess(days, 1)
        with self.assertRaises(AccessError):
            self.env["automotive.oem.case.report"].with_user(self.dora).search([])

    def test_rights(self):
        feedback, case = self._sent()
        issue = self.env["automotive.known.issue"].with_user(self.max).create({"name": "Dark"})
        Form(issue)
        Form(case)
        Form(feedback)
        with self.assertRaises(AccessError):
            issue.with_user(self.dora).read(["name"])
