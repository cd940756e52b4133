from datetime import datetime, timedelta

from freezegun import freeze_time
from psycopg2.errors import ExclusionViolation

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import RealEstateCase

DAY = datetime(2030, 5, 6)


@tagged("post_install", "-at_install")
class TestRealestateVisit(RealEstateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pipeline = cls.env.ref("crm_realestate.crm_pipeline_property_sale")
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "Berta wants a flat",
                "type": "opportunity",
                "partner_id": cls.buyer.id,
                "user_id": cls.agent.id,
                "pipeline_id": cls.pipeline.id,
                "property_id": cls.flat.id,
            }
        )

    def _visit(self, hour, minutes=60, **values):
        start = DAY + timedelta(hours=hour)
        defaults = {
            "property_id": self.flat.id,
            "user_id": self.agent.id,
            "start": start,
            "stop": start + timedelta(minutes=minutes),
            "state": "planned",
        }
        return self.env["realestate.visit"].create({**defaults, **values})

    def test_a_new_visit_is_proposed_when_the_agency_is_open(self):
        self.company.resource_calendar_id.tz = "UTC"
        visits = self.env["realestate.visit"].with_company(self.company)
        for now, start in (
            ("2031-05-05 09:20:00", "2031-05-05 13:00:00"),
            ("2031-05-09 19:20:00", "2031-05-12 08:00:00"),
        ):
            with freeze_time(now):
                self.assertEqual(str(visits._default_start()), start)

    def test_a_new_visit_is_proposed_when_agent_and_property_are_free(self):
        self.company.resource_calendar_id.tz = "UTC"
        self.company.realestate_visit_buffer = 0
        monday = datetime(2031, 5, 5)
        for hour, values in ((8, {}), (9, {"user_id": self.colleague.id})):
            moment = monday + timedelta(hours=hour)
            self._visit(0, start=moment, stop=moment + timedelta(hours=1), **values)
        with (
            freeze_time("2031-05-05 02:00:00"),
            Form(
                self.env["realestate.visit"]
                .with_company(self.company)
                .with_user(self.agent)
                .with_context(default_property_id=self.flat.id)
            ) as form,
        ):
            self.assertEqual(str(form.start), "2031-05-05 10:00:00")
            form.save()
        form.record.action_plan()
        self.assertEqual(form.record.state, "planned")

    def test_constraints_are_in_the_database(self):
        self.env.cr.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'x' AND conrelid = 'realestate_visit'::regclass"
        )
        names = {name for (name,) in self.env.cr.fetchall()}
        self.assertEqual(names, {"realestate_visit_agent_overlap", "realestate_visit_property_overlap"})

    def test_transitions_follow_the_table(self):
        states = dict(self.env["realestate.visit"]._fields["state"].selection)
        table = self.env["realestate.visit"]._transitions
        self.assertEqual(set(states), set(table))
        hour = 0
        for before, following in table.items():
            for after in states:
                hour += 1
                visit = self._visit(hour, state=before)
                self.assertEqual(visit.state, before)
                if after == before or after in following:
                    visit.state = after
                    self.assertEqual(visit.state, after)
                else:
                    with self.assertRaisesRegex(UserError, states[before]):
                        visit.state = after

    def test_agent_is_at_one_place(self):
        self._visit(10)
        with self.assertRaisesRegex(ValidationError, r"Agent already shows \[T-1\] Flat"):
            self._visit(10.5, property_id=self.parking.id)
        self._visit(11, property_id=self.parking.id)

    def test_property_is_shown_once(self):
        self._visit(10)
        with self.assertRaisesRegex(ValidationError, r"\[T-1\] Flat is already shown by Agent"):
            self._visit(9.5, user_id=self.colleague.id)
        self._visit(11, user_id=self.colleague.id)

    def test_way_is_kept_free_for_the_agent_only(self):
        self._visit(10, buffer_min=30)
        self._visit(11, user_id=self.colleague.id)
        with self.assertRaises(ValidationError):
            self._visit(11.25, property_id=self.parking.id)
        self._visit(11.5, property_id=self.parking.id)

    def test_drafts_and_cancelled_visits_take_no_slot(self):
        self._visit(10, state="draft")
        self._visit(10).action_cancel()
        last = self._visit(10)
        with self.assertRaises(ValidationError):
            self._visit(9).write({"stop": DAY + timedelta(hours=10.5)})
        self.assertEqual(last.state, "planned")

    def test_database_refuses_what_slips_through(self):
        first, second = self._visit(10), self._visit(12, property_id=self.parking.id)
        self.env.flush_all()
        with mute_logger("odoo.sql_db"), self.assertRaises(ExclusionViolation), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE realestate_visit SET block_start = %s, block_stop = %s WHERE id = %s",
                [first.block_start, first.block_stop, second.id],
            )

    def test_import_refuses_overlaps(self):
        self._visit(10)
        result = self.env["realestate.visit"].load(
            ["property_id/.id", "user_id/.id", "start", "stop", "state"],
            [[str(self.flat.id), str(self.agent.id), "2030-05-06 10:15:00", "2030-05-06 10:45:00", "planned"]],
        )
        self.assertFalse(result["ids"])
        self.assertIn("T-1", result["messages"][0]["message"])

    def test_stop_follows_start(self):
        visit = self.env["realestate.visit"].create({"property_id": self.flat.id, "start": DAY})
        self.assertEqual(visit.stop, DAY + timedelta(hours=1))

    def test_calendar_follows_the_visit(self):
        visit = self._visit(10, lead_id=self.lead.id, partner_ids=self.buyer.ids)
        event = visit.calendar_event_id
        self.assertEqual((event.start, event.stop, event.user_id), (visit.start, visit.stop, self.agent))
        self.assertEqual(event.partner_ids, self.buyer | self.agent.partner_id)
        self.assertEqual(event.opportunity_id, self.lead)
        visit.with_user(self.coordinator).start += timedelta(minutes=30)
        self.assertEqual(event.start, DAY + timedelta(hours=10.5))
        visit.action_cancel()
        self.assertFalse(event.active)
        visit.action_plan()
        self.assertTrue(event.active)
        self.assertEqual(visit.calendar_event_id, event)
        visit.unlink()
        self.assertFalse(event.exists())

    def test_no_invitation_is_mailed(self):
        before = self.env["mail.mail"].search_count([])
        self._visit(10, partner_ids=self.buyer.ids).start += timedelta(hours=1)
        self.assertEqual(self.env["mail.mail"].search_count([]), before)

    def test_several_visitors_of_a_visit_given_to_an_agent(self):
        """The agent is told; the host's notices to a customer expect one only."""
        visits = self.env["realestate.visit"].with_user(self.coordinator).with_context(tracking_disable=False)
        visit = visits.create(
            {
                "property_id": self.flat.id,
                "user_id": self.agent.id,
                "partner_ids": [Command.set((self.buyer | self.other_buyer).ids)],
            }
        )
        self.assertIn(self.agent.partner_id, visit.message_partner_ids)

    def test_visit_follows_the_calendar(self):
        visit = self._visit(10)
        event = visit.calendar_event_id.with_user(self.agent)
        event.write({"start": DAY + timedelta(hours=15), "stop": DAY + timedelta(hours=16)})
        self.assertEqual((visit.start, visit.stop), (event.start, event.stop))
        event.active = False
        self.assertEqual(visit.state, "cancelled")
        event.active = True
        self.assertEqual(visit.state, "planned")
        with self.assertRaises(UserError):
            event.write({"recurrency": True, "rrule_type": "daily", "count": 3})
        event.unlink()
        self.assertEqual(visit.state, "cancelled")

    def test_calendar_cannot_move_onto_another_visit(self):
        self._visit(10)
        visit = self._visit(12, property_id=self.parking.id)
        event = visit.calendar_event_id
        there = {"start": DAY + timedelta(hours=10), "stop": DAY + timedelta(hours=11)}
        with self.assertRaisesRegex(ValidationError, "T-1"), self.env.cr.savepoint():
            event.write(dict(there))
        event.with_context(dont_notify=True).write(dict(there))
        self.assertEqual(visit.start, DAY + timedelta(hours=12))
        self.assertEqual(event.start, visit.start)
        self.assertIn("T-1", visit.activity_ids.note)

    def test_other_meetings_are_the_hosts(self):
        event = (
            self.env["calendar.event"]
            .with_user(self.seller)
            .create({"name": "Lunch", "start": DAY, "stop": DAY + timedelta(hours=1)})
        )
        event.start += timedelta(minutes=10)
        self.assertEqual(event.start, DAY + timedelta(minutes=10))
        event.unlink()
        self.assertFalse(event.exists())

    def test_done_moves_the_opportunity(self):
        visit = self._visit(10, lead_id=self.lead.id)
        self.assertEqual(self.lead.stage_id.sequence, 100)
        visit.with_user(self.agent).action_done()
        self.assertEqual(self.lead.stage_id, self.env.ref("crm_realestate.crm_stage_property_visit"))
        self.assertIn("T-1", self.lead.activity_ids.summary)
        self.assertIn("what the visitors said", visit.activity_ids.summary)

    def test_feedback_is_not_asked_twice(self):
        visit = self._visit(10)
        visit.write({"interest": "yes", "rating": "4", "comment": "Lovely"})
        visit.action_done()
        self.assertFalse(visit.activity_ids)

    def test_nobody_came(self):
        self._visit(10, lead_id=self.lead.id).action_no_show()
        self.assertEqual(self.lead.stage_id.sequence, 100)
        self.assertIn("another visit", self.lead.activity_ids.summary)

    def test_from_the_opportunity(self):
        lead = self.lead.with_user(self.agent)
        action = lead.action_open_visits()
        with Form(self.env["realestate.visit"].with_user(self.agent).with_context(**action["context"])) as form:
            form.start = DAY
        visit = form.record
        visit.with_context(default_state="draft", **action["context"]).action_plan()
        self.assertEqual((visit.property_id, visit.partner_ids, visit.lead_id), (self.flat, self.buyer, self.lead))
        self.env.invalidate_all()
        self.assertEqual((lead.visit_count, self.flat.visit_count, self.flat.lead_count), (1, 1, 1))
        self.assertEqual(lead.property_ids, self.flat)
        self.assertEqual(lead.action_open_visits()["domain"], [("lead_id", "=", lead.id)])
        with Form(self.env["crm.lead"].with_user(self.seller)) as form:
            form.name = "Seller sees the host's form"

    def test_who_is_no_agent_merges_too(self):
        leads = self.env["crm.lead"].create(
            [{"name": name, "type": "opportunity", "user_id": self.seller.id} for name in ("First", "Second")]
        )
        leads[1].property_id = self.flat
        merged = leads.with_user(self.seller).merge_opportunity()
        self.assertEqual(merged.sudo().property_id, self.flat)

    def test_merge_keeps_visits(self):
        other = self.lead.copy({"property_id": self.parking.id})
        visit = self._visit(10, lead_id=other.id)
        merged = (self.lead | other).merge_opportunity(auto_unlink=True)
        self.assertEqual(visit.lead_id, merged)
        self.assertEqual(merged.property_ids, self.flat | self.parking)
