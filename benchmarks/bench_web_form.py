"""A form takes many times as many submissions a second as the host's website form, with proof of work and limits on.

Two servers, two workers each, eight clients; the host with `website_crm`, one after the other in the same run.
A soak at the end: what was acknowledged is there once, no session file came of it.
"""

import os
import statistics
import sys
import threading
import time
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/system"))

CLIENTS = 8
SECONDS = 12
SOAK = 10_000


def _load(send, seconds=SECONDS, total=None):
    """Send from all clients at once; return (accepted, each one's seconds, whole time)."""
    times, lock, start = [], threading.Lock(), time.perf_counter()
    counter = iter(range(total or 10**9))

    def client():
        with requests.Session() as session:
            while total or time.perf_counter() - start < seconds:
                with lock:
                    number = next(counter, None)
                if number is None:
                    return
                begun = time.perf_counter()
                if send(session, number):
                    times.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=client) for _client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(times), times, time.perf_counter() - start


def _line(label, accepted, times, whole):
    """Return a line of the table: rate and the slowest twentieth."""
    slow = statistics.quantiles(times, n=20)[-1] * 1000
    return f"{label:<44}{accepted / whole:7.0f} /s   p95 {slow:6.0f} ms"


def _memory(server):
    """Return the resident memory of a server's processes, in MB."""
    group = str(server.process.pid)
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            if fields[2] == group:
                total += int(fields[21]) * 4096
        except OSError:
            continue
    return total / 1024**2


def _count_sessions():
    """Return how many session files all servers of this data folder have."""
    from odoo.tools import config

    return sum(1 for _file in Path(config.session_dir).rglob("*") if _file.is_file())


def _host_sender(url):
    def send(session, number):
        data = {
            "name": f"B{number}",
            "contact_name": "Ana",
            "email_from": f"b{number}@example.com",
            "description": "Hello",
        }
        answer = session.post(f"{url}/website/form/crm.lead", data=data, timeout=60)
        session.cookies.clear()
        return answer.ok and "id" in answer.json()

    return send


def _form_sender(form, proofs):
    def send(session, number):
        fields = {"name": "Ana", "email": f"b{number}@example.com", "message": "Hello"}
        body = {"fields": fields, "submission_key": f"bench-{number:09}", "proof": proofs.get(number)}
        return session.post(f"{form.api}/submissions", json=body, timeout=60).status_code == 202

    return send


def _solve(database, form, number):
    """Return so many solved proofs, made and solved beforehand: that is the browsers' time, not the server's."""
    from odoo.addons.crm_web_forms.tools import proof

    with database.env() as env:
        challenges = [env["crm.web.challenge"]._make(env["crm.web.form"].browse(form.id)) for _index in range(number)]
    return {index: proof.solve(challenge) for index, challenge in enumerate(challenges)}


def measure(envs):
    """Yield the rate of both, their ratio, and what a soak left behind."""
    import databases
    from servers import Database, Server
    from web_forms import WebForm

    host = Database(f"suite_bench_website_{os.getpid()}", databases.host_template())
    databases.install(host.name, ["website_crm"])
    server = Server(host.name, cron=0).start()
    theirs = _load(_host_sender(server.url))
    yield _line("host: /website/form/crm.lead", *theirs)
    server.stop()
    host.drop()

    suite = Database(f"suite_bench_forms_{os.getpid()}", databases.template(["crm_web_forms"]))
    server = Server(suite.name, cron=0).start()
    limits = {"rate_network": 10**6, "rate_form": 10**6, "rate_sender": 10, "proof_mode": "require", "spam_limit": 60}
    form = WebForm(suite, server, **limits)
    proofs = _solve(suite, form, 600)
    ours = _load(_form_sender(form, proofs), total=len(proofs))
    yield _line("suite: with proof of work and limits", *ours)
    ratio = (ours[0] / ours[2]) / (theirs[0] / theirs[2])
    yield f"accepted a second, against the host{'':<18}x{ratio:.1f}"
    yield from _soak(suite, server, WebForm(suite, server))
    server.stop()
    suite.drop()


def _soak(suite, server, plain):
    """Send ten thousand and yield what is left of them."""
    before, sessions = _memory(server), _count_sessions()
    accepted, times, whole = _load(_form_sender(plain, {}), total=SOAK)
    yield _line(f"soak: {accepted} accepted of {SOAK}", accepted, times, whole)
    with suite.env() as env:
        kept = env["crm.intake"].search_count([("form_id", "=", plain.id)])
        different = len(env["crm.intake"]._read_group([("form_id", "=", plain.id)], ["external_id"]))
    yield f"soak: kept {kept}, different {different}, memory of the server {before:.0f} MB -> {_memory(server):.0f} MB"
    assert accepted == kept == different == SOAK
    assert _count_sessions() == sessions, "a submission opens no session"
