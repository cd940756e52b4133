"""Two organisations on two servers, and the bad line between them."""

import contextlib
import os
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg2
import requests

from odoo.addons.crm_automotive_dealer.tools import webhook

import postgres
from servers import Database, Server, wait_for

CLOCK = Path(__file__).parent / "clock"
# What a busy worker holds is left for the next time: to wait for several rows can be a deadlock.
FREE = "id IN (SELECT id FROM crm_exchange_message WHERE state = '{}' FOR UPDATE SKIP LOCKED)"
WAITS_OVER = (
    "UPDATE crm_exchange_message SET next_try_at = timezone('UTC', now()) - interval '1s' WHERE "
    + FREE.format("retry"),
    "UPDATE crm_exchange_message SET lease_until = '2020-01-01' WHERE " + FREE.format("sending"),
    "UPDATE crm_exchange_peer SET circuit_until = NULL, failure_count = 0 WHERE failure_count > 0",
)
ANSWERS = {"busy": 429, "broken": 500, "conflict": 409, "gone": 410}


class BadLine:
    """A proxy that does to messages what networks and servers do; what it did is counted."""

    FAULTS = ("lost", "answer lost", "twice", "late", "afterwards", "busy", "broken", "conflict")
    #: What happens once, at the beginning.
    PLANNED = ("fine", "silence", "sender dies", "receiver dies", "gone")

    def __init__(self, seed, plan=()):
        self.random = random.Random(seed)
        self.sender = self.target = None
        self.faulty = True
        self.plan = list(plan)
        self.seen = dict.fromkeys((*self.FAULTS, *self.PLANNED), 0)
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

    def choose(self):
        """Return what happens to the next request."""
        if not self.faulty:
            return "fine"
        if self.plan:
            return self.plan.pop(0)
        return self.random.choice(self.FAULTS) if self.random.random() < 0.5 else "fine"

    def carry(self, handler, raw):
        """Carry one request to its target, or not."""
        fault = self.choose()
        self.seen[fault] += 1
        if fault == "silence":
            time.sleep(25)  # longer than anybody waits
        if fault in ("lost", "silence"):
            return  # the connection is closed without a word
        if fault in (*ANSWERS, "afterwards"):
            self.answer(handler, ANSWERS.get(fault, 500), b"{}")
            if fault == "afterwards":
                time.sleep(2)  # when later messages have been there
                self.forward(handler, raw)
            return
        if fault == "late":
            time.sleep(0.5)
        if fault == "receiver dies":
            threading.Timer(0.03, self.target.kill).start()
        response = self.forward(handler, raw)
        if fault == "twice":
            response = self.forward(handler, raw)
        if fault == "sender dies":
            self.sender.kill()
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

    def change_peer(self, **values):
        """Set our end of the link."""
        self.database.request(lambda env: env["crm.exchange.peer"].search([]).write(values))

    def peer_state(self):
        with self.database.env() as env:
            return env["crm.exchange.peer"].search([]).state

    def pass_time(self, reconnect=False):
        """Let every wait be over: for another try, for a lease of the dead, for a partner who was silent."""
        time.sleep(1)
        for statement in WAITS_OVER:
            postgres.sql(statement, self.database.name)

        def work(env):
            messages = env["crm.exchange.message"]
            messages.search([("state", "=", "dead")]).action_replay()
            if reconnect:
                env["crm.exchange.peer"].search([("state", "in", ("closed", "paused"))]).action_connect()
            messages._wake_all()
            env["crm.exchange.peer"]._wake_fetch()

        with contextlib.suppress(psycopg2.errors.SerializationFailure):  # busy workers were faster: next time
            self.database.request(work)

    def open_messages(self):
        """Return how many messages are still on their way."""
        with self.database.env() as env:
            return env["crm.exchange.message"].search_count([("state", "in", ("pending", "sending", "retry", "dead"))])

    def end(self):
        if self.server.process:
            self.server.kill()
        self.database.drop()


def make_sides(template):
    """Return the dealer's and the maker's side, connected; their servers are not started yet."""
    there, back = BadLine(1, (*BadLine.PLANNED, *BadLine.FAULTS)), BadLine(2)
    dealer, maker = Side("dealer", template, "maker", there), Side("maker", template, "dealer", back)
    there.sender, there.target = dealer.server, maker.server
    back.sender, back.target = maker.server, dealer.server
    secret_there, secret_back = webhook.new_secret(), webhook.new_secret()
    dealer.connect("ES-0471", "AURELIA", secret_back, secret_there)
    maker.connect("AURELIA", "ES-0471", secret_there, secret_back)
    return dealer, maker


def settle(*sides, seconds=180):
    """Let time pass until nothing is on its way; servers that were killed come back."""

    def settled():
        for side in sides:
            if not side.server.is_running():
                side.server.start()
            side.pass_time(reconnect=True)
        return not any(side.open_messages() for side in sides)

    wait_for(settled, "the last message", seconds)
