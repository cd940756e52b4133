from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, tagged

from .common import RealEstateCase


class VisitDayCase(RealEstateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent.tz = "UTC"
        cls.company.realestate_visit_buffer = 30
        cls.owner = cls.env["res.partner"].create({"name": "Olga Owner", "email": "olga@example.com"})
        cls.flat.party_ids = [Command.create({"partner_id": cls.owner.id})]
        # A Monday some weeks ahead, in working hours.
        day = fields.Date.today() + timedelta(days=21)
        cls.monday = datetime.combine(day - timedelta(days=day.weekday()), datetime.min.time())

    def _make_visit(self, hour=10, **values):
        start = self.monday + timedelta(hours=hour)
        defaults = {
            "property_id": self.flat.id,
            "start": start,
            "stop": start + timedelta(hours=1),
            "partner_ids": [Command.set(self.buyer.ids)],
            "state": "planned",
        }
        return self.env["realestate.visit"].with_user(self.agent).create({**defaults, **values})


@tagged("post_install", "-at_install")
class TestVisitDay(VisitDayCase):
    def _find(self, prop=None, **values):
        visits = self.env["realestate.visit"].with_user(self.agent)
        stop = self.monday + timedelta(days=1)
        found = visits._find_free_slots(prop or self.flat, self.agent, self.monday, stop, **values)
        return [f"{moment:%H:%M}" for moment in found]

    def test_free_times_keep_the_travel(self):
        self._make_visit(10)
        elsewhere = self._find(self.parking, limit=50)
        # Travel before and after both visits: half an hour each.
        self.assertIn("08:00", elsewhere)
        for taken in ("08:30", "09:00", "10:00", "11:00", "11:30"):
            self.assertNotIn(taken, elsewhere)
        self.assertNotIn("20:00", elsewhere)
        self.env["calendar.event"].create(
            {
                "name": "Dentist",
                "start": self.monday + timedelta(hours=14),
                "stop": self.monday + timedelta(hours=15),
                "partner_ids": [Command.set(self.agent.partner_id.ids)],
            }
        )
        self.assertNotIn("14:00", self._find(self.parking, limit=50))

    def test_free_times_of_the_property(self):
        self.colleague.tz = "UTC"
        self._make_visit(10).with_user(self.coordinator).user_id = self.colleague
        found = self._find(limit=50)
        self.assertIn("11:00", found)
        self.assertNotIn("10:30", found)

    def test_finder_plans_a_visit(self):
        action = self.flat.with_user(self.agent).action_find_visit()
        finder = self.env["realestate.visit.finder"].with_user(self.agent).browse(action["res_id"])
        with Form(finder) as form:
            form.date_from = self.monday.date()
            form.days = 1
        finder.partner_ids = self.buyer
        finder.action_search()
        self.assertTrue(finder.slot_ids)
        slot = finder.slot_ids[0]
        visit = self.env["realestate.visit"].browse(slot.action_take()["res_id"])
        self.assertEqual((visit.state, visit.start, visit.partner_ids), ("planned", slot.start, self.buyer))
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            slot.action_take()

    def test_finder_moves_a_visit(self):
        visit = self._make_visit(10, state="confirmed")
        other = self._make_visit(14)
        action = visit.action_find_time()
        finder = self.env["realestate.visit.finder"].with_user(self.agent).browse(action["res_id"])
        self.assertEqual((finder.minutes, finder.partner_ids), (60, self.buyer))
        finder.write({"date_from": self.monday.date(), "days": 1})
        finder.action_search()
        free = finder.slot_ids.mapped("start")
        self.assertNotIn(other.start, free)
        slot = finder.slot_ids[-1]
        self.assertEqual(slot.action_take()["res_id"], visit.id)
        self.assertEqual(
            (visit.start, visit.stop - visit.start, visit.state), (slot.start, timedelta(hours=1), "planned")
        )
        self.assertEqual(visit.calendar_event_id.start, slot.start)

    def test_open_house_has_places(self):
        house = self._make_visit(kind="open_house", capacity=2)
        house.partner_ids |= self.other_buyer
        with self.assertRaisesRegex(ValidationError, "2 places"), self.env.cr.savepoint():
            house.partner_ids |= self.owner

    def test_mails_with_calendar_file(self):
        self._make_visit(10)
        self.assertFalse(self.env["mail.mail"].search([("subject", "ilike", "Your visit")]))
        self.company.realestate_visit_mails = True
        visit = self._make_visit(15)
        mail = self.env["mail.mail"].search([("subject", "ilike", "Your visit")])
        self.assertEqual(mail.recipient_ids, self.buyer)
        self.assertIn(visit._get_public_url(), mail.body_html)
        calendar = mail.attachment_ids
        self.assertEqual(calendar.mimetype, "text/calendar")
        self.assertIn(b"DTSTART:%s" % f"{visit.start:%Y%m%dT%H%M%SZ}".encode(), calendar.raw)

    def test_visitors_of_a_moved_visit_are_told_once(self):
        self.company.realestate_visit_mails = True
        mails = [("subject", "ilike", "Your visit"), ("recipient_ids", "in", self.buyer.ids)]
        visit = self._make_visit(10)
        self.assertEqual(self.env["mail.mail"].search_count(mails), 1)
        later = visit.start + timedelta(hours=3)
        visit.write({"start": later, "stop": later + timedelta(hours=1)})
        self.assertEqual(self.env["mail.mail"].search_count(mails), 2)
        visit.write({"start": later, "buffer_min": 10})
        visit.action_confirm()
        self.assertEqual(self.env["mail.mail"].search_count(mails), 2)
        visit.calendar_event_id.write({"start": later + timedelta(hours=1), "stop": later + timedelta(hours=2)})
        self.assertEqual(self.env["mail.mail"].search_count(mails), 3)
        visit.write({"start": later, "stop": later + timedelta(hours=1), "state": "planned"})
        told = self.env["mail.mail"].search(mails, order="id desc")
        self.assertEqual(len(told), 4)
        self.assertIn(b"DTSTART:%s" % f"{later:%Y%m%dT%H%M%SZ}".encode(), told[0].attachment_ids.raw)

    def test_reminder_once(self):
        self.company.realestate_visit_mails = True
        soon = fields.Datetime.now() + timedelta(hours=5)
        visit = self._make_visit(start=soon, stop=soon + timedelta(minutes=30))
        with patch.object(self.env.registry["ir.cron"], "_commit_progress", return_value=60):
            for _run in range(2):
                self.env["realestate.visit"]._cron_remind()
        self.assertTrue(visit.reminder_sent)
        self.assertEqual(self.env["mail.mail"].search_count([("subject", "ilike", "Reminder of your visit")]), 1)

    def test_owner_is_told_without_names(self):
        visit = self._make_visit()
        visit.action_done()
        with self.assertRaisesRegex(UserError, "T-1"), self.env.cr.savepoint():
            visit.action_inform_owner()
        visit.write(
            {
                "interest": "maybe",
                "objection_ids": [Command.set(self.env.ref("crm_realestate.realestate_objection_noise").ids)],
            }
        )
        visit.action_inform_owner()
        mail = self.env["mail.mail"].search([("subject", "ilike", "A visit to your property")])
        self.assertEqual(mail.recipient_ids, self.owner)
        self.assertIn("Noise", mail.body_html)
        self.assertNotIn("Berta", mail.body_html)
        self.assertTrue(visit.owner_informed)

    def test_owner_is_written_to_in_their_language(self):
        self.env["res.lang"]._activate_lang("es_ES")
        self.owner.lang = "es_ES"
        template = self.env.ref("crm_realestate.mail_template_visit_owner")
        template.with_context(lang="es_ES").subject = "Una visita"
        visit = self._make_visit(interest="yes")
        visit.action_done()
        visit.action_inform_owner()
        self.assertEqual(self.env["mail.mail"].search([("recipient_ids", "in", self.owner.ids)]).subject, "Una visita")

    def test_day_route(self):
        self.assertEqual(self._make_visit(8).action_day_route()["type"], "ir.actions.client")
        self.flat.write({"latitude": 41.0, "longitude": 1.0})
        self.parking.write({"latitude": 41.1, "longitude": 1.0})
        first, second = self._make_visit(10), self._make_visit(13, property_id=self.parking.id)
        self.assertEqual((first.distance_km, round(second.distance_km)), (0, 11))
        url = (second | first).action_day_route()["url"]
        self.assertIn("destination=41.1,1.0", url)
        self.assertIn("waypoints=41.0,1.0", url)
        nothing = self.env["realestate.visit"].with_user(self.agent)
        self.assertIn("no visit today", nothing.action_day_route()["params"]["message"])
        noon = fields.Datetime.now().replace(hour=12, minute=0)
        first.write({"start": noon, "stop": noon + timedelta(hours=1)})
        self.assertIn("destination=41.0,1.0", nothing.action_day_route()["url"])

    def test_visits_on_my_day(self):
        now = fields.Datetime.now().replace(hour=12, minute=0, second=0, microsecond=0)
        visit = self._make_visit(start=now, stop=now + timedelta(hours=1))
        day = self.env["crm.my.day"].with_user(self.agent).get_my_day()
        lines = [line for section in day["sections"] for line in section["records"]]
        mine = [line for line in lines if line["model"] == "realestate.visit"]
        self.assertEqual([(line["id"], line["time"]) for line in mine], [(visit.id, "12:00")])
        self.assertFalse([line for line in lines if line["model"] == "calendar.event"])


@tagged("post_install", "-at_install")
class TestPublicVisit(HttpCase, VisitDayCase):
    def test_visitor_moves_the_visit(self):
        visit = self._make_visit(10)
        # Within the days the page proposes.
        soon = fields.Datetime.now().replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=1)
        visit.write({"start": soon, "stop": soon + timedelta(hours=1)})
        url = visit._get_public_url().removeprefix(visit.get_base_url())
        page = self.url_open(url)
        self.assertEqual(page.status_code, 200)
        self.assertNotIn("session_id", page.cookies)
        self.assertIn("no-store", page.headers["Cache-Control"])
        slot = visit._get_public_slots()[0][0]
        self.assertIn(slot, page.text)
        moved = self.url_open(url, data={"step": "move", "slot": slot})
        self.assertIn("Moved", moved.text)
        self.assertEqual((fields.Datetime.to_string(visit.start), visit.state), (slot, "confirmed"))
        self.assertEqual(visit.activity_ids.user_id, self.agent)
        again = self.url_open(url, data={"step": "move", "slot": "2000-01-01 10:00:00"})
        self.assertEqual(again.status_code, 409)
        self.url_open(url, data={"step": "cancel"})
        self.assertEqual(visit.state, "cancelled")
        self.assertEqual(self.url_open(url, data={"step": "confirm"}).status_code, 409)

    def test_a_number_alone_opens_nothing(self):
        visit = self._make_visit(10)
        self.assertEqual(self.url_open(f"/realestate/visit/{visit.id}/x").status_code, 404)
        visit._get_public_url()
        token = visit.sudo().access_token
        self.assertEqual(self.url_open(f"/realestate/visit/{visit.id}/{token}x").status_code, 404)
        self.assertEqual(self.url_open(f"/realestate/visit/{visit.id + 999}/{token}").status_code, 404)

    def test_photos_need_the_address_of_their_property(self):
        image = self.env["realestate.image"].create({"property_id": self.flat.id, "image_1920": PIXEL})
        good = self.flat._get_public_image_url(image)
        self.assertEqual(self.url_open(good).status_code, 200)
        self.assertEqual(self.url_open(good.replace(self.flat.uuid, self.parking.uuid)).status_code, 404)
        self.assertEqual(self.url_open(good.replace("-1024", "-7")).status_code, 404)


PIXEL = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
