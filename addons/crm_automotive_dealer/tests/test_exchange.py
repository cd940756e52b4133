import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.crm_automotive_dealer.models.crm_exchange_message import SHARDS
from odoo.addons.crm_automotive_dealer.tools import envelope
from odoo.addons.crm_automotive_dealer.tools.network import Answer

from .common import DealerCommon

PEER = "odoo.addons.crm_automotive_dealer.models.crm_exchange_peer"
HTTP = f"{PEER}_http.CrmExchangePeer"
MESSAGE = "odoo.addons.crm_automotive_dealer.models.crm_exchange_message"
CASE = "odoo.addons.crm_automotive_dealer.models.automotive_oem_case.AutomotiveOemCase"


@tagged("post_install", "-at_install")
class TestExchange(DealerCommon):
    """The engine, shown on the feedback that uses it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.link = cls._connect()
        cls.far = cls.link._get_counterpart()

    def _submitted(self, **values):
        feedback = self._feedback(**values)
        feedback.action_submit()
        return feedback, self._messages(feedback)

    def _as_http(self, link=None):
        """Make the dealer's end an HTTP link; what is sent is answered by a test's function."""
        (link or self.link).write({"transport": "http", "url": "https://maker.example.com"})

    # ------------------------------------------------------------
    # Outbox
    # ------------------------------------------------------------

    def test_emit_belongs_to_its_transaction(self):
        feedback = self._feedback()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            feedback.action_submit()
            self.assertTrue(self._messages(feedback))
            1 / 0  # noqa: B018
        self.env.invalidate_all()
        self.assertFalse(self._messages(feedback))
        self.assertEqual(feedback.state, "draft")

    def test_emit_twice_is_one_message(self):
        feedback, message = self._submitted()
        feedback.action_submit()
        again = feedback._emit("automotive.feedback.submitted.v1", "submitted:0")
        self.assertEqual(again, message)
        self.assertEqual(self._messages(feedback), message)

    def test_payload_is_frozen(self):
        _feedback, message = self._submitted()
        with self.assertRaises(UserError):
            message.payload = "{}"
        self.assertEqual(envelope.parse(message.payload.encode())["id"], message.uuid)
        message._gc_payloads()
        self.assertTrue(message.payload)

    def test_old_payloads_are_emptied(self):
        _feedback, message = self._submitted()
        self._run_exchange()
        self.env.cr.execute(
            "UPDATE crm_exchange_message SET create_date = create_date - interval '91 days' WHERE id = %s", message.ids
        )
        self.env.invalidate_all()
        for days, kept in (("100", True), ("90", False)):
            self.env["ir.config_parameter"].set_param("crm_exchange.kept_days", days)
            done, more = message._gc_payloads()
            self.assertEqual((bool(message.payload), more), (kept, 0))
        self.assertEqual(done, 1)
        self.assertTrue(message.payload_sha256)

    def test_order_within_a_record(self):
        feedback, first = self._submitted()
        second = feedback._emit("automotive.feedback.withdrawn.v1", "later")
        self.assertLess(first.seq, second.seq)
        self.assertEqual(self.env["crm.exchange.message"]._claim(first.shard), first)
        first.state = "dead"
        self.assertEqual(self.env["crm.exchange.message"]._claim(first.shard), second, "a dead message blocks nothing")

    def test_supersede(self):
        feedback, first = self._submitted()
        messages = self.env["crm.exchange.message"]
        second = messages._emit(self.link, first.type, feedback, "newer", {"kind": "praise"}, supersede=True)
        self.assertEqual((first.state, second.state), ("superseded", "pending"))

    def test_claim_has_a_lease(self):
        _feedback, message = self._submitted()
        messages = self.env["crm.exchange.message"]
        self.assertEqual(messages._claim(message.shard), message)
        self.assertFalse(messages._claim(message.shard), "held by the first worker")
        token = message.lease_token
        message.lease_until = fields.Datetime.now() - timedelta(seconds=1)
        self.assertEqual(messages._claim(message.shard), message, "the first worker is gone")
        message._finish(token, Answer(500))
        self.assertEqual(message.state, "sending", "the result of the first worker comes too late")
        message._finish(message.lease_token, Answer(200, {"status": "processed"}))
        self.assertEqual(message.state, "delivered")

    def test_claim_looks_at_what_waits_only(self):
        """However much was settled before: the next messages are found in the index of what waits."""
        _feedback, message = self._submitted()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_exchange_message (uuid, peer_id, type, ordering_key, seq, shard, dedupe_key, payload,
                    state, next_try_at, attempts)
                SELECT 'many-' || n, %(peer)s, 'x', 'many-' || n, 1, n %% 4, 'many-' || n, '{}',
                    CASE WHEN n < 15000 THEN 'delivered' ELSE 'pending' END, now() AT TIME ZONE 'UTC', 0
                FROM generate_series(1, 20000) n
                """,
                peer=message.peer_id.id,
            )
        )
        self.env.cr.execute("ANALYZE crm_exchange_message")
        messages = self.env["crm.exchange.message"]
        for shard in range(SHARDS):
            where = SQL("message.shard = %s AND message.peer_id = ANY (%s)", shard, messages._get_open_peers())
            query = messages._get_claim_query(where, 20, fields.Datetime.now(), "token")
            plan = "\n".join(row[0] for row in self.env.execute_query(SQL("EXPLAIN %s", query)))
            self.assertIn(f"Index Scan using crm_exchange_message_due_{shard} on crm_exchange_message message", plan)

    def test_late_worker_does_not_send(self):
        _feedback, message = self._submitted()
        self.env["crm.exchange.message"]._claim(message.shard)
        message.lease_until = fields.Datetime.now() + timedelta(seconds=5)
        message._deliver()
        self.assertFalse(self.env["crm.exchange.inbox"].search([("uuid", "=", message.uuid)]))

    # ------------------------------------------------------------
    # Failures
    # ------------------------------------------------------------

    def _send_with(self, *answers):
        self._as_http()
        with patch(f"{HTTP}._send", side_effect=list(answers)):
            self._run_exchange(rounds=len(answers))

    def test_retry_then_delivered(self):
        feedback, message = self._submitted()
        self._send_with(Answer(500))
        self.assertEqual((message.state, message.attempts, message.last_status), ("retry", 1, 500))
        self.assertGreater(message.next_try_at, fields.Datetime.now())
        message.next_try_at = fields.Datetime.now()
        self._send_with(Answer(200, {"status": "processed", "ref": "C1"}))
        self.assertEqual((message.state, message.remote_ref, feedback.state), ("delivered", "C1", "delivered"))

    def test_retry_after_wins(self):
        _feedback, message = self._submitted()
        self._send_with(Answer(429, {}, 3600))
        self.assertGreater(message.next_try_at, fields.Datetime.now() + timedelta(minutes=55))

    def test_tries_are_used_up(self):
        feedback, message = self._submitted()
        message.attempts = 9
        self._send_with(Answer(500))
        self.assertEqual(message.state, "dead")
        self.assertTrue(feedback.transfer_problem)

    def test_refused_for_good_then_replayed(self):
        feedback, message = self._submitted()
        self._send_with(Answer(422, {}, 0, "unknown"))
        self.assertEqual((message.state, message.last_error), ("dead", "unknown"))
        self.assertTrue(self.link.activity_ids)
        self.assertEqual(feedback.activity_ids.user_id, self.dora)
        before = message.uuid, message.payload
        message.with_user(self.xavi).action_replay()
        self.assertEqual((message.state, message.handled_by_id), ("pending", self.xavi))
        self._send_with(Answer(200, {"status": "processed"}))
        self.assertEqual(message.state, "delivered")
        self.assertEqual((message.uuid, message.payload), before)
        self.assertFalse(feedback.transfer_problem)

    def test_discard_needs_a_reason(self):
        feedback, message = self._submitted()
        self._send_with(Answer(422))
        with self.assertRaises(UserError):
            message.with_user(self.xavi).action_discard()
        message.with_user(self.xavi).discard_reason = "Sent by post"
        message.with_user(self.xavi).action_discard()
        self.assertEqual((message.state, feedback.state, feedback.revision), ("cancelled", "draft", 1))

    def test_wrong_signature_pauses_the_link(self):
        _feedback, message = self._submitted()
        self._send_with(Answer(401, {}, 0, "signature"))
        self.assertEqual((self.link.state, message.state, message.attempts), ("paused", "retry", 0))
        self.assertTrue(self.link.activity_ids)
        self.assertFalse(self.env["crm.exchange.message"]._claim(message.shard))

    def test_gone_closes_the_link(self):
        self._submitted()
        self._send_with(Answer(410))
        self.assertEqual(self.link.state, "closed")

    def test_silence_opens_the_circuit(self):
        self.link.failure_count = 4
        _feedback, message = self._submitted()
        self._send_with(Answer(0, error="ConnectTimeout"))
        self.assertTrue(self.link._is_circuit_open())
        message.next_try_at = fields.Datetime.now()
        self.assertFalse(self.env["crm.exchange.message"]._claim(message.shard))
        self.link.circuit_until = fields.Datetime.now() - timedelta(seconds=1)
        self._send_with(Answer(200, {"status": "processed"}))
        self.assertEqual((message.state, self.link.failure_count), ("delivered", 0))

    def test_receivers_mistake_is_tried_again(self):
        feedback, message = self._submitted()
        with patch(f"{CASE}._exchange_receive", side_effect=RuntimeError("bug")), mute_logger(PEER):
            self._run_exchange(rounds=1)
        self.assertEqual((message.state, message.last_status), ("retry", 503))
        self.assertFalse(self.env["crm.exchange.inbox"].search([("uuid", "=", message.uuid)]))
        message.next_try_at = fields.Datetime.now()
        self._run_exchange()
        self.assertEqual(feedback.state, "acked")

    def test_one_broken_message_stops_nobody(self):
        broken, message = self._submitted()
        healthy = [self._submitted()[0] for _n in range(3)]
        original = type(broken)._exchange_refusal

        def refuse(record, asked):
            if asked == message:
                raise RuntimeError("bug")
            return original(record, asked)

        with patch.object(type(broken), "_exchange_refusal", refuse), mute_logger(MESSAGE):
            self._run_exchange()
        self.assertEqual(message.state, "retry")
        self.assertEqual({feedback.state for feedback in healthy}, {"acked"})

    # ------------------------------------------------------------
    # Inbox
    # ------------------------------------------------------------

    def _deliver_raw(self, message, payload=None, uuid=None):
        return self.far._receive((payload or message.payload).encode(), uuid or message.uuid)

    def test_received_twice_is_one_case(self):
        """The sender crashed after the delivery and before it noted the result."""
        feedback, message = self._submitted()
        status, body = self._deliver_raw(message)
        self.assertEqual((status, body["status"]), (200, "processed"))
        status, again = self._deliver_raw(message)
        self.assertEqual((status, again["status"], again["ref"]), (200, "duplicate", body["ref"]))
        self._run_exchange()
        self.assertEqual(len(self._case(feedback)), 1)
        self.assertEqual((message.state, feedback.state, feedback.case_number), ("acked", "acked", body["ref"]))

    def test_out_of_order_is_stale(self):
        feedback, first = self._submitted()
        second = feedback._emit("automotive.feedback.informed.v1", "later")
        self.assertEqual(self._deliver_raw(second)[1]["status"], "processed")
        self.assertEqual(self._deliver_raw(first)[1]["status"], "stale")
        self.assertEqual(len(self._case(feedback)), 1)

    # ------------------------------------------------------------
    # Consent withdrawn while nobody knows whether the message arrived
    # ------------------------------------------------------------

    def _submitted_with_name(self):
        self._agree()
        feedback, message = self._submitted(disclosure="identified")
        self.env["crm.exchange.message"]._claim(message.shard)
        return feedback, message

    def _lose_the_answer(self, feedback, message):
        """The maker has it, and the dealer does not know; then the customer withdraws."""
        self._deliver_raw(message)
        self.assertEqual(self._case(feedback).customer_name, self.carla.name)
        message._finish(message.lease_token, Answer(0, error="ReadTimeout"))
        self._agree("withdrawn")
        message.next_try_at = fields.Datetime.now()

    def _deliver_only(self, message):
        self.env["crm.exchange.message"]._claim_where(SQL("message.id = %s", message.id), 1)._deliver()

    def test_withdrawn_after_an_answer_got_lost(self):
        """What the dealer then cancels is taken back at the maker's."""
        feedback, message = self._submitted_with_name()
        self._lose_the_answer(feedback, message)
        self._deliver_only(message)
        self.assertEqual((message.state, feedback.state), ("cancelled", "draft"))
        self._run_exchange()
        case = self._case(feedback)
        self.assertEqual((case.customer_name, case.disclosure), (False, "pseudonymous"))

    def test_withdrawn_before_the_confirmation_tells_that_it_arrived(self):
        feedback, message = self._submitted_with_name()
        self._lose_the_answer(feedback, message)
        self._deliver_only(self._messages(self._case(feedback)))
        self.assertEqual((message.state, feedback.state), ("acked", "acked"))
        self._run_exchange()
        self.assertFalse(self._case(feedback).customer_name)

    def test_withdrawn_after_nothing_arrived(self):
        """There is nothing to take back, and nothing is made."""
        feedback, message = self._submitted_with_name()
        message._finish(message.lease_token, Answer(0, error="ConnectTimeout"))
        self._agree("withdrawn")
        message.next_try_at = fields.Datetime.now()
        self._run_exchange()
        self.assertEqual((feedback.state, len(self._case(feedback))), ("draft", 0))
        self.assertEqual(set(self._messages(feedback).mapped("state")), {"cancelled", "delivered"})

    def test_withdrawn_while_it_is_under_way(self):
        feedback, message = self._submitted_with_name()
        status, body = self._deliver_raw(message)
        self._agree("withdrawn")
        message._finish(message.lease_token, Answer(status, body))
        self._run_exchange()
        self.assertFalse(self._case(feedback).customer_name)

    def test_tampered(self):
        _feedback, message = self._submitted()
        self._deliver_raw(message)
        changed = json.loads(message.payload)
        changed["data"]["text"] = "All is fine"
        self.assertEqual(self._deliver_raw(message, json.dumps(changed))[0], 409)

    def test_rejected_can_come_again(self):
        feedback, message = self._submitted()
        with patch.object(type(self.env["crm.exchange.inbox"]), "_get_handlers", return_value={}):
            status, body = self._deliver_raw(message)
            self.assertEqual((status, body["status"]), (422, "rejected"))
        self.assertEqual(self._deliver_raw(message)[1]["status"], "processed")
        self.assertEqual(len(self._case(feedback)), 1)

    def test_nonsense_is_rejected(self):
        _feedback, message = self._submitted()
        good = json.loads(message.payload)
        for change in (
            {"data": []},
            {"data": {"kind": "x"}},
            {"data": {"kind": "praise", "text": 5}},
            {"data": {"kind": "praise", "text": "x\x00"}},
            {"seq": "x"},
            {"seq": "9" * 40},
            {"type": "automotive.feedback.unknown.v9"},
            {"subject": ""},
            {"disclosure": "all"},
        ):
            with self.subTest(change=change):
                status, body = self._deliver_raw(message, json.dumps({**good, **change}))
                self.assertIn(status, (409, 422))
                self.assertEqual(body["status"], "rejected")
                self.env["crm.exchange.inbox"].search([("uuid", "=", message.uuid)]).unlink()
        for raw in (b"", b"[]", b"\xff", b"[" * 100_000, b'{"id": NaN}'):
            self.assertEqual(self.far._receive(raw, message.uuid)[0], 422)
        self.assertEqual(self._deliver_raw(message, uuid="0b3b0a3e-8d0c-4b8e-9f1e-3c7f6e1d2a10")[0], 422)

    def test_role_of_the_sender(self):
        """A dealer cannot answer in the maker's name, nor a maker report feedback."""
        _feedback, message = self._submitted()
        self.assertEqual(self.link._receive(message.payload.encode(), message.uuid)[0], 422)

    # ------------------------------------------------------------
    # Set-up, screens and rights
    # ------------------------------------------------------------

    def test_connecting_makes_the_other_end_once(self):
        self.link.action_connect()
        ends = self.env["crm.exchange.peer"].search([("local_key", "in", ("ES-0471", "TESTA"))])
        self.assertEqual(ends, self.link + self.far)
        self.assertEqual((self.far.company_id, self.far.role, self.far.state), (self.maker, "dealer", "connected"))
        purposes = self.env["crm.privacy.purpose"].search([("code", "=", "oem_share_feedback")])
        self.assertEqual(purposes.company_id & (self.dealer + self.maker), self.dealer)

    def test_connect_refuses_what_cannot_work(self):
        values = {"name": "X", "role": "maker", "local_key": "a1", "remote_key": "b1", "company_id": self.dealer.id}
        peers = self.env["crm.exchange.peer"]
        for more in (
            {"transport": "internal"},
            {"transport": "internal", "remote_company_id": self.dealer.id},
            {"transport": "http", "url": "https://127.0.0.1", "secret_out": "whsec_" + "a" * 44},
            {"transport": "http", "url": "http://example.com", "secret_out": "whsec_" + "a" * 44},
            {"transport": "http", "url": "https://127.0.0.1"},
        ):
            with self.subTest(**more), self.assertRaises(UserError), self.env.cr.savepoint():
                peers.create({**values, **more}).action_connect()

    def test_deliver_now(self):
        feedback, message = self._submitted()
        self.link.with_user(self.xavi).with_company(self.dealer).action_deliver_now()
        self.assertEqual((message.state, feedback.state), ("delivered", "delivered"))
        self.link.with_user(self.xavi).with_company(self.dealer).action_deliver_now()
        self.assertEqual((message.state, feedback.state), ("acked", "acked"))
        self._as_http()
        with self.assertRaises(UserError):
            self.link.action_deliver_now()

    def test_closed_other_end_waits(self):
        feedback, message = self._submitted()
        self.far.action_pause()
        self._run_exchange(rounds=1)
        self.assertEqual((message.state, message.last_status, feedback.state), ("retry", 503, "queued"))

    def test_form(self):
        peers = self.env["crm.exchange.peer"].with_user(self.xavi).with_company(self.dealer)
        with Form(peers) as form:
            form.name = "Another maker"
            form.role = "maker"
            form.transport = "internal"
            form.remote_company_id = self.maker
            form.local_key = "ES-9"
            form.remote_key = "OTHER"
        self.assertEqual(form.record.state, "draft")
        _feedback, message = self._submitted()
        Form(message.with_user(self.xavi))
        self._run_exchange()
        Form(self.env["crm.exchange.inbox"].with_user(self.xavi).search([("uuid", "=", message.uuid)]))

    def test_roles(self):
        _feedback, message = self._submitted()
        self._run_exchange()
        self.assertTrue(message.with_user(self.xavi).type)
        self.assertTrue(message.with_user(self.dan).type)
        for user in (self.dora, self.max, self.olga, self.mia):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                message.with_user(user).read(["type"])
        for user in (self.dora, self.dan):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.link.with_user(user).write({"state": "paused"})
            for secret in ("secret_in", "secret_out", "pseudonym_key"):
                with self.subTest(secret=secret), self.assertRaises(AccessError):
                    self.link.with_user(user).read([secret])
        self.assertTrue(self.link.with_user(self.dora).name)
        with self.assertRaises(AccessError):
            self.link.with_user(self.max).read(["name"])
        for model in ("crm.exchange.inbox", "crm.exchange.stream"):
            self.assertTrue(self.env[model].with_user(self.xavi).with_context(
                allowed_company_ids=self.xavi.company_ids.ids).search([]))  # fmt: skip
            for user in (self.dora, self.dan, self.max, self.mia):
                with self.subTest(model=model, user=user.login), self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])
