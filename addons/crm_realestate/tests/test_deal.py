from datetime import timedelta

from psycopg2 import IntegrityError
from psycopg2.errors import ExclusionViolation

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from .common import RealEstateCase


@tagged("post_install", "-at_install")
class TestDeal(RealEstateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pipeline = cls.env.ref("crm_realestate.crm_pipeline_property_sale")

    def _make_offer(self, partner=None, **values):
        defaults = {"property_id": self.flat.id, "partner_id": (partner or self.buyer).id, "amount": 190000}
        return self.env["realestate.offer"].with_user(self.agent).create({**defaults, **values})

    def _make_lead(self, partner=None, **values):
        defaults = {
            "name": "Flat",
            "type": "opportunity",
            "partner_id": (partner or self.buyer).id,
            "user_id": self.agent.id,
            "pipeline_id": self.pipeline.id,
            "property_id": self.flat.id,
        }
        return self.env["crm.lead"].with_user(self.agent).create({**defaults, **values})

    def _make_booking(self, **values):
        defaults = {"property_id": self.flat.id, "partner_ids": [Command.set(self.buyer.ids)]}
        return self.env["realestate.booking"].with_user(self.agent).create({**defaults, **values})

    # ------------------------------------------------------------
    # Offers
    # ------------------------------------------------------------

    def test_offer_counter_offer_booking(self):
        lead = self._make_lead()
        offer = self._make_offer(lead_id=lead.id, state="sent")
        self.assertEqual((offer.asking_price, offer.percent), (200000, 95))
        other = self._make_offer(self.other_buyer, state="sent")
        action = offer.action_counter()
        with Form(offer.browse().with_context(**action["context"]), view=action["views"][0][0]) as form:
            self.assertEqual((form.parent_id, form.amount, offer.state), (offer, 0, "sent"))
            form.amount = 195000
        counter = form.record
        self.assertEqual(counter.action_open_counter()["res_id"], counter.id)
        self.assertEqual((counter.made_by, counter.state, offer.state), ("owner", "sent", "countered"))
        booking = self.env["realestate.booking"].browse(counter.action_accept()["res_id"])
        self.assertEqual((counter.state, booking.state, booking.price_agreed), ("accepted", "held", 195000))
        self.assertEqual((booking.lead_id, booking.partner_ids), (lead, self.buyer))
        self.assertEqual((lead.realestate_price, lead.expected_revenue), (195000, 5850))
        self.assertEqual((other.state, len(other.activity_ids)), ("sent", 1))
        with self.assertRaisesRegex(ValidationError, "on hold"), self.env.cr.savepoint():
            other.action_accept()
        booking.action_cancel("client")
        self.assertEqual(counter.state, "withdrawn")
        other.action_accept()

    def test_an_offer_ends_by_itself(self):
        offer = self._make_offer(state="sent", date_expiry=fields.Datetime.now() - timedelta(minutes=1))
        with self.assertRaisesRegex(UserError, "Berta"), self.env.cr.savepoint():
            offer.action_accept()
        self.env["realestate.offer"]._cron_expire()
        self.assertEqual((offer.state, offer.activity_ids.user_id), ("expired", self.agent))
        offer.action_send()
        offer.action_accept()

    def test_one_offer_is_accepted(self):
        first, second = self._make_offer(state="sent"), self._make_offer(self.other_buyer, state="sent")
        first.action_accept()
        self.env.flush_all()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env.cr.execute(SQL("UPDATE realestate_offer SET state = 'accepted' WHERE id = %s", second.id))

    def test_offer_transitions_follow_the_table(self):
        states = dict(self.env["realestate.offer"]._fields["state"].selection)
        transitions = self.env["realestate.offer"]._transitions
        self.assertEqual(set(states), set(transitions))
        for before, following in transitions.items():
            for after in set(states) - {before}:
                offer = self._make_offer(property_id=self._make_property("P").id, state=before)
                if after in following:
                    offer.state = after
                else:
                    with self.assertRaisesRegex(UserError, states[before]):
                        offer.state = after

    # ------------------------------------------------------------
    # Deposit, waiting list, others
    # ------------------------------------------------------------

    def test_cancel_says_what_becomes_of_the_deposit(self):
        booking = self._make_booking(state="confirmed", deposit_amount=2000, deposit_kind="penitential")
        with self.assertRaisesRegex(UserError, "returned, kept"), self.env.cr.savepoint():
            booking.action_cancel("owner")
        wizard = Form(self.env["realestate.booking.cancel"].with_user(self.agent).with_context(active_ids=booking.ids))
        wizard.reason = "owner"
        self.assertTrue(wizard.has_deposit)
        wizard.deposit_outcome = "doubled"
        wizard.save().action_apply()
        self.assertEqual((booking.state, booking._get_settlement()), ("cancelled", 4000))
        self.assertIn("4,000", booking.activity_ids[-1:].summary)

    def test_waiting_list_has_an_order(self):
        held = self._make_booking(state="held")
        first, second = (self._make_booking(state="waiting") for _turn in range(2))
        self.assertEqual((held.queue_position, first.queue_position, second.queue_position), (0, 1, 2))
        held.action_cancel("client")
        self.assertEqual((first.state, second.state), ("held", "waiting"))
        second.invalidate_recordset()
        self.assertEqual(second.queue_position, 1)

    def test_others_are_offered_something_else(self):
        winner = self._make_lead()
        loser = self._make_lead(self.other_buyer)
        loser.activity_ids.unlink()
        self.env["realestate.demand"].create(
            {"partner_id": self.other_buyer.id, "lead_id": loser.id, "zone_ids": [Command.set(self.zone.ids)]}
        )
        self._make_property("Similar", ref="T-9", price_sale=210000)
        self.env["realestate.match"]._refresh()
        self._make_booking(lead_id=winner.id, state="confirmed")
        activity = loser.activity_ids
        self.assertIn("T-1 went to another", activity.summary)
        self.assertIn("T-9", activity.note)
        self.assertNotIn("T-1]", activity.note)

    # ------------------------------------------------------------
    # Fee
    # ------------------------------------------------------------

    def test_expected_revenue_is_our_fee(self):
        lead = self._make_lead()
        self.assertEqual((lead.realestate_price, lead.expected_revenue), (200000, 6000))
        told = self._make_lead(expected_revenue=1)
        self.assertEqual(told.expected_revenue, 1)

    def test_fee_follows_the_mandate(self):
        self.flat.party_ids = [Command.create({"partner_id": self.other_buyer.id, "share": 100})]
        mandate = {"property_id": self.flat.id, "kind": "non_exclusive", "fee_percent": 5, "fee_payer": "both"}
        self.env["realestate.mandate"].create({**mandate, "state": "signed"})
        booking = self._make_booking(state="confirmed")
        self.assertEqual(booking.fee_amount, 10000)
        booking.action_create_fee_quote()
        booking.action_create_fee_quote()
        quotes = {order.partner_id: order.amount_untaxed for order in booking.fee_order_ids}
        self.assertEqual(quotes, {self.other_buyer: 5000, self.buyer: 5000})

    def test_terms_given_with_the_booking_stay(self):
        terms = {"price_agreed": 190000, "fee_amount": 5000, "deposit_amount": 3000}
        for state in ("draft", "confirmed"):
            booking = self._make_booking(
                property_id=self._make_property("P", price_sale=200000).id, state=state, **terms
            )
            self.env.flush_all()
            self.assertEqual({name: booking[name] for name in terms}, terms, state)
        house = self._make_property("House", price_sale=300000)
        self._make_property("Cellar", price_sale=9000, parent_id=house.id)
        booking = self._make_booking(property_id=house.id, **terms)
        self.assertEqual((len(booking.line_ids), booking.price_agreed), (2, 190000))
        booking.write({"property_id": self.flat.id, "price_agreed": 180000})
        self.assertEqual((booking.line_ids.property_id, booking.price_agreed), (self.flat, 180000))
        booking.line_ids = [Command.create({"property_id": self.parking.id})]
        self.assertEqual(booking.price_agreed, 215000)

    def test_rent_brings_one_month(self):
        home = self._make_property("Home", operation="both", price_sale=100000, price_rent=800)
        booking = self._make_booking(property_id=home.id, operation="rent")
        self.assertEqual((booking.price_agreed, booking.fee_amount), (800, 800))

    def test_shares_make_a_whole(self):
        booking = self._make_booking(state="confirmed")
        booking.with_user(self.coordinator).user_id = self.colleague
        coordinator = booking.with_user(self.coordinator)
        coordinator.action_propose_commissions()
        self.assertEqual(
            {(line.role, line.user_id, line.amount) for line in coordinator.commission_ids},
            {("listing", self.agent, 3000), ("selling", self.colleague, 3000)},
        )
        coordinator.commission_ids[0].percent = 40
        with self.assertRaisesRegex(UserError, "90"), self.env.cr.savepoint():
            coordinator.action_approve_commissions()
        coordinator.commission_ids = [
            Command.create({"role": "co_broker", "partner_id": self.other_buyer.id, "percent": 10})
        ]
        coordinator.action_approve_commissions()
        with self.assertRaisesRegex(UserError, "approved"), self.env.cr.savepoint():
            coordinator.commission_ids[0].percent = 10
        mine = self.env["realestate.commission"].with_user(self.agent).search([("booking_id", "=", booking.id)])
        self.assertEqual(mine.user_id, self.agent)

    # ------------------------------------------------------------
    # Clients of promoters
    # ------------------------------------------------------------

    def test_client_is_registered_once(self):
        development = self.env["realestate.development"].create({"name": "Gardens", "registration_days": 30})
        model = self.env["realestate.registration"].with_user(self.agent)
        values = {"development_id": development.id, "partner_id": self.buyer.id}
        first, second = model.create([values, values])
        unit = self._make_property("Unit", development_id=development.id)
        visit = self.env["realestate.visit"].create(
            {"property_id": unit.id, "partner_ids": [Command.set(self.buyer.ids)], "state": "planned"}
        )
        visit.action_done()
        self.assertEqual({first.state, second.state}, {"registered", "announced"})
        kept = first if first.state == "registered" else second
        self.assertEqual((kept.date_end - kept.date_start).days, 29)
        with self.assertRaisesRegex(ValidationError, "until"), self.env.cr.savepoint():
            (first + second - kept).action_register()
        self.env.flush_all()
        with mute_logger("odoo.sql_db"), self.assertRaises(ExclusionViolation), self.env.cr.savepoint():
            self.env.cr.execute(
                SQL(
                    "UPDATE realestate_registration SET state = 'registered', date_start = %s, date_end = %s"
                    " WHERE id = %s",
                    kept.date_start,
                    kept.date_end,
                    (first + second - kept).id,
                )
            )

    def test_a_client_of_another_agency_is_told(self):
        development = self.env["realestate.development"].create({"name": "Gardens"})
        unit = self._make_property("Unit", price_sale=200000, development_id=development.id)
        booking = self._make_booking(property_id=unit.id)
        self.assertFalse(booking.registration_note)
        registration = self.env["realestate.registration"].create(
            {"development_id": development.id, "partner_id": self.buyer.id, "broker_id": self.other_buyer.id}
        )
        registration.action_register()
        booking.invalidate_recordset()
        self.assertRegex(booking.registration_note, "Otto Other registered Berta Buyer")
        booking.action_propose_commissions()
        shares = {
            (line.role, line.user_id.name or line.partner_id.name, line.percent) for line in booking.commission_ids
        }
        self.assertEqual(shares, {("selling", "Agent", 50), ("co_broker", "Otto Other", 50)})
        yesterday = fields.Date.today() - timedelta(days=1)
        registration.write({"date_start": yesterday, "date_end": yesterday})
        booking.invalidate_recordset()
        self.assertFalse(booking.registration_note)

    def test_an_agent_who_leaves_orphans_nothing(self):
        self._make_offer()
        booking = self._make_booking(property_id=self.parking.id, state="held")
        demand = self.env["realestate.demand"].create({"partner_id": self.buyer.id, "user_id": self.agent.id})
        handover = (
            self.env["crm.handover"]
            .with_user(self.manager)
            .create({"from_user_id": self.agent.id, "user_id": self.colleague.id})
        )
        codes = {scope["code"] for scope in handover._get_handover_scopes()}
        self.assertEqual(len([code for code in codes if code.startswith("realestate_")]), 5)
        handover.with_user(self.manager).action_start()
        self.assertEqual(handover.state, "done", handover.error_message)
        self.env.invalidate_all()
        owners = booking.user_id | demand.user_id | self.flat.user_id | self.flat.offer_ids.user_id
        self.assertEqual(owners, self.colleague)

    def test_rights(self):
        offer = self._make_offer()
        self.assertTrue(offer.with_user(self.colleague).display_name)
        for record, user in ((offer, self.colleague), (offer, self.stranger)):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                record.with_user(user).write({"amount": 1})
        self.assertFalse(self.env["realestate.offer"].with_user(self.stranger).search([("id", "=", offer.id)]))
        for model in ("offer", "registration"):
            Form(self.env[f"realestate.{model}"].with_user(self.agent))
