import json
import socket
import time
import uuid
from unittest.mock import patch

import requests

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_automotive_dealer.models import crm_exchange_peer_http
from odoo.addons.crm_automotive_dealer.models.crm_exchange_message import SHARDS
from odoo.addons.crm_automotive_dealer.models.crm_exchange_peer_http import MESSAGES, PULL
from odoo.addons.crm_automotive_dealer.tools import envelope, pull, schema, webhook

from .common import DealerCommon

PEER = "odoo.addons.crm_automotive_dealer.models.crm_exchange_peer"


@tagged("post_install", "-at_install")
class TestHttp(DealerCommon, HttpCase):
    """Two ends in one database, but over the wire."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param("crm_exchange.allow_private", "1")
        peers = cls.env["crm.exchange.peer"]
        cls.secret_there, cls.secret_back = webhook.new_secret(), webhook.new_secret()
        common = {"transport": "http", "url": cls.base_url()}
        cls.link = peers.create(
            {
                **common, "name": "Maker", "company_id": cls.dealer.id, "role": "maker",
                "local_key": "D1", "remote_key": "M1", "secret_out": cls.secret_there, "secret_in": cls.secret_back,
            }
        )  # fmt: skip
        cls.far = peers.create(
            {
                **common, "name": "Dealer", "company_id": cls.maker.id, "role": "dealer",
                "local_key": "M1", "remote_key": "D1", "secret_out": cls.secret_back, "secret_in": cls.secret_there,
            }
        )  # fmt: skip
        (cls.link + cls.far).action_connect()

    def _body(self, message_id, subject=None, seq=1, **data):
        data = {"kind": "complaint", "text": "It rattles", **data}
        kind = "automotive.feedback.submitted.v1"
        content = envelope.build(message_id, kind, subject or str(uuid.uuid4()), seq, data, disclosure="pseudonymous")
        return content.encode()

    def _post(self, raw, message_id, secret=None, at=None, path=MESSAGES, **headers):
        signed = webhook.headers(secret or self.secret_there, message_id, at or time.time(), raw)
        names = {"X-Exchange-Sender": "D1", "X-Exchange-Receiver": "M1", "Content-Type": "application/json"}
        response = self.url_open(path, data=raw, headers={**names, **signed, **headers}, allow_redirects=False)
        self.assertNotIn("Set-Cookie", response.headers)
        self.assertNotIn("Traceback", response.text)
        self.assertEqual(response.headers["Content-Type"].split(";")[0], "application/json", response.text)
        return response

    def test_signed_message_is_processed_once(self):
        message_id = str(uuid.uuid4())
        raw = self._body(message_id)
        first, second = self._post(raw, message_id), self._post(raw, message_id)
        self.assertEqual((first.status_code, first.json()["status"]), (200, "processed"))
        self.assertEqual((second.status_code, second.json()["status"]), (200, "duplicate"))
        cases = self.env["automotive.oem.case"].search([("peer_id", "=", self.far.id)])
        self.assertEqual((cases.name, cases.company_id), (first.json()["ref"], self.maker))

    def test_not_authentic(self):
        message_id = str(uuid.uuid4())
        raw = self._body(message_id)
        for reason, options in (
            ("signature", {"secret": webhook.new_secret()}),
            ("timestamp", {"at": time.time() - 301}),
            ("timestamp", {"at": time.time() + 360}),
            ("signature", {"X-Exchange-Sender": "nobody"}),
            ("headers", {"webhook-timestamp": "x"}),
            ("signature", {"webhook-id": str(uuid.uuid4())}),
            ("signature", {"webhook-signature": "v1,%%%%"}),
        ):
            with self.subTest(reason=reason, **options):
                response = self._post(raw, message_id, **options)
                self.assertEqual((response.status_code, response.json()["reason"]), (401, reason))
        altered = webhook.headers(self.secret_there, message_id, time.time(), raw)
        self.assertEqual(self._post(raw.replace(b"rattles", b"is fine"), message_id, **altered).status_code, 401)
        self.assertFalse(self.env["automotive.oem.case"].search([("peer_id", "=", self.far.id)]))

    def test_rotated_secret(self):
        new = webhook.new_secret()
        self.far.secret_in = f"{self.secret_there} {new}"
        for secret in (self.secret_there, new):
            message_id = str(uuid.uuid4())
            self.assertEqual(self._post(self._body(message_id), message_id, secret=secret).status_code, 200)

    def test_same_id_other_content(self):
        message_id = str(uuid.uuid4())
        self._post(self._body(message_id), message_id)
        self.assertEqual(self._post(self._body(message_id, text="Other"), message_id).status_code, 409)

    def test_not_a_message(self):
        message_id = str(uuid.uuid4())
        for status, raw, headers in (
            (422, b"[]", {}),
            (422, self._body(message_id, kind="x"), {}),
            (415, b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}),
            (413, b"x" * (envelope.MAX_SIZE + 1), {}),
        ):
            with self.subTest(status=status):
                self.assertEqual(self._post(raw, message_id, **headers).status_code, status)
        self.assertEqual(self.url_open(MESSAGES).status_code, 405)

    def test_schemas_are_served(self):
        for kind in sorted(schema.kinds()):
            served = self.url_open(f"/crm_automotive_dealer/static/schemas/{kind}.json").json()
            self.assertTrue(served["title"], kind)

    def test_too_many_are_asked_to_wait(self):
        self.far.rate_limit = 2
        for status in (200, 200, 429, 429):
            message_id = str(uuid.uuid4())
            response = self._post(self._body(message_id), message_id)
            self.assertEqual(response.status_code, status)
        self.assertEqual(response.headers["Retry-After"], "60")
        self.env.cr.execute("UPDATE crm_exchange_request SET date = date - interval '61 seconds'")
        self.assertEqual(self._post(self._body(message_id), message_id).status_code, 200)

    def test_paused_link_asks_for_another_time(self):
        """It must not look like a wrong signature, which would pause the other end, too."""
        self.far.action_pause()
        message_id = str(uuid.uuid4())
        response = self._post(self._body(message_id), message_id)
        self.assertEqual((response.status_code, response.headers["Retry-After"]), (503, "300"))
        self.assertEqual(self._post(self._body(message_id), message_id, webhook.new_secret()).status_code, 401)

    def test_fetching_needs_a_signature(self):
        self.far.mode = "polled"
        message_id = str(uuid.uuid4())
        self._post(self._body(message_id), message_id)
        question = pull.question()
        self.assertEqual(self._post(question, "q1", webhook.new_secret(), path=PULL).status_code, 401)
        (handed,) = self._post(question, "q1", path=PULL).json()["messages"]
        self.assertIsNone(webhook.verify(self.secret_back, handed["headers"], handed["body"].encode(), time.time()))
        self.assertEqual(json.loads(handed["body"])["correlation_id"], message_id)

    def test_mistake_of_the_receiver_asks_for_another_try(self):
        message_id = str(uuid.uuid4())
        raw = self._body(message_id)
        handler = patch.object(
            type(self.env["automotive.oem.case"]), "_exchange_receive", side_effect=RuntimeError("bug")
        )
        with handler, mute_logger(PEER):
            self.assertEqual(self._post(raw, message_id).status_code, 503)
        self.assertEqual(self._post(raw, message_id).json()["status"], "processed")

    def _run_exchange(self, rounds=4):
        """Without the cron: its cursor would keep the server from serving while it waits for the answer."""
        messages = self.env["crm.exchange.message"]
        for _round in range(rounds):
            for shard in range(SHARDS):
                for message in messages._claim(shard):
                    message._deliver()

    def test_there_and_back_over_the_wire(self):
        """The same way as inside one database; only the last step before the wire is replaced."""

        def post(peer, url, raw, headers, _longest):
            peer.env.flush_all()
            response = self.url_open(url, data=raw, headers=headers, allow_redirects=False)
            peer.env.invalidate_all()
            return peer._read_answer(response.status_code, response.content, response.headers)

        with patch.object(type(self.link), "_http_post", post):
            feedback = self._feedback()
            feedback.action_submit()
            self._run_exchange()
            case = self._case(feedback).with_user(self.max)
            self.assertEqual((feedback.state, feedback.case_number), ("acked", case.name))
            case.answer = "Come by"
            case.action_answer()
            self._run_exchange()
        self.assertEqual((feedback.state, feedback.answer), ("answered", "Come by"))

    def test_signature_is_the_standard_one(self):
        from standardwebhooks.webhooks import Webhook  # a tool of development; see requirements-dev.txt

        raw = self._body(str(uuid.uuid4()), text="Año ñ €")
        signed = webhook.headers(self.secret_there, "msg_1", time.time(), raw)
        self.assertEqual(Webhook(self.secret_there).verify(raw, signed), json.loads(raw))

    def test_sender_stays_where_it_was_told(self):
        """No private addresses unless allowed, no redirects, no credentials of the machine."""
        self.env["ir.config_parameter"].set_param("crm_exchange.allow_private", "0")
        answer = self.link._send("id", b"{}")
        self.assertEqual(answer.status, 0)
        self.assertIn("https", answer.error)
        self.env["ir.config_parameter"].set_param("crm_exchange.allow_private", "1")
        with patch.object(requests.Session, "post", side_effect=OSError("down")) as sent:
            self.assertEqual(self.link._send("id", b"{}").error, "OSError")
        self.assertIs(sent.call_args.kwargs["allow_redirects"], False)
        self.assertTrue(sent.call_args.kwargs["timeout"])

    def test_nothing_is_said_to_a_private_machine(self):
        """A name may lead elsewhere than when it was written down: the connection itself is looked at."""
        self.env["ir.config_parameter"].set_param("crm_exchange.allow_private", "0")
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.link.sudo().url = f"https://localhost:{listening.getsockname()[1]}"
            # The host's guard of tests compares a timeout with a number.
            with patch.object(crm_exchange_peer_http, "TIMEOUT", 20):
                answer = self.link._send("id", b"{}")
            self.assertEqual((answer.status, answer.body), (0, {}))
            self.assertIn("private network", answer.error)
            connection, _address = listening.accept()
            with connection:
                self.assertEqual(connection.recv(1), b"", "hung up before a word")
