"""Real servers on real databases, driven from outside."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import requests
from host_tests import free_port

import odoo
from odoo.modules.registry import Registry
from odoo.service.model import retrying

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


def in_threads(count, work):
    """Run work(index) in so many threads at once; return what each returned or raised."""
    barrier, results = threading.Barrier(count), [None] * count

    def run(index):
        barrier.wait()
        try:
            results[index] = work(index)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[index] = error

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def failures(results):
    """Return the exceptions among the results of threads."""
    return [result for result in results if isinstance(result, Exception)]


class Database:
    """A copy of the template database, which the tests of one module may change and commit."""

    def __init__(self, name, template):
        self.name = name
        postgres.copy(template, name)
        # The host would look the domains of new leads up at a service of its maker's.
        postgres.sql("UPDATE ir_cron SET active = false WHERE cron_name LIKE '%enrich%'", name)

    @contextlib.contextmanager
    def env(self, login=None):
        """Work in a transaction that is committed at the end; as superuser or as a user."""
        registry = Registry(self.name)
        with registry.cursor() as cr:
            env = odoo.api.Environment(cr, odoo.SUPERUSER_ID, {})
            if login:
                env = env(user=env["res.users"].search([("login", "=", login)]))
            yield env
        # As after a request: servers forget what they remember of it.
        registry.signal_changes()

    def request(self, work):
        """Do work(env) as a request does: in one transaction, run again by the host when it must."""
        with Registry(self.name).cursor() as cr:
            env = odoo.api.Environment(cr, odoo.SUPERUSER_ID, {})
            return retrying(lambda: work(env), env)

    def run_jobs(self, model):
        """Work a queue off as a cron worker does, in a transaction of its own."""
        with Registry(self.name).cursor() as cr:
            odoo.api.Environment(cr, odoo.SUPERUSER_ID, {})[model]._cron_run_jobs()

    def start_jobs(self, model):
        """Work a queue off in a process that can be killed; return the process."""
        shell = databases.odoo_command("shell", "--no-http", database=self.name)
        worker = subprocess.Popen(shell, stdin=subprocess.PIPE, cwd=ROOT)
        worker.stdin.write(f"env['{model}']._cron_run_jobs()\n".encode())
        worker.stdin.close()
        return worker

    def killed_in(self, work):
        """Do work(env) in a process that ends by kill -9 before it is done, with its own connections.

        :raise AssertionError: it came to its end
        """
        child = os.fork()
        if not child:
            self._work_apart(work)
        _pid, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, "the work ended before it was killed"

    def _work_apart(self, work):
        """In the forked process: do the work on connections of its own and leave without any tidying up."""
        registry = Registry(self.name)
        # The parent's connections stay open, unused, so that nobody says goodbye on them.
        self._inherited, odoo.sql_db._Pool, odoo.sql_db._Pool_readonly = odoo.sql_db._Pool, None, None
        registry._db = odoo.sql_db.db_connect(self.name)
        try:
            with registry.cursor() as cr:
                work(odoo.api.Environment(cr, odoo.SUPERUSER_ID, {}))
        finally:
            os._exit(1)

    def drop(self):
        """Forget it."""
        Registry.delete(self.name)
        odoo.sql_db.close_db(self.name)
        postgres.drop(self.name)


class Server:
    """An Odoo server of its own process group: real HTTP workers and cron workers."""

    def __init__(self, database, workers=2, cron=1, options=()):
        self.database = database
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = LOGS / f"server_{database}_{self.port}.log"
        gevent = ["--gevent-port", str(free_port())]
        self.command = databases.odoo_command(
            "server", "--http-port", str(self.port), *gevent,
            "--workers", str(workers), "--max-cron-threads", str(cron),
            "--limit-time-real", "300", *options, database=database,
        )  # fmt: skip
        self.env = {}
        self.process = None

    def start(self):
        """Start and wait until it answers."""
        output = self.log.open("a")
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, **self.env},
        )  # fmt: skip
        wait_for(self._answers, f"the server; its log is {self.log}", 90)
        return self

    def _answers(self):
        assert self.process.poll() is None, f"The server ended; its log is {self.log}"
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{self.url}/web/health", timeout=30).ok

    def is_running(self):
        """Tell whether its main process is there."""
        return bool(self.process) and self.process.poll() is None

    def kill(self):
        """Kill every process of the server at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Stop it in order."""
        if self.is_running():
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    def complaints(self):
        """Return the warnings and errors of its log."""
        return databases.complaints(Path(self.log).read_text(errors="replace"))


class Rpc:
    """A user at the server, through the calls the web client makes."""

    def __init__(self, server, login):
        self.server = server
        self.session = requests.Session()
        info = self.post("/web/session/authenticate", db=server.database, login=login, password=login)
        self.uid = info["uid"]

    def post(self, path, **params):
        """Call a JSON-RPC route; return its result.

        :raise AssertionError: the server answered with an error; carries its message
        """
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self.session.post(self.server.url + path, json=body, timeout=60).json()
        assert "error" not in answer, answer["error"]["data"]["message"]
        return answer.get("result")  # absent where a method returns nothing

    def call(self, model, method, *args, **kwargs):
        """Call a method of a model as this user."""
        return self.post(f"/web/dataset/call_kw/{model}/{method}", model=model, method=method, args=args, kwargs=kwargs)

    def one(self, model, domain, *names):
        """Return the only record of a search, as a dict of fields."""
        found = self.call(model, "search_read", domain, list(names))
        assert len(found) == 1, (model, domain, found)
        return found[0]
