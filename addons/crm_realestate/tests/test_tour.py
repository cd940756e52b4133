from odoo.tests import HttpCase, new_test_user, tagged

from .common import AGENT


@tagged("post_install", "-at_install")
class TestTour(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = new_test_user(cls.env, "re_tour", AGENT, name="Tour Agent", password="re_tour_password")
        cls.client = cls.env["res.partner"].create({"name": "Tessa Tour", "email": "tessa@example.com"})

    def test_from_prospect_to_booking(self):
        self.start_tour("/odoo", "crm_realestate_from_prospect_to_booking", login=self.agent.login)
        house = self.env["realestate.property"].search([("name", "=", "House of the tour")])
        self.assertEqual((house.state, house.mandate_status, house.price_sale), ("active", "exclusive", 320000))
        self.assertEqual(house.visit_ids.state, "planned")
        booking = house.booking_id
        self.assertEqual((booking.state, booking.user_id, house.availability), ("held", self.agent, "on_hold"))
        self.assertEqual(booking.deposit_order_id.amount_total, 3200)

    def test_agent_matches_a_demand(self):
        flat, dismissed, *others = self.env["realestate.property"].create(
            [
                {"name": name, "price_sale": price, "user_id": self.agent.id}
                for name, price in (
                    ("Flat for the tour", 260000),
                    ("Fourth home", 220000),
                    ("Second home", 240000),
                    ("Third home", 230000),
                )
            ]
        )
        self.start_tour("/odoo", "crm_realestate_agent_matches_demand", login=self.agent.login)
        match = self.env["realestate.match"].search([("property_id", "=", flat.id)])
        self.assertEqual((match.partner_id, match.state, match.reasons["over"]), (self.client, "interested", 4))
        self.assertEqual((flat.visit_ids.state, flat.visit_ids.partner_ids), ("planned", match.partner_id))
        gone = self.env["realestate.match"].search([("property_id", "=", dismissed.id)])
        self.assertEqual((gone.partner_id, gone.state, gone.dismiss_reason), (self.client, "dismissed", "size"))
        for home in others:
            self.assertEqual((home.visit_ids.state, home.visit_ids.partner_ids), ("planned", match.partner_id))


@tagged("post_install", "-at_install")
class TestPhoneTour(HttpCase):
    browser_size, touch_enabled = "390x844", True

    def test_matches_are_worked_through_on_cards(self):
        agent = new_test_user(self.env, "re_tour", AGENT, name="Tour Agent", password="re_tour_password")
        flat, home = self.env["realestate.property"].create(
            [
                {"name": name, "price_sale": 200000, "user_id": agent.id, "state": "active"}
                for name in ("Flat for the tour", "Fourth home")
            ]
        )
        client = self.env["res.partner"].create({"name": "Tessa Tour"})
        demand = self.env["realestate.demand"].create({"partner_id": client.id, "user_id": agent.id})
        self.env["realestate.match"]._refresh(demand_ids=demand.ids)
        self.start_tour("/odoo/matches", "crm_realestate_matches_on_a_phone", login=agent.login)
        proposed, dismissed = (
            self.env["realestate.match"].search([("demand_id", "=", demand.id), ("property_id", "=", prop.id)])
            for prop in (flat, home)
        )
        self.assertEqual((proposed.state, dismissed.state), ("sent", "dismissed"))
        self.assertEqual(dismissed.dismiss_reason, "size")
