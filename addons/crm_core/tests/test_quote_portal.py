from odoo.tests import HttpCase, tagged

from .test_quote import PIXEL, QuoteCase

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"


@tagged("post_install", "-at_install")
class TestQuotePortal(HttpCase, QuoteCase):
    """What the customer sees, from outside and without an account."""

    def setUp(self):
        super().setUp()
        self.order.require_signature = True
        self.order.action_quotation_sent()
        self.order._portal_ensure_token()

    def _open(self, order=None, agent=PHONE):
        return self.url_open((order or self.order).get_portal_url(), headers={"User-Agent": agent})

    def _decline(self, order, token=None, **values):
        url = f"/my/orders/{order.id}/decline?access_token={token or order.access_token}"
        page = self._open(order)
        csrf = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        return self.url_open(url, data={"csrf_token": csrf, **values})

    def test_a_look_is_an_event(self):
        self.assertEqual(self._open().status_code, 200)
        self._open()
        self.assertEqual(self.order.quote_status, "viewed")
        self.assertEqual(self.order.quote_event_ids.filtered(lambda event: event.kind == "viewed").times, 1)

    def test_a_scanner_does_not_look(self):
        self._open(agent="Mozilla/5.0 (compatible; Barracuda Sentinel)")
        self.assertEqual(self.order.quote_status, "sent")

    def test_a_wrong_token_is_not_found_and_shows_nothing(self):
        secret = self.order.partner_id.name
        self.assertNotIn(secret, self.order.name)
        for url in (
            f"/my/orders/{self.order.id}?access_token=wrong",
            f"/my/orders/{self._order().id}?access_token={self.order.access_token}",
            f"/my/orders/{10**9}?access_token={self.order.access_token}",
            f"/my/orders/{self.order.id}/document/1?access_token=wrong",
        ):
            response = self.url_open(url, allow_redirects=False)
            self.assertEqual(response.status_code, 404, url)
            self.assertNotIn(self.order.name, response.text)
            self.assertNotIn(secret, response.text)
        self.assertFalse(self.order.quote_event_ids.filtered(lambda event: event.kind == "viewed"))

    def test_a_wrong_token_downloads_nothing(self):
        url = f"/my/orders/{self.order.id}?access_token=wrong&report_type=pdf"
        response = self.url_open(url, allow_redirects=False)
        self.assertEqual((response.status_code, response.headers["Location"].rpartition("/")[2]), (303, "my"))

    def test_the_old_link_leads_to_the_current_revision(self):
        revision = self.order._revise()
        revision.order_line.price_unit = 77
        page = self._open().text
        self.assertIn("was replaced by a new one", page)
        self.assertIn("You will receive it soon", page)
        self.assertNotIn(revision.name, page, "what was not sent is not shown")
        revision.action_quotation_sent()
        page = self._open().text
        self.assertIn(revision.get_portal_url().replace("&", "&amp;"), page)
        self.assertNotIn('modalaccept" href', page)
        page = self._open(revision).text
        self.assertIn(f"What changed since {self.order.name}", page)
        self.assertIn("77.00", page)
        self.assertEqual(self._open(revision).status_code, 200)

    def test_what_went_to_another_customer_is_not_shown(self):
        revision = self.order._revise()
        revision.partner_id = self.env["res.partner"].create({"name": "Somebody else"})
        revision.action_quotation_sent()
        self.assertNotIn(revision.name, self._open().text)
        self.assertNotIn("What changed since", self._open(revision).text)

    def test_replaced_cannot_be_signed(self):
        url, token = f"/my/orders/{self.order.id}/accept", self.order.access_token
        self.order._revise().action_quotation_sent()
        answer = self.make_jsonrpc_request(url, {"access_token": token, "name": "Kai", "signature": PIXEL})
        self.assertIn("error", answer)
        self.assertEqual(self.order.state, "cancel")

    def test_refusing_with_a_reason(self):
        reasons = self.env["crm.lost.reason"].create(
            [{"name": "Too late", "customer_choice": True}, {"name": "They are slow payers"}]
        )
        page = self._open().text
        self.assertIn("Too late", page)
        self.assertNotIn("slow payers", page)
        self._decline(self.order, decline_message="We needed it in May", refusal_reason_id=reasons[0].id)
        self.assertEqual((self.order.state, self.order.quote_status), ("cancel", "refused"))
        self.assertEqual(self.order.refusal_reason_id, reasons[0])
        self.assertEqual(self.order.refusal_message, "We needed it in May")
        self.assertIn("You refused this quotation", self._open().text)

    def test_a_reason_that_was_not_offered_counts_as_none(self):
        ours = self.env["crm.lost.reason"].create({"name": "They are slow payers"})
        self._decline(self.order, decline_message="No", refusal_reason_id=ours.id)
        self.assertEqual(self.order.quote_status, "refused")
        self.assertFalse(self.order.refusal_reason_id)
