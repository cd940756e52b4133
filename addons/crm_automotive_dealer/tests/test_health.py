from datetime import timedelta

from odoo import fields
from odoo.tests import Form, tagged

from odoo.addons.crm_automotive_dealer.tools.network import Answer

from .common import LineCommon


@tagged("post_install", "-at_install")
class TestHealth(LineCommon):
    """How a link is doing, and what a person can do about it."""

    def setUp(self):
        super().setUp()
        self.feedback = self._feedback()
        self.feedback.action_submit()
        self.message = self._messages(self.feedback)
        self.mine = self.link.with_user(self.xavi).with_company(self.dealer)

    def _age(self, hours):
        """Let the message be so many hours old."""
        self.env.cr.execute(
            "UPDATE crm_exchange_message SET create_date = now() AT TIME ZONE 'UTC' - %s * interval '1 hour'"
            " WHERE id = %s",
            [hours, self.message.id],
        )
        self.env.invalidate_all()

    def test_backlog_and_last_times(self):
        self.assertEqual((self.mine.waiting_count, self.mine.health), (1, "good"))
        self.assertEqual(self.mine.oldest_waiting, self.message.create_date)
        self.assertFalse(self.mine.last_sent)
        self._run_exchange()
        self.env.invalidate_all()
        self.assertEqual((self.mine.waiting_count, self.mine.oldest_waiting), (0, False))
        self.assertEqual(self.mine.last_sent, self.message.delivered_at)
        self.assertTrue(self.mine.last_received)

    def test_late_is_told_once(self):
        self._age(2)
        self.assertEqual(self.mine.health, "late")
        for _night in range(2):
            self._run_cron("crm_automotive_dealer.ir_cron_exchange_watch")
        self.assertEqual(len(self.link.activity_ids), 1)
        self.assertIn("more than an hour", self.link.activity_ids.summary)
        self.assertFalse(self.far.activity_ids)

    def test_dead_letters_are_sent_again_together(self):
        self.message.state = "dead"
        self.assertEqual((self.mine.dead_count, self.mine.health), (1, "bad"))
        self.mine.action_replay_dead()
        self.assertEqual((self.message.state, self.message.handled_by_id), ("pending", self.xavi))
        self._run_exchange()
        self.assertEqual(self.feedback.state, "acked")

    def test_many_are_discarded_for_one_reason(self):
        other = self._feedback()
        other.action_submit()
        arrived = self._messages(other)
        self.message.state, arrived.state = "dead", "delivered"
        discards = self.env["crm.exchange.discard"].with_user(self.xavi).with_company(self.dealer)
        with Form(discards.with_context(active_ids=(self.message + arrived).ids)) as form:
            form.reason = "Settled by phone"
        form.record.action_discard()
        self.assertEqual((self.message.state, self.message.handled_by_id), ("cancelled", self.xavi))
        self.assertEqual((self.message.discard_reason, self.feedback.state), ("Settled by phone", "draft"))
        self.assertEqual((arrived.state, arrived.discard_reason), ("delivered", False))

    def test_try_now_forgets_the_failures(self):
        self.link.write({"failure_count": 5, "circuit_until": fields.Datetime.now() + timedelta(minutes=5)})
        self.message.write({"state": "retry", "next_try_at": fields.Datetime.now() + timedelta(hours=5)})
        self.assertEqual(self.mine.health, "late")
        self._run_exchange()
        self.assertEqual(self.message.state, "retry")
        self.mine.action_try_now()
        self._run_exchange()
        self.assertEqual((self.feedback.state, self.link.failure_count), ("acked", 0))

    def test_clock_is_written_down_when_it_moves(self):
        for skew, kept in ((3, 0), (30, 30), (33, 30), (-30, -30), (None, -30)):
            self.link._note_contact(Answer(200, skew=skew))
            self.assertEqual(self.link.clock_skew, kept)

    def test_refusals_say_what_to_look_at(self):
        self.link._note_contact(Answer(401, skew=400))
        self.link._stop("paused", Answer(401, error="timestamp"))
        self.assertIn("differ by 400 seconds", self.link.activity_ids.summary)
        self.assertEqual(self.mine.health, "bad", "something waits and nothing goes")
        self.link.state = "connected"
        self.link._stop("paused", Answer(401, error="signature"))
        self.assertIn("Compare the codes and the secrets", self.link.activity_ids[-1:].summary)

    def test_nothing_due_is_no_work(self):
        """A paused link must not keep the crons busy: the host would run them again at once, and warn."""
        self.link.action_pause()
        self._run_cron(f"crm_automotive_dealer.ir_cron_exchange_{self.message.shard}")
        cron = self.env.ref(f"crm_automotive_dealer.ir_cron_exchange_{self.message.shard}")
        progress = self.env["ir.cron.progress"].search([("cron_id", "=", cron.id)], order="id desc", limit=1)
        self.assertEqual((progress.done, progress.remaining), (0, 0))

    def test_form(self):
        with Form(self.mine) as form:
            form.rate_limit = 100
            form.is_compared = False
        self.assertEqual(self.link.rate_limit, 100)
