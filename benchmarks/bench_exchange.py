"""Messages go at the pace of what they cause; four shards work side by side; a backlog costs what it holds.

First two companies of one database: the receiver's work is real, the network is left out. Then a partner who answers
after 200 ms, as far ones do. Every worker is a process of its own. SUITE_LONG=1 empties whole backlogs, 50,000
messages among them; else 300 of each are sent.
"""

import os
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from psycopg2.extras import execute_values

import odoo
from odoo.modules.registry import Registry

from odoo.addons.crm_automotive_dealer.models.automotive_recall_vehicle import RECALL_STATUS
from odoo.addons.crm_automotive_dealer.models.crm_exchange_message import SHARDS

NUMBER = 240
LONG = bool(os.environ.get("SUITE_LONG"))
SIZES = (10_000, 20_000, 40_000, 50_000) if LONG else (10_000, 20_000, 40_000)
SAMPLE = None if LONG else 300
FAR = 100
FIELDS = (
    "uuid", "peer_id", "company_id", "type", "ordering_key", "seq", "dedupe_key", "shard", "payload",
    "payload_sha256", "res_model", "res_id", "state", "attempts", "next_try_at", "create_date",
)  # fmt: skip


def _connect(env):
    """Return the dealer's end of a link between two new companies."""
    dealer, maker = env["res.company"].create([{"name": "Bench dealer"}, {"name": "Bench maker"}])
    link = env["crm.exchange.peer"].create(
        {
            "name": "Bench", "company_id": dealer.id, "role": "maker", "transport": "internal",
            "remote_company_id": maker.id, "local_key": "BENCH-D", "remote_key": "BENCH-M",
        }
    )  # fmt: skip
    link.action_connect()
    return link


def _submit(env, link):
    """Put so many complaints into the outbox."""
    feedback = env["automotive.feedback"].with_company(link.company_id)
    rows = [{"kind": "complaint", "text": f"It rattles {number}", "peer_id": link.id} for number in range(NUMBER)]
    feedback.create([{**row, "company_id": link.company_id.id} for row in rows]).action_submit()
    env.cr.commit()


def _send(database, shards, most=None):
    """Send what is due in these shards, as a cron worker does."""
    with Registry(database).cursor() as cr:
        messages = odoo.api.Environment(cr, odoo.SUPERUSER_ID, {})["crm.exchange.message"]
        sent = 0
        while claimed := messages.union(*(messages._claim(shard) for shard in shards)):
            cr.commit()
            for message in claimed:
                message._attempt()
                cr.commit()
            sent += len(claimed)
            if most and sent >= most:
                break


def _in_processes(database, groups):
    """Let one process work on each group of shards; return the seconds until the last one is done."""
    start = time.perf_counter()
    children = []
    for shards in groups:
        child = os.fork()
        if not child:
            odoo.sql_db._Pool = None  # the parent's connections are the parent's
            _send(database, shards)
            os._exit(0)
        children.append(child)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    return time.perf_counter() - start


def _measure_shards(env, link):
    """Yield the pace of complaints that become cases and are confirmed, with one worker and with four."""
    for workers in (1, SHARDS):
        _submit(env, link)
        groups = [range(worker, SHARDS, workers) for worker in range(workers)]
        done = env["crm.exchange.message"].search_count([("peer_id.name", "=", "Bench"), ("state", "=", "acked")])
        # There, and the confirmations back; another round sends what came up after a shard was done.
        seconds = sum(_in_processes(env.cr.dbname, groups) for _round in range(2))
        env.cr.commit()
        env.invalidate_all()
        acked = env["crm.exchange.message"].search_count([("peer_id", "=", link.id), ("state", "=", "acked")])
        assert acked - done == NUMBER, (acked, done)
        yield workers, NUMBER / seconds


def _prepare_backlog(env, link, size, name):
    """Put so many news of cars called back into the outbox."""
    recall = env["automotive.recall"].with_company(link.remote_company_id).create(
        {"name": name, "title": "Bench", "company_id": link.remote_company_id.id, "customer_text": "-",
         "workshop_text": "-"}
    )  # fmt: skip
    line = env["automotive.recall.vehicle"].create({"recall_id": recall.id, "vin": "WVWZZZ1KZAW123456"})
    messages, rows = env["crm.exchange.message"], []
    now = env.cr.now().replace(microsecond=0)
    data = {"recall": recall.uuid, "vin": line.vin, "state": "notified", "date": "2026-11-25"}
    subject = type("Subject", (), {"_name": line._name, "id": line.id, "display_name": line.vin})
    for _number in range(size):
        subject.uuid = str(uuid.uuid4())
        values = messages._prepare_message(link, RECALL_STATUS, subject, 1, data, None, None)
        more = {"dedupe_key": subject.uuid, "company_id": link.company_id.id, "state": "pending", "attempts": 0}
        rows.append([{**values, **more, "next_try_at": now, "create_date": now}[name] for name in FIELDS])
    execute_values(env.cr._obj, f"INSERT INTO crm_exchange_message ({', '.join(FIELDS)}) VALUES %s", rows)
    env.cr.commit()
    env.cr.execute("ANALYZE crm_exchange_message")
    env.cr.commit()


def _drain(env, link, size):
    """Return the milliseconds for each message of a backlog."""
    _prepare_backlog(env, link, size, f"B{size}")
    start = time.perf_counter()
    _send(env.cr.dbname, range(SHARDS), SAMPLE)
    seconds = time.perf_counter() - start
    env.cr.commit()
    domain = [("peer_id", "=", link.id), ("type", "=", RECALL_STATUS), ("state", "=", "pending")]
    left = env["crm.exchange.message"].search_count(domain)
    env.cr.execute("UPDATE crm_exchange_message SET state = 'cancelled' WHERE state = 'pending'")
    env.cr.commit()
    assert left < size
    return 1000 * seconds / (size - left), size - left


class _FarPartner(BaseHTTPRequestHandler):
    """Somebody who says yes after 200 ms."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(0.2)
        body = b'{"status": "processed"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


def _measure_far(env, link):
    """Yield the pace towards a partner far away, with one worker and with four."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _FarPartner)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env["ir.config_parameter"].set_param("crm_exchange.allow_private", "1")
    secret = env["crm.exchange.peer"].browse(link.id).secret_in
    url = f"http://127.0.0.1:{server.server_port}"
    link.write({"transport": "http", "url": url, "secret_out": secret})
    for workers in (1, SHARDS):
        _prepare_backlog(env, link, FAR, f"far{workers}")
        groups = [range(worker, SHARDS, workers) for worker in range(workers)]
        yield workers, FAR / _in_processes(env.cr.dbname, groups)
    server.shutdown()
    link.transport = "internal"
    env.cr.commit()


def _create_leads(env):
    """As the host does with each mail: one transaction, one lead; return how many in a second."""
    start = time.perf_counter()
    for number in range(NUMBER):
        env["crm.lead"].create({"name": f"bench{number}", "email_from": f"bench{number}@example.com"})
        env.cr.commit()
    return NUMBER / (time.perf_counter() - start)


def measure(envs):
    """Yield lines: messages a second with one worker and four, the cost of one message in larger backlogs."""
    host, env = envs["host"], envs["suite"]
    leads = _create_leads(host)
    yield f"host: lead created and committed           {leads:6.0f} /s"
    link = _connect(env)
    for workers, pace in _measure_shards(env, link):
        yield f"suite: complaint to case and back, {workers} workers {pace:6.0f} /s   x{pace / leads:.2f}"
    paces = dict(_measure_far(env, link))
    for workers, pace in paces.items():
        yield f"suite: to a partner 200 ms away, {workers} workers     {pace:6.1f} /s   x{pace / paces[1]:.2f}"
    costs = {}
    for size in SIZES:
        costs[size], sent = _drain(env, link, size)
        ratio = costs[size] / costs[SIZES[0]]
        yield f"suite: backlog of {size:6}, {sent:5} sent       {costs[size]:6.1f} ms each   x{ratio:.2f}"
