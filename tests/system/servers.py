"""Real servers on real databases, driven from outside."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import requests

import odoo
from odoo.modules.registry import Registry

import databases
import postgres
from common import LOGS, ROOT

CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def free_port():
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what, seconds=60):
    """Wait until a condition holds; return its value.

    :raise AssertionError: it did not in time
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.2)
    raise AssertionError(f"Waited {seconds} s for {what}")


class Database:
    """A copy of the template database, which the tests of one module may change and commit."""

    def __init__(self, name, template):
        self.name = name
        postgres.copy(template, name)

    @contextlib.contextmanager
    def env(self, login=None):
        """Work in a transaction that is committed at the end; as superuser or as a user."""
        with Registry(self.name).cursor() as cr:
            env = odoo.api.Environment(cr, odoo.SUPERUSER_ID, {})
            if login:
                env = env(user=env["res.users"].search([("login", "=", login)]))
            yield env

    def drop(self):
        """Forget it."""
        Registry.delete(self.name)
        odoo.sql_db.close_db(self.name)
        postgres.drop(self.name)


class Server:
    """An Odoo server of its own process group: real HTTP workers and cron workers."""

    def __init__(self, database, workers=2, cron=1, options=()):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = LOGS / f"server_{database}_{self.port}.log"
        gevent = ["--gevent-port", str(free_port())]
        self.command = databases.odoo_command(
            "server", "--http-port", str(self.port), *gevent,
            "--workers", str(workers), "--max-cron-threads", str(cron),
            "--db-filter", f"^{database}$", "--limit-time-real", "300", *options, database=database,
        )  # fmt: skip
        self.process = None

    def start(self):
        """Start and wait until it answers."""
        output = self.log.open("a")
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        wait_for(self._answers, f"the server; its log is {self.log}", 90)
        return self

    def _answers(self):
        assert self.process.poll() is None, f"The server ended; its log is {self.log}"
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{self.url}/web/health", timeout=30).ok

    def kill(self):
        """Kill every process of the server at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Stop it in order."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    def complaints(self):
        """Return the warnings and errors of its log."""
        return databases.complaints(Path(self.log).read_text(errors="replace"))
