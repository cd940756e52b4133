from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

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
