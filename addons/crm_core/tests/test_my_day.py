from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import CrmCoreCommon


@tagged("post_install", "-at_install")
class TestMyDay(CrmCoreCommon):
    def _day(self, user=None, of=None):
        """Return {code: section} of a user's day, as another sees it."""
        service = self.env["crm.my.day"].with_user(user or self.seller)
        return {section["code"]: section for section in service.get_my_day(of and of.id)["sections"]}

    def _plan(self, lead, days=0, **values):
        day = fields.Date.context_today(lead) + timedelta(days=days)
        return lead.activity_schedule(
            "mail.mail_activity_data_call", day, user_id=self.seller.id, **{"summary": "Call", **values}
        )

    def test_late_today_and_later(self):
        lead = self._lead()
        late, today, _later = self._plan(lead, -2), self._plan(lead), self._plan(lead, 2)
        day = self._day()
        self.assertEqual([record["id"] for record in day["late"]["records"]], late.ids)
        self.assertEqual([record["id"] for record in day["today"]["records"]], today.ids)
        self.assertTrue(day["late"]["records"][0]["late"])
        self.assertEqual(day["today"]["records"][0]["open"], {"model": "crm.lead", "id": lead.id})

    def test_without_next_step(self):
        planned, idle, won = self._lead(), self._lead(), self._lead()
        self._plan(planned, 2)
        won.action_set_won()
        self.assertEqual([record["id"] for record in self._day()["idle"]["records"]], idle.ids)

    def test_who_sees_whose_day(self):
        self._plan(self._lead())
        team = self.env["crm.team"].create({"name": "T", "company_id": self.company.id})
        team.member_ids = self.seller
        self.assertIn("today", self._day(self.manager, self.seller))
        for user in (self.seller_b, self.officer):
            with self.assertRaises(AccessError):
                self._day(user, self.seller)
        with self.assertRaises(AccessError):
            self._day(self.seller, self.manager)

    def test_the_leader_of_a_team_sees_its_members(self):
        leader = self.seller.copy({"login": "lea", "email": "lea@example.com"})
        with self.assertRaises(AccessError):
            self._day(leader, self.seller)
        team = self.env["crm.team"].create({"name": "T", "company_id": self.company.id, "user_id": leader.id})
        team.member_ids = self.seller
        self._day(leader, self.seller)

    def test_a_day_without_sales_rights_is_empty(self):
        self.assertEqual(self._day(self.officer), {})

    def test_by_the_clock_and_what_is_important(self):
        lead = self._lead()
        whole, noon, early = (
            self._plan(lead),
            self._plan(lead, due_time=12),
            self._plan(lead, due_time=8.5, priority="2"),
        )
        with freeze_time(fields.Datetime.now().replace(hour=10)):
            records = self._day()["today"]["records"]
        self.assertEqual([record["id"] for record in records], (early + noon + whole).ids)
        self.assertEqual([record["time"] for record in records], ["08:30", "12:00", ""])
        self.assertEqual([record["important"] for record in records], [True, False, False])

    def test_the_day_is_the_user_s(self):
        """At 23:30 in Madrid it is tomorrow in Auckland."""
        self.seller.tz = "Pacific/Auckland"
        lead = self._lead()
        with freeze_time("2026-03-10 22:30:00"):
            values = {"user_id": self.seller.id, "date_deadline": "2026-03-11"}
            activity = lead.activity_schedule("mail.mail_activity_data_call", **values)
            self.assertEqual([record["id"] for record in self._day()["today"]["records"]], activity.ids)
            meeting = self.env["calendar.event"].create(
                {
                    "name": "Tasting",
                    "start": "2026-03-10 20:00:00",
                    "stop": "2026-03-10 21:00:00",
                    "partner_ids": self.seller.partner_id.ids,
                }
            )
            [record] = self._day()["meetings"]["records"]
        self.assertEqual((record["id"], record["time"]), (meeting.id, "09:00"))

    def _write(self, document, author, kind="email", **values):
        values = {
            "model": document._name,
            "res_id": document.id,
            "message_type": kind,
            "author_id": author.id,
            **values,
        }
        return self.env["mail.message"].create({"subject": "Question", "body": "?", **values})

    def test_who_waits_for_an_answer(self):
        ana = self.env["res.partner"].create({"name": "Ana", "email": "ana@example.com", "user_id": self.seller.id})
        waiting, answered, noted, called, won = (self._lead(partner_id=ana.id) for _n in range(5))
        others = self._lead(user_id=self.manager.id)
        for lead in (waiting, answered, noted, called, won, others):
            self._write(lead, ana)
        self._write(answered, self.seller.partner_id, "comment")
        self._write(noted, self.seller.partner_id, "comment", is_internal=True)
        self._plan(called).action_feedback("Told her")
        won.action_set_won()
        self._write(ana, ana)
        self._write(self._lead(), self.env["res.partner"], email_from="new@example.com", date="2020-01-01")
        found = {(record["model"], record["id"]) for record in self._day()["unanswered"]["records"]}
        self.assertEqual(found, {("crm.lead", waiting.id), ("crm.lead", noted.id), ("res.partner", ana.id)})

    def test_the_answer_is_one_click_away(self):
        ana = self.env["res.partner"].create({"name": "Ana", "email": "ana@example.com"})
        lead = self._lead(partner_id=ana.id)
        self._write(lead, ana)
        [record] = self._day()["unanswered"]["records"]
        self.assertEqual(record["title"], "Question")
        action = record["actions"][0]["action"]
        form = Form.from_action(self.env["mail.compose.message"].with_user(self.seller).env, action)
        self.assertEqual(form.subject, "Re: Question")
        form.body = "Yes"
        form.save()._action_send_mail()
        self.assertNotIn("unanswered", self._day())

    def test_what_a_leader_may_not_read_is_not_shown(self):
        leader = self.seller.copy({"login": "lea", "email": "lea@example.com"})
        self.env["crm.team"].create(
            {"name": "T", "company_id": self.company.id, "user_id": leader.id}
        ).member_ids = self.seller
        ana = self.env["res.partner"].create({"name": "Ana"})
        lead = self._lead(partner_id=ana.id)
        self._write(lead, ana)
        self._plan(lead)
        self.assertIn("unanswered", self._day(self.manager, self.seller))
        self.assertEqual(set(self._day(leader, self.seller)), set())

    def test_figures_of_the_month(self):
        self.env["crm.lead"].search([("user_id", "=", self.seller.id)]).unlink()
        self._lead(expected_revenue=500).action_set_won()
        ana = self.env["res.partner"].create({"name": "Ana", "user_id": self.seller.id})
        for state in ("draft", "sent", "sale", "sale"):
            order = self.env["sale.order"].create(
                {"partner_id": ana.id, "user_id": self.seller.id, "company_id": self.company.id}
            )
            order.state = state
        figures = self.env["crm.my.day"].with_user(self.seller).get_my_day()["figures"]
        found = {figure["code"]: figure["value"] for figure in figures}
        expected = {"contacts": 1, "quotes": 3, "customers": 1, "won": 1, "revenue": 500}
        self.assertEqual({code: found[code] for code in expected}, expected)

    def test_a_hundred_records_cost_as_many_queries_as_two(self):
        counts = []
        for number in (2, 100):
            for n in range(number):
                ana = self.env["res.partner"].create({"name": f"Ana {n}", "phone": "+34600000001"})
                self._plan(self._lead(partner_id=ana.id), -1)
                self._write(self._lead(partner_id=ana.id), ana)
            self._day()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self._day()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2, counts)

    def test_done_says_what_comes_next(self):
        activity = self._plan(self._lead()).with_user(self.seller)
        notice = activity.action_done_and_next()
        self.assertEqual(notice["tag"], "display_notification")
        self.assertIn("Decide the next step", notice["params"]["message"])
