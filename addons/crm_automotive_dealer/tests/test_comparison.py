from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from odoo.addons.crm_automotive_dealer.models.crm_exchange_comparison import _first

from .common import LineCommon


@tagged("post_install", "-at_install")
class TestComparison(LineCommon):
    """Both ends compare what was delivered; what is missing is sent again, the rest is listed for a person."""

    def setUp(self):
        super().setUp()
        self.feedback = self._feedback()
        self.feedback.action_submit()
        self._run_exchange()
        self.message = self._messages(self.feedback)
        self.assertEqual(self.feedback.state, "acked")

    def _compare(self, peer=None):
        """Let the dealer (or another end) compare everything of today, too."""
        comparisons = self.env["crm.exchange.comparison"]
        comparison = comparisons._compare(peer or self.link, fields.Date.today() + timedelta(days=1))
        self._run_exchange()
        return comparison

    def _entry(self):
        return self.env["crm.exchange.inbox"].search([("uuid", "=", self.message.uuid)])

    def _forget(self):
        """Put the maker back to a backup of before the message."""
        entry = self._entry()
        self.env.cr.execute("DELETE FROM automotive_oem_case WHERE id = %s", [entry.res_id])
        self.env.cr.execute("DELETE FROM crm_exchange_inbox WHERE id = %s", [entry.id])
        self.env.cr.execute("DELETE FROM crm_exchange_stream WHERE peer_id = %s", [self.far.id])
        self.env.invalidate_all()

    def _kinds(self, comparison):
        return comparison.difference_ids.mapped("kind")

    def test_equal_at_both_ends(self):
        for peer in (self.link, self.far):
            comparison = self._compare(peer)
            self.assertEqual((comparison.state, comparison.message_count), ("equal", 1))
        theirs = self.env["crm.exchange.comparison"].search([("direction", "=", "theirs")], limit=2)
        self.assertEqual(set(theirs.mapped("state")), {"equal"})

    def test_what_they_lost_is_sent_again(self):
        self._forget()
        comparison = self._compare()
        self.assertEqual((comparison.state, self._kinds(comparison)), ("mended", ["resent"]))
        self.assertEqual(comparison.difference_ids.message_id, self.message)
        self._run_exchange()
        self.assertEqual(len(self._case(self.feedback)), 1)
        self.assertEqual(self._compare().state, "equal")

    def test_what_is_not_kept_any_more_is_for_a_person(self):
        self._forget()
        self.message.payload = False
        comparison = self._compare()
        self.assertEqual((comparison.state, self._kinds(comparison)), ("different", ["lost"]))
        self.assertIn("Comparisons", self.link.activity_ids.summary)
        comparison.with_user(self.xavi).action_settle()
        self.assertEqual((comparison.state, comparison.settled_by_id), ("settled", self.xavi))

    def test_what_arrived_after_all_is_not_sent_again(self):
        self.message.write({"state": "dead", "delivered_at": False})
        comparison = self._compare()
        self.assertEqual((comparison.state, self._kinds(comparison)), ("mended", ["arrived"]))
        self.assertEqual(self.message.state, "delivered")

    def test_what_we_cancelled_and_they_have(self):
        self.message.state = "cancelled"
        comparison = self._compare()
        self.assertEqual((comparison.state, self._kinds(comparison)), ("different", ["cancelled"]))

    def test_what_we_do_not_know(self):
        self.env.cr.execute("DELETE FROM crm_exchange_message WHERE id = %s", [self.message.id])
        self.env.invalidate_all()
        comparison = self._compare()
        self.assertEqual((comparison.state, self._kinds(comparison)), ("different", ["unknown"]))

    def test_other_words(self):
        self.env.cr.execute("UPDATE crm_exchange_inbox SET payload_sha256 = 'x' WHERE id = %s", [self._entry().id])
        self.assertEqual(self._kinds(self._compare()), ["content"])

    def test_the_night(self):
        self._run_cron("crm_automotive_dealer.ir_cron_exchange_compare")
        made = self.env["crm.exchange.comparison"].search([("direction", "=", "ours")])
        self.assertEqual(made.peer_id & (self.link + self.far), self.link + self.far)
        self.assertEqual(set(made.mapped("date_to")), {fields.Date.today()}, "today is not over")
        self.link.is_compared = False
        self._run_cron("crm_automotive_dealer.ir_cron_exchange_compare")
        again = self.env["crm.exchange.comparison"].search([("direction", "=", "ours")]) - made
        self.assertNotIn(self.link, again.peer_id)

    def _ask(self, **data):
        """Let the maker receive a digest as a stranger may write it; return its status."""
        digest = self._compare()
        message = self._messages(digest)
        content = {"from": "2026-01-01", "to": "2026-01-08", "buckets": {}, **data}
        comparisons = self.env["crm.exchange.comparison"]
        asked = comparisons.create({"peer_id": self.link.id, "date_from": "2026-01-01", "date_to": "2026-01-08"})
        message = self.env["crm.exchange.message"]._emit(self.link, message.type, asked, "asked", content)
        return self.far._receive(message.payload.encode(), message.uuid)[0]

    def test_hostile_digests(self):
        for status, data in (
            (422, {"from": "2026-99-99"}),
            (422, {"from": "1026-01-01"}),
            (422, {"to": "2026-01-01"}),
            (200, {"buckets": {"2026-99-99/a": [1, "0" * 32], "2020-01-01/b": [1, "0" * 32]}}),
        ):
            with self.subTest(**data):
                self.assertEqual(self._ask(**data), status)

    def test_an_answer_has_a_limit(self):
        self.assertEqual(_first({"a": [1] * 5, "b": [1]}, 3), {"a": [1] * 5})
        self.assertEqual(_first({"a": [1], "b": [1], "c": [1, 2]}, 3), {"a": [1], "b": [1]})

    def test_screen_and_rights(self):
        comparison = self._compare()
        Form(comparison.with_user(self.xavi))
        for user in (self.dora, self.dan, self.max, self.mia):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                comparison.with_user(user).read(["state"])
        with self.assertRaises(AccessError):
            comparison.with_user(self.xavi).write({"state": "settled"})
