from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2 import IntegrityError
from psycopg2.errors import ExclusionViolation

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import RealEstateCase


@tagged("post_install", "-at_install")
class TestRealestateBooking(RealEstateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "Berta wants a flat",
                "type": "opportunity",
                "partner_id": cls.buyer.id,
                "user_id": cls.agent.id,
                "pipeline_id": cls.env.ref("crm_realestate.crm_pipeline_property_sale").id,
                "property_id": cls.flat.id,
            }
        )

    def _book(self, prop=None, user=None, **values):
        """Return a draft booking by an agent; with `state`, one in that state."""
        defaults = {"property_id": (prop or self.flat).id, "partner_ids": self.buyer.ids}
        return self.env["realestate.booking"].with_user(user or self.agent).create({**defaults, **values})

    def _now(self):
        return fields.Datetime.now()

    def _cron(self):
        """Run the cron as it is, without its commits."""
        with patch.object(self.env.registry["ir.cron"], "_commit_progress", return_value=60):
            self.env["realestate.booking"]._cron_expire()

    # -- the database

    def test_constraint_is_in_the_database(self):
        self.env.cr.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'x' AND conrelid = 'realestate_booking_line'::regclass"
        )
        self.assertEqual(self.env.cr.fetchall(), [("realestate_booking_line_no_double_booking",)])

    def test_database_refuses_what_slips_through(self):
        first, second = self._book(), self._book()
        first.action_hold()
        self.env.flush_all()
        with mute_logger("odoo.sql_db"), self.assertRaises(ExclusionViolation), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE realestate_booking_line SET state = 'held', date_hold = %s, date_expiry = %s WHERE id = %s",
                [first.date_hold, first.date_expiry, second.line_ids.id],
            )

    def test_a_hold_must_end(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            booking = self._book()
            self.env.flush_all()
            self.env.cr.execute("UPDATE realestate_booking SET state = 'held' WHERE id = %s", [booking.id])

    # -- states

    def test_transitions_follow_the_table(self):
        states = dict(self.env["realestate.booking"]._fields["state"].selection)
        table = self.env["realestate.booking"]._transitions
        self.assertEqual(set(states), set(table))
        for before, following in table.items():
            for after in states:
                booking = self._book(self._make_property("P"), state=before)
                self.assertEqual(booking.state, before)
                if after == before or after in following:
                    booking.state = after
                    self.assertEqual(booking.state, after)
                else:
                    with self.assertRaisesRegex(UserError, states[before]):
                        booking.state = after

    def test_availability_follows_the_booking(self):
        booking = self._book()
        steps = [
            ("action_hold", "on_hold"),
            ("action_confirm", "reserved"),
            ("action_contract", "under_contract"),
            ("action_done", "unavailable"),
        ]
        self.assertEqual(self.flat.availability, "available")
        for action, availability in steps:
            getattr(booking, action)()
            self.assertEqual(self.flat.availability, availability)
        self.assertEqual(self.flat.state, "closed_sold")
        self.flat.action_activate()
        self.assertEqual(self.flat.availability, "available")

    def test_usual_time(self):
        self.company.realestate_hold_hours = 5
        booking = self._book()
        booking.action_hold()
        self.assertEqual(booking.date_expiry - booking.date_hold, timedelta(hours=5))

    def test_a_hold_in_the_past_is_a_slip(self):
        booking = self._book(date_expiry=self._now() - timedelta(days=1))
        with self.assertRaisesRegex(UserError, "later end"):
            booking.action_hold()

    def test_only_what_is_on_offer(self):
        self.flat.action_withdraw()
        with self.assertRaisesRegex(ValidationError, r"T-1.*Withdrawn"):
            self._book().action_hold()

    def test_booked_property_stays(self):
        booking = self._book(state="held")
        with self.assertRaisesRegex(UserError, booking.name):
            self.flat.action_withdraw()
        booking.action_cancel("owner", "Changed her mind")
        self.assertEqual((booking.cancel_reason, self.flat.availability), ("owner", "available"))
        self.flat.action_withdraw()

    # -- nobody gets it twice

    def test_second_hold_is_told_who_and_until_when(self):
        first = self._book(state="held")
        second = self._book(user=self.colleague)
        with self.assertRaisesRegex(ValidationError, rf"\[T-1\] Flat is on hold.*Agent until .*{first.name}"):
            second.action_hold()
        first.action_confirm()
        with self.assertRaisesRegex(ValidationError, rf"already booked.*{first.name}"):
            second.action_hold()

    def test_every_way_in_is_closed(self):
        self._book(state="held")
        second = self._book()
        with self.assertRaises(ValidationError):
            self._book(state="held")
        with self.assertRaises(ValidationError):
            second.write({"state": "confirmed"})
        with self.assertRaises(ValidationError):
            second.write({"state": "held", "date_hold": self._now(), "date_expiry": self._now() + timedelta(days=9)})
        model = self.env["realestate.booking"].with_user(self.agent)
        result = model.load(["property_id/.id", "state"], [[str(self.flat.id), "held"]])
        self.assertFalse(result["ids"])
        self.assertIn("T-1", result["messages"][0]["message"])
        self.assertEqual(second.state, "draft")

    def test_two_in_one_create(self):
        values = {"property_id": self.flat.id, "state": "held"}
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.env["realestate.booking"].create([values, values])

    def test_before_and_after_are_free(self):
        now = self._now()
        day = timedelta(days=1)
        self._book(date_hold=now + day, date_expiry=now + 2 * day).action_hold()
        self._book(date_hold=now, date_expiry=now + day).action_hold()
        self._book(date_hold=now + 2 * day, date_expiry=now + 3 * day).action_hold()
        with self.assertRaises(ValidationError):
            self._book(date_hold=now + 2 * day - timedelta(seconds=1), date_expiry=now + 9 * day).action_hold()

    def test_hold_made_ahead_shows_when_it_begins(self):
        now = self._now()
        booking = self._book(date_hold=now + timedelta(days=1), date_expiry=now + timedelta(days=2))
        booking.action_hold()
        self.assertEqual(self.flat.availability, "available")
        with freeze_time(now + timedelta(days=1, minutes=1)):
            self.env["realestate.property"]._refresh_availability()
            self.assertEqual(self.flat.availability, "on_hold")

    # -- several together

    def _bundle(self, **values):
        return self._book(line_ids=[Command.create({"property_id": self.parking.id})], **values)

    def test_bundle_takes_all_or_nothing(self):
        bundle = self._bundle(state="held")
        self.assertEqual(bundle.line_ids.property_id, self.flat | self.parking)
        self.assertEqual(bundle.price_agreed, 215000)
        self.assertEqual((self.flat | self.parking).mapped("availability"), ["on_hold", "on_hold"])
        with self.assertRaisesRegex(ValidationError, "T-2"):
            self._book(self.parking).action_hold()
        bundle.action_cancel()
        self._book(self.parking, state="held")
        again = self._bundle()
        with self.assertRaisesRegex(ValidationError, "T-2"):
            again.action_hold()
        self.assertEqual(self.flat.availability, "available")

    def test_live_booking_keeps_its_properties(self):
        self._book(self.parking, state="held")
        booking = self._book(state="held")
        line = {"booking_id": booking.id, "property_id": self.parking.id}
        with self.assertRaisesRegex(ValidationError, "T-2"):
            self.env["realestate.booking.line"].create(line)
        with self.assertRaisesRegex(ValidationError, "T-2"):
            booking.write({"line_ids": [Command.create({"property_id": self.parking.id})]})
        with self.assertRaisesRegex(UserError, "live"):
            booking.property_id = self.parking
        with self.assertRaisesRegex(UserError, "live"):
            booking.line_ids.unlink()
        with self.assertRaisesRegex(UserError, "history"):
            booking.with_user(self.manager).unlink()

    def test_draft_changes_its_property(self):
        booking = self._book()
        booking.property_id = self.parking
        self.assertEqual(booking.line_ids.property_id, self.parking)
        self.assertEqual(booking.price_agreed, 15000)

    # -- time

    def test_expired_hold_is_free_without_the_cron(self):
        first = self._book(state="held")
        with freeze_time(first.date_expiry - timedelta(seconds=1)), self.assertRaises(ValidationError):
            self._book().action_hold()
        with freeze_time(first.date_expiry):
            second = self._book()
            second.action_hold()
            self.assertTrue(first.is_overdue)
            with self.assertRaisesRegex(ValidationError, second.name):
                first.action_extend()
            with self.assertRaisesRegex(ValidationError, second.name):
                first.action_confirm()
            self._cron()
            self.assertEqual((first.state, second.state), ("expired", "held"))
            self.assertEqual(self.flat.availability, "on_hold")

    def test_cron_ends_holds_and_serves_the_waiting_list(self):
        first = self._book(state="held")
        second, third = self._book(user=self.colleague), self._book()
        (second | third).sudo().action_wait()
        with freeze_time(first.date_expiry + timedelta(minutes=5)):
            self._cron()
            self.assertEqual((first | second | third).mapped("state"), ["expired", "held", "waiting"])
            self.assertGreater(second.date_expiry, self._now())
        self.assertEqual(second.activity_ids.user_id, self.colleague)
        self.assertIn("client", first.activity_ids.summary)

    def test_cancelling_serves_the_waiting_list(self):
        first, bundle, third = self._book(state="held"), self._bundle(), self._book(user=self.colleague)
        self._book(self.parking, state="held")
        (bundle | third).sudo().action_wait()
        first.with_user(self.agent).action_cancel()
        self.assertEqual((bundle | third).mapped("state"), ["waiting", "held"])

    def test_cron_is_woken_at_the_end(self):
        booking = self._book(state="held")
        cron = self.env.ref("crm_realestate.ir_cron_booking_expire")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertIn(booking.date_expiry, triggers.mapped("call_at"))

    def test_extend(self):
        booking = self._book()
        with self.assertRaisesRegex(UserError, "not on hold"):
            booking.action_extend()
        booking.action_hold()
        before = booking.date_expiry
        booking.action_extend()
        self.assertEqual(booking.date_expiry, before + timedelta(hours=48))
        booking.action_extend(before + timedelta(days=9))
        with self.assertRaisesRegex(UserError, "coordinator"):
            booking.action_extend()
        booking.with_user(self.coordinator).action_extend()
        self.assertEqual(booking.extension_count, 3)

    def test_extension_stops_at_the_next_booking(self):
        first = self._book(state="held")
        second = self._book(date_hold=first.date_expiry, date_expiry=first.date_expiry + timedelta(days=1))
        second.action_hold()
        with self.assertRaisesRegex(ValidationError, second.name):
            first.action_extend()

    def test_start_over(self):
        booking = self._book(state="held")
        booking.action_cancel("client")
        booking.action_draft()
        self.assertFalse(booking.date_hold or booking.date_expiry or booking.cancel_reason)

    # -- deposit

    def _deposit(self):
        booking = self._book(lead_id=self.lead.id, state="held")
        booking.with_user(self.agent).action_create_deposit_quote()
        return booking, booking.deposit_order_id

    def test_deposit_quote(self):
        booking, order = self._deposit()
        self.assertEqual(booking.deposit_amount, 2000)
        self.assertEqual(order.amount_total, 2000)
        self.assertEqual((order.partner_id, order.opportunity_id, order.user_id), (self.buyer, self.lead, self.agent))
        self.assertEqual(order.validity_date, booking.date_expiry.date())
        self.assertIn("T-1", order.order_line.name)
        self.assertEqual(booking.action_create_deposit_quote()["res_id"], order.id)
        self.assertEqual(self.env["sale.order"].search_count([("origin", "=", booking.name)]), 1)
        self.assertEqual(order.action_open_bookings()["res_id"], booking.id)

    def test_deposit_needs_client_and_amount(self):
        booking = self._book(state="held", partner_ids=[])
        with self.assertRaisesRegex(UserError, "who pays"):
            booking.action_create_deposit_quote()
        with self.assertRaisesRegex(UserError, "hold first"):
            self._book(state="waiting").action_create_deposit_quote()

    def test_accepted_deposit_confirms_once(self):
        booking, order = self._deposit()
        order.write({"state": "sent"})
        self.assertEqual(self.lead.stage_id, self.env.ref("crm_realestate.crm_stage_property_quote"))
        order.action_confirm()
        self.assertEqual((booking.state, booking.date_expiry), ("confirmed", False))
        self.assertEqual(self.flat.availability, "reserved")
        self.assertEqual(self.lead.stage_id, self.env.ref("crm_realestate.crm_stage_property_booked"))
        booking.action_contract()
        self.assertTrue(self.lead.stage_id.is_won)
        order._on_quote_accepted("office")
        self.assertEqual(booking.state, "contracted")

    def test_a_revised_deposit_quote_is_of_the_same_booking(self):
        booking, order = self._deposit()
        order.with_user(self.agent).action_quotation_sent()
        revision = order.with_user(self.agent)._revise()
        self.assertEqual(booking.deposit_order_id, revision)
        revision.action_confirm()
        self.assertEqual(booking.state, "confirmed")

    def test_accepted_by_the_public(self):
        booking, order = self._deposit()
        order.with_user(self.env.ref("base.public_user")).sudo().action_confirm()
        self.assertEqual(booking.state, "confirmed")

    def test_late_deposit_takes_what_is_still_free(self):
        booking, order = self._deposit()
        with freeze_time(booking.date_expiry + timedelta(hours=1)):
            booking._expire()
            order.action_confirm()
            self.assertEqual(booking.state, "confirmed")

    def test_late_deposit_never_fails_for_the_client(self):
        booking, order = self._deposit()
        with freeze_time(booking.date_expiry + timedelta(hours=1)):
            other = self._book(state="held", user=self.colleague)
            order.action_confirm()
        self.assertEqual((order.state, booking.state, other.state), ("sale", "held", "held"))
        self.assertIn(other.name, booking.activity_ids.note)

    # -- screens

    def test_from_the_opportunity(self):
        lead = self.lead.with_user(self.agent)
        context = lead.action_open_bookings()["context"]
        with Form(self.env["realestate.booking"].with_user(self.agent).with_context(**context)) as form:
            self.assertEqual(form.price_agreed, 200000)
        booking = form.record
        booking.with_context(**context).action_hold()
        booking.with_context(**context).action_create_deposit_quote()
        self.assertEqual((booking.property_id, booking.payer_id, booking.lead_id), (self.flat, self.buyer, self.lead))
        self.env.invalidate_all()
        self.assertEqual((lead.booking_count, self.flat.with_user(self.agent).booking_count), (1, 1))
        self.assertEqual(self.flat.with_user(self.agent).booking_id, booking)

    def test_cancel_dialogue(self):
        booking = self._book(state="held")
        wizard = self.env["realestate.booking.cancel"].with_user(self.agent).with_context(active_ids=booking.ids)
        with Form(wizard) as form:
            form.reason = "financing"
        form.record.action_apply()
        self.assertEqual((booking.state, booking.cancel_reason), ("cancelled", "financing"))

    def test_merge_keeps_bookings(self):
        other = self.lead.copy()
        booking = self._book(lead_id=other.id)
        merged = (self.lead | other).merge_opportunity(auto_unlink=True)
        self.assertEqual(booking.lead_id, merged)

    def test_settings_open(self):
        with Form(self.env["res.config.settings"]) as form:
            form.realestate_hold_hours = 24
        self.assertEqual(self.company.realestate_hold_hours, 24)
