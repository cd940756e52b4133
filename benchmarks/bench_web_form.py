"""A form takes many times as many submissions a second as the host's website form, with proof of work and limits on.

Two servers, two workers each, eight clients; the host with `website_crm`, the two in turns in the same run. Beside
the rate, which a busy machine spoils, the processor time each takes for one. The proofs are solved beforehand: that
is the browsers' work. A soak at the end: what was acknowledged is there once, no session file came of it.
"""

import http.client
import json
import os
import statistics
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/system"))

CLIENTS = 8
ROUNDS = 4
THEIRS, OURS = 60, 250  # of a round: about as long
SOAK = int(os.environ.get("CRM_SUITE_SOAK", 10_000))
TICK = os.sysconf("SC_CLK_TCK")


def _post(port, path, body, kind):
    """Send a request on a connection of its own, as each visitor does; return (status, body)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", path, body, {"Content-Type": kind})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _load(server, send, numbers):
    """Send these from all clients at once; return (rate, seconds of each, processor time of each in ms)."""
    times, lock, waiting = [], threading.Lock(), iter(numbers)
    cpu, start = _cpu(server), time.perf_counter()

    def client():
        while True:
            with lock:
                number = next(waiting, None)
            if number is None:
                return
            begun = time.perf_counter()
            if send(number):
                times.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=client) for _client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(times) / (time.perf_counter() - start), times, (_cpu(server) - cpu) * 1000 / max(len(times), 1)


def _processes(server):
    """Yield the numbers of /proc/<pid>/stat of a server's processes, from the third on."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[2] == str(server.process.pid):
            yield fields


def _cpu(server):
    """Return the processor time a server's processes took, in seconds."""
    return sum(int(fields[11]) + int(fields[12]) for fields in _processes(server)) / TICK


def _memory(server):
    """Return the resident memory of a server's processes, in MB."""
    return sum(int(fields[21]) * 4096 for fields in _processes(server)) / 1024**2


def _count_sessions():
    """Return how many session files all servers of this data folder have."""
    from odoo.tools import config

    return sum(1 for _file in Path(config.session_dir).rglob("*") if _file.is_file())


def _host_sender(server):
    def send(number):
        data = {
            "name": f"B{number}",
            "contact_name": "Ana",
            "email_from": f"b{number}@example.com",
            "description": "Hello",
        }
        kind = "application/x-www-form-urlencoded"
        status, body = _post(server.port, "/website/form/crm.lead", urlencode(data), kind)
        return status == 200 and "id" in json.loads(body)

    return send


def _form_sender(form, proofs=None):
    path = f"/crm/api/forms/{form.uuid}/submissions"

    def send(number):
        fields = {"name": "Ana", "email": f"b{number}@example.com", "message": "Hello"}
        body = {"fields": fields, "submission_key": f"bench-{number:09}", "proof": proofs and proofs[number]}
        return _post(form.server.port, path, json.dumps(body), "application/json")[0] == 202

    return send


def _solve(database, form, number):
    """Return so many solved proofs."""
    from odoo.addons.crm_web_forms.tools import proof

    with database.env() as env:
        challenges = [env["crm.web.challenge"]._make(env["crm.web.form"].browse(form.id)) for _index in range(number)]
    return [proof.solve(challenge) for challenge in challenges]


def _line(label, rounds):
    """Return a line of the table: the median round, the slowest twentieth of all."""
    slow = statistics.quantiles([value for _rate, times, _cpu in rounds for value in times], n=20)[-1] * 1000
    rate, cpu = (statistics.median(values) for values in ([r[0] for r in rounds], [r[2] for r in rounds]))
    return f"{label:<44}{rate:7.0f} /s   p95 {slow:6.0f} ms   processor {cpu:6.1f} ms each"


def measure(envs):
    """Yield the rate of both, their ratios, and what a soak left behind."""
    import databases
    from servers import Database, Server
    from web_forms import WebForm

    host = Database(f"suite_bench_website_{os.getpid()}", databases.host_template())
    databases.install(host.name, ["website_crm"])
    suite = Database(f"suite_bench_forms_{os.getpid()}", databases.template(["crm_web_forms"]))
    servers = [Server(database.name, cron=0).start() for database in (host, suite)]
    limits = {"rate_network": 5000, "rate_form": 5000, "rate_sender": 10, "proof_mode": "require", "spam_limit": 60}
    form = WebForm(suite, servers[1], **limits)
    senders = _host_sender(servers[0]), _form_sender(form, _solve(suite, form, OURS * ROUNDS))
    rounds = ([], [])
    for turn in range(ROUNDS):
        for kept, server, send, size in zip(rounds, servers, senders, (THEIRS, OURS), strict=True):
            kept.append(_load(server, send, range(turn * size, (turn + 1) * size)))
    yield _line("host: /website/form/crm.lead", rounds[0])
    yield _line("suite: with proof of work and limits", rounds[1])
    rate, cpu = (statistics.median(ours[i] / theirs[i] for theirs, ours in zip(*rounds, strict=True)) for i in (0, 2))
    yield f"accepted a second x{rate:.1f} the host, processor time /{1 / cpu:.1f} (median of {ROUNDS} rounds)"
    yield from _soak(suite, servers[1], WebForm(suite, servers[1]))
    for server, database in zip(servers, (host, suite), strict=True):
        server.stop()
        database.drop()


def _soak(suite, server, plain):
    """Send ten thousand and yield what is left of them."""
    before, sessions = _memory(server), _count_sessions()
    soak = _load(server, _form_sender(plain), range(SOAK))
    accepted = len(soak[1])
    yield _line(f"soak: {accepted} accepted of {SOAK}", [soak])
    with suite.env() as env:
        kept = env["crm.intake"].search_count([("form_id", "=", plain.id)])
        different = len(env["crm.intake"]._read_group([("form_id", "=", plain.id)], ["external_id"]))
    yield f"soak: kept {kept}, different {different}, memory of the server {before:.0f} MB -> {_memory(server):.0f} MB"
    assert accepted == kept == different == SOAK
    assert _count_sessions() == sessions, "a submission opens no session"
