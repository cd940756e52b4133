from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_automotive_dealer.tools import pull, webhook
from odoo.addons.crm_automotive_dealer.tools.network import Answer

from .common import HTTP, LineCommon

MESSAGE = "odoo.addons.crm_automotive_dealer.models.crm_exchange_message"


@tagged("post_install", "-at_install")
class TestPull(LineCommon):
    """A dealer behind a firewall sends and fetches; the maker only answers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.link.mode = "pull"
        cls.far.write({"mode": "polled", "url": False})
        cls.far.action_connect()

    def _fetch(self):
        self._run_cron("crm_automotive_dealer.ir_cron_exchange_fetch")

    def _submitted(self):
        feedback = self._feedback()
        feedback.action_submit()
        self._run_exchange()
        return feedback, self._messages(self._case(feedback))

    def test_there_by_sending_and_back_by_fetching(self):
        feedback, confirmation = self._submitted()
        self.assertEqual((feedback.state, confirmation.state), ("delivered", "pending"), "nobody sends to the dealer")
        self._fetch()
        self.assertEqual((feedback.state, feedback.case_number), ("acked", self._case(feedback).name))
        self.assertEqual((confirmation.state, confirmation.last_status), ("delivered", 200))
        self.assertEqual(confirmation.remote_ref, feedback.name)
        self.assertEqual([len(asked["results"]) for asked in self.questions], [0, 1])
        case = self._case(feedback).with_user(self.max)
        case.answer = "Come by"
        case.action_answer()
        self._fetch()
        self.assertEqual((feedback.state, feedback.answer), ("answered", "Come by"))

    def test_delivery_wakes_the_fetching_up(self):
        cron = self.env.ref("crm_automotive_dealer.ir_cron_exchange_fetch")
        self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).unlink()
        self._submitted()
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]))

    def test_lost_results_repeat_the_message_and_not_its_effect(self):
        feedback, confirmation = self._submitted()
        self.lose_results = True
        self._fetch()
        self.assertEqual((feedback.state, confirmation.state), ("acked", "sending"))
        self.lose_results = False
        self._fetch()
        self.assertEqual(confirmation.state, "sending", "its lease still holds")
        confirmation.lease_until = fields.Datetime.now() - timedelta(seconds=1)
        self._fetch()
        self.assertEqual((confirmation.state, confirmation.attempts), ("delivered", 2))
        self.assertEqual(self.questions[-1]["results"][0]["body"]["status"], "duplicate")
        self.assertEqual(self.env["crm.exchange.inbox"].search_count([("uuid", "=", confirmation.uuid)]), 1)

    def test_result_of_a_former_lease_counts_no_more(self):
        _feedback, confirmation = self._submitted()
        (first,) = self._hand_out()
        confirmation.lease_until = fields.Datetime.now() - timedelta(seconds=1)
        (second,) = self._hand_out()
        self.assertNotEqual(first["lease"], second["lease"])
        self._hand_out(confirmation, first["lease"], 422)
        self.assertEqual(confirmation.state, "sending")
        self._hand_out(confirmation, second["lease"], 200)
        self.assertEqual(confirmation.state, "delivered")

    def _hand_out(self, message=None, lease=None, status=200, limit=20):
        """Ask by hand, and report one result; return the messages handed out."""
        results = [{"id": message.uuid, "lease": lease, "status": status, "body": {}}] if message else []
        code, body = self.far._hand_out(pull.question(results, limit))
        self.assertEqual(code, 200)
        return body["messages"]

    def test_order_and_size(self):
        feedback, confirmation = self._submitted()
        self._submitted()
        case = self._case(feedback)
        later = case._emit("automotive.feedback.answered.v1", "later")
        with patch.object(pull, "MAX_BATCH", 1):
            handed = self._hand_out()
        self.assertEqual([message["lease"] for message in handed], [confirmation.lease_token], "one at least")
        other = self._hand_out()
        self.assertEqual(len(other), 1, "the other case's; the later one of this case must wait")
        self.assertEqual(later.state, "pending")
        self.assertFalse(self._hand_out(confirmation, confirmation.lease_token, limit=0))
        self.assertEqual(len(self._hand_out()), 1)
        self.assertEqual(later.state, "sending")

    def test_refused_results_go_their_usual_way(self):
        for status, state in ((422, "dead"), (503, "retry"), (401, "retry")):
            _feedback, confirmation = self._submitted()
            self._hand_out()
            self._hand_out(confirmation, confirmation.lease_token, status, limit=0)
            self.assertEqual(confirmation.state, state)
        self.assertEqual(self.far.state, "paused", "they do not accept our signature")

    def test_wrong_signature_is_reported(self):
        feedback, confirmation = self._submitted()
        self.link.secret_in = webhook.new_secret()
        self._fetch()
        self.assertEqual((feedback.state, self.far.state, confirmation.state), ("delivered", "paused", "retry"))

    def test_what_must_not_leave_is_not_handed_out(self):
        self.link.mode = "polled"
        self._agree()
        feedback = self._feedback(disclosure="identified")
        feedback.action_submit()
        self._agree("withdrawn")
        status, body = self.link._hand_out(pull.question())
        self.assertEqual((status, body["messages"]), (200, []))
        self.assertEqual((self._messages(feedback).state, feedback.state), ("cancelled", "draft"))

    def test_one_broken_message_holds_up_nobody(self):
        _feedback, broken = self._submitted()
        _feedback, healthy = self._submitted()
        original = type(self._case(_feedback))._exchange_refusal

        def refuse(record, asked):
            if asked == broken:
                raise RuntimeError("bug")
            return original(record, asked)

        with patch.object(type(self._case(_feedback)), "_exchange_refusal", refuse), mute_logger(MESSAGE):
            self.assertEqual([message["lease"] for message in self._hand_out()], [healthy.lease_token])
        self.assertEqual(broken.state, "retry")

    def test_questions_that_are_none(self):
        self.assertEqual(self.link._hand_out(pull.question())[0], 403, "nobody fetches from this end")
        for raw in (b"", b"[]", b"{}", b'{"limit":-1,"results":[]}', b'{"limit":true,"results":[]}'):
            self.assertEqual(self.far._hand_out(raw)[0], 422, raw)
        for change in ({"id": 5}, {"lease": "\x00"}, {"status": "200"}, {"status": 0}, {"body": []}):
            result = {"id": "a", "lease": "b", "status": 200, "body": {}, **change}
            self.assertEqual(self.far._hand_out(pull.question([result]))[0], 422, change)

    def test_silent_maker_is_left_alone(self):
        self.link.failure_count = 4
        with patch(f"{HTTP}._post", return_value=Answer(0, error="ConnectTimeout")) as asked:
            self._fetch()
            self.assertTrue(self.link._is_circuit_open())
            self._fetch()
            self.assertEqual(asked.call_count, 1)

    def test_refusing_maker_stops_the_fetching(self):
        for status, state in ((401, "paused"), (410, "closed")):
            self.link.state = "connected"
            with patch(f"{HTTP}._post", return_value=Answer(status)):
                self._fetch()
            self.assertEqual(self.link.state, state)
        self.assertTrue(self.link.activity_ids)
