from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .test_quote import QuoteCase


@tagged("post_install", "-at_install")
class TestQuoteEvent(QuoteCase):
    def _kinds(self, order=None):
        return (order or self.order).quote_event_ids.sorted("id").mapped("kind")

    def test_from_sent_to_accepted(self):
        self.order.with_user(self.seller).action_quotation_sent()
        self.assertEqual(self.order.quote_status, "sent")
        for _time in range(3):
            self.order.message_post(body="Viewed", subtype_xmlid="sale.mt_order_viewed")
        self.assertEqual(self.order.quote_status, "viewed")
        self.order.with_user(self.seller).action_confirm()
        self.assertEqual(self.order.quote_status, "accepted")
        self.assertEqual(self._kinds(), ["sent", "viewed", "accepted"])
        events = {event.kind: event for event in self.order.quote_event_ids}
        self.assertEqual(events["viewed"].times, 3)
        self.assertEqual(events["sent"].user_id, self.seller)
        self.assertFalse(events["viewed"].user_id)
        self.assertEqual(events["accepted"].note, "by the office")
        told = " ".join(self.lead.message_ids.mapped("body"))
        self.assertIn("Viewed", told)

    def test_opened_again_and_sent_again_is_one_event(self):
        self.order.action_quotation_sent()
        self.order.action_draft()
        self.order.action_quotation_sent()
        self.assertEqual(self._kinds(), ["sent"])
        self.assertEqual(self.order.quote_status, "sent")

    def test_on_the_timeline(self):
        self.order.user_id = self.seller
        self.order.action_quotation_sent()
        timeline = self.order.partner_id.with_user(self.seller).crm_timeline(kinds=["quote_event"])
        self.assertEqual([entry["title"] for entry in timeline], [f"Quote {self.order.name}: Sent"])
        other = new_test_user(self.env, "otto", "sales_team.group_sale_salesman", company_id=self.company.id,
                              company_ids=[self.company.id])  # fmt: skip
        self.assertFalse(self.order.partner_id.with_user(other).crm_timeline(kinds=["quote_event"]))

    def test_expected_revenue_follows_the_primary_quote(self):
        self.pipeline.quote_revenue = True
        self.order.action_quotation_sent()
        self.assertEqual(self.lead.primary_quote_id, self.order)
        self.assertEqual(self.lead.expected_revenue, 100)
        self.order.write({"order_line": [(1, self.order.order_line.id, {"price_unit": 80})]})
        self.assertEqual(self.lead.expected_revenue, 80)
        other = self._order()
        other.order_line.price_unit = 300
        other.action_quotation_sent()
        self.assertEqual(self.lead.expected_revenue, 80, "the first one stays the primary")
        revision = self.order._revise()
        revision.order_line.price_unit = 70
        revision.action_quotation_sent()
        self.assertEqual((self.lead.primary_quote_id, self.lead.expected_revenue), (revision, 70))
        other.action_confirm()
        self.assertEqual((self.lead.primary_quote_id, self.lead.expected_revenue), (other, 300))
        self.lead.primary_quote_id = revision
        self.assertEqual(self.lead.expected_revenue, 70)

    def test_without_the_option_the_revenue_is_the_hosts(self):
        self.order.action_quotation_sent()
        self.assertFalse(self.lead.primary_quote_id)
        self.assertFalse(self.lead.expected_revenue)

    def test_template_of_the_pipeline(self):
        template = self.env["sale.order.template"].create({"name": "Consulting"})
        self.pipeline.quote_template_id = template
        context = self.lead.action_new_quotation()["context"]
        self.assertEqual(context["default_sale_order_template_id"], template.id)

    def test_rights(self):
        """Events are read by who reads the quote, and written by nobody."""
        self.order.action_quotation_sent()
        event = self.order.quote_event_ids
        self.assertEqual(event.with_user(self.seller).kind, "sent")
        self.assertFalse(event.with_user(self.seller_b).search([("id", "in", event.ids)]), "another company's")
        for user in (self.seller, self.manager):
            for work in (lambda e: e.write({"times": 9}), lambda e: e.unlink(), lambda e: e.copy()):
                with self.assertRaises(AccessError):
                    work(event.with_user(user))
