"""A dealer's and a maker's database on two servers, with a bad line between them (promise P5).

The line loses requests, loses answers, delivers twice and late, and both servers are killed on the way. In the end each
feedback is one case in its right state, the answers are back, and nothing left without the consent it needs.
"""

import contextlib
import itertools
import os
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from odoo import fields
from odoo.tools import mute_logger

from odoo.addons.crm_automotive_dealer.tools import webhook

from servers import Database, Server, wait_for

COUNT = 1000 if os.environ.get("SUITE_LONG") else 60
WITHDRAWN = 10
SECONDS = 60 + COUNT


class BadLine:
    """A proxy that does to messages what networks do; what it did is counted."""

    FAULTS = ("lost", "answer lost", "twice", "late", "busy", "broken")

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.target = None
        self.faulty = True
        self.seen = dict.fromkeys((*self.FAULTS, "fine"), 0)
        line = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                with contextlib.suppress(requests.RequestException, OSError):
                    line.carry(self, raw)

            def log_message(self, *args):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def carry(self, handler, raw):
        """Carry one request to its target, or not."""
        fault = self.random.choice(self.FAULTS) if self.faulty and self.random.random() < 0.5 else "fine"
        self.seen[fault] += 1
        if fault == "lost":
            return  # the connection is closed without a word
        if fault in ("busy", "broken"):
            self.answer(handler, {"busy": 429, "broken": 500}[fault], b"{}")
            return
        if fault == "late":
            time.sleep(0.5)
        response = self.forward(handler, raw)
        if fault == "twice":
            response = self.forward(handler, raw)
        if fault != "answer lost":
            self.answer(handler, response.status_code, response.content)

    def forward(self, handler, raw):
        headers = {name: value for name, value in handler.headers.items() if name.lower() != "host"}
        return requests.post(self.target.url + handler.path, data=raw, headers=headers, timeout=30)

    def answer(self, handler, status, body):
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        if status == 429:
            handler.send_header("Retry-After", "1")
        handler.end_headers()
        handler.wfile.write(body)


class Side:
    """One organisation: its database, its server, the line to the other one."""

    def __init__(self, name, template, role, line):
        self.database = Database(f"suite_sys_{os.getpid()}_exchange_{name}", template)
        self.server = Server(self.database.name, cron=2)
        self.role = role
        self.line = line

    def connect(self, own, other, secret_in, secret_out):
        """Open our end of the link."""

        def work(env):
            env["ir.config_parameter"].set_param("crm_exchange.allow_private", "1")
            peer = env["crm.exchange.peer"].create(
                {
                    "name": other, "role": self.role, "transport": "http", "url": self.line.url,
                    "local_key": own, "remote_key": other, "secret_in": secret_in, "secret_out": secret_out,
                }
            )  # fmt: skip
            peer.action_connect()

        self.database.request(work)

    def pass_time(self):
        """Let every wait be over: for another try, for a lease of the dead, for a partner who was silent."""
        time.sleep(1)

        def work(env):
            messages, now = env["crm.exchange.message"], fields.Datetime.now()
            env.cr.execute("UPDATE crm_exchange_message SET next_try_at = %s WHERE state = 'retry'", [now])
            env.cr.execute("UPDATE crm_exchange_message SET lease_until = '2020-01-01' WHERE state = 'sending'")
            env.cr.execute("UPDATE crm_exchange_peer SET circuit_until = NULL, failure_count = 0")
            messages.search([("state", "=", "dead")]).action_replay()
            messages._wake_all()

        self.database.request(work)

    def open_messages(self):
        """Return how many messages are still on their way."""
        with self.database.env() as env:
            return env["crm.exchange.message"].search_count([("state", "in", ("pending", "sending", "retry", "dead"))])

    def end(self):
        self.server.kill()
        self.database.drop()


@pytest.fixture(autouse=True)
def quiet():
    """Leave out what the host logs where two transactions met: it runs them again."""
    with mute_logger("odoo.sql_db", "odoo.service.model"):
        yield


@pytest.fixture(scope="module")
def sides():
    """The dealer's and the maker's side, connected, their servers running."""
    template = os.environ["SUITE_TEMPLATE"]
    there, back = BadLine(1), BadLine(2)
    dealer, maker = Side("dealer", template, "maker", there), Side("maker", template, "dealer", back)
    there.target, back.target = maker.server, dealer.server
    secret_there, secret_back = webhook.new_secret(), webhook.new_secret()
    dealer.connect("ES-0471", "AURELIA", secret_back, secret_there)
    maker.connect("AURELIA", "ES-0471", secret_there, secret_back)
    yield dealer, maker
    dealer.end()
    maker.end()


def submit(env):
    """Take and submit the feedback; half of the customers agree to be named."""
    customers = env["res.partner"].create(
        [{"name": f"Customer{number}", "email": f"c{number}@example.com"} for number in range(COUNT)]
    )
    feedback = env["automotive.feedback"].create(
        [
            {
                "kind": "complaint",
                "text": f"It rattles, says number {number}",
                "partner_id": customer.id,
                "disclosure": "identified" if number % 2 else "pseudonymous",
                "consent_given": bool(number % 2),
            }
            for number, customer in enumerate(customers)
        ]
    )
    feedback.action_submit()
    return feedback.filtered("consent_given")[:WITHDRAWN].partner_id.ids


def withdraw(env, customers):
    """These change their mind before anything left."""
    for partner in env["res.partner"].browse(customers):
        partner._record_consent("oem_share_feedback", "withdrawn", "test")


def settle(*sides, killed=()):
    """Let time pass until nothing is on its way; kill servers meanwhile, as power cuts do."""
    kills = itertools.chain(killed, itertools.repeat(None))

    def settled():
        victim = next(kills)
        if victim:
            victim.server.kill()
            victim.server.start()
        for side in sides:
            side.pass_time()
        return not any(side.open_messages() for side in sides)

    wait_for(settled, "the last message", SECONDS)


def answer(env):
    """The maker answers every case, and asks for nothing twice."""
    cases = env["automotive.oem.case"].search([("state", "=", "new")])
    for case in cases:
        case.answer = f"Answer to: {case.text}"
    cases.action_answer()
    return len(cases)


def test_each_feedback_is_one_case_and_every_answer_is_back(sides):
    dealer, maker = sides
    customers = dealer.database.request(submit)
    dealer.database.request(lambda env: withdraw(env, customers))
    for side in sides:
        side.server.start()
    settle(*sides, killed=(dealer, maker))
    assert all(dealer.line.seen[fault] for fault in BadLine.FAULTS), dealer.line.seen

    sent = COUNT - WITHDRAWN
    with maker.database.env() as env:
        cases = env["automotive.oem.case"].search([])
        assert len(cases) == len(set(cases.mapped("uuid"))) == sent
        named = set(cases.filtered("customer_name").mapped("customer_name"))
        assert len(named) == COUNT // 2 - WITHDRAWN
    with dealer.database.env() as env:
        withdrawn = env["automotive.feedback"].search([("partner_id", "in", customers)])
        assert set(withdrawn.mapped("state")) == {"draft"}, "they wait for another decision"
        assert not named & set(withdrawn.partner_id.mapped("name"))
        others = env["automotive.feedback"].search([]) - withdrawn
        assert set(others.mapped("state")) == {"acked"}

    assert maker.database.request(answer) == sent
    settle(*sides, killed=(maker,))
    with dealer.database.env() as env:
        answered = env["automotive.feedback"].search([("state", "=", "answered")])
        assert len(answered) == sent
        assert {feedback.answer for feedback in answered} == {f"Answer to: {feedback.text}" for feedback in answered}


def test_a_secret_is_changed_without_losing_a_message(sides):
    """Both secrets hold for a while; with the former one alone, nobody gets in and nothing is lost."""
    dealer, maker = sides
    dealer.line.faulty = maker.line.faulty = False
    with maker.database.env() as env:
        former = env["crm.exchange.peer"].search([]).secret_in
    new = webhook.new_secret()
    change_peer(maker, secret_in=f"{former} {new}")
    submit_one(dealer, "During the change")
    settle(*sides)
    change_peer(maker, secret_in=new)
    submit_one(dealer, "With the former secret")
    wait_for(lambda: dealer.pass_time() or peer_state(dealer) == "paused", "the link to pause")
    change_peer(dealer, secret_out=new, state="connected")
    settle(*sides)
    with maker.database.env() as env:
        texts = env["automotive.oem.case"].search([], limit=2).mapped("text")
        assert texts == ["With the former secret", "During the change"]


def change_peer(side, **values):
    side.database.request(lambda env: env["crm.exchange.peer"].search([]).write(values))


def submit_one(side, text):
    values = {"kind": "suggestion", "text": text}
    side.database.request(lambda env: env["automotive.feedback"].create(values).action_submit())


def peer_state(side):
    with side.database.env() as env:
        return env["crm.exchange.peer"].search([]).state
