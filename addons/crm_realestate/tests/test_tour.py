from odoo.tests import HttpCase, new_test_user, tagged

from .common import AGENT


@tagged("post_install", "-at_install")
class TestTour(HttpCase):
    def test_agent_books_a_property(self):
        agent = new_test_user(self.env, "re_tour", AGENT, name="Tour Agent", password="re_tour_password")
        self.env["res.partner"].create({"name": "Tessa Tour", "email": "tessa@example.com"})
        flat = self.env["realestate.property"].create(
            {"name": "Flat for the tour", "price_sale": 250000, "user_id": agent.id}
        )
        self.start_tour("/odoo", "crm_realestate_agent_books_property", login=agent.login)
        self.assertEqual(flat.visit_ids.state, "planned")
        booking = flat.booking_id
        self.assertEqual((booking.state, booking.user_id, flat.availability), ("held", agent, "on_hold"))
        self.assertEqual(booking.deposit_order_id.amount_total, 2500)

    def test_agent_matches_a_demand(self):
        agent = new_test_user(self.env, "re_tour", AGENT, name="Tour Agent", password="re_tour_password")
        self.env["res.partner"].create({"name": "Tessa Tour", "email": "tessa@example.com"})
        flat = self.env["realestate.property"].create(
            {"name": "Flat for the tour", "price_sale": 260000, "user_id": agent.id}
        )
        self.start_tour("/odoo", "crm_realestate_agent_matches_demand", login=agent.login)
        match = self.env["realestate.match"].search([("property_id", "=", flat.id)])
        self.assertEqual((match.partner_id.name, match.state, match.reasons["over"]), ("Tessa Tour", "interested", 4))
        self.assertEqual((flat.visit_ids.state, flat.visit_ids.partner_ids), ("planned", match.partner_id))
