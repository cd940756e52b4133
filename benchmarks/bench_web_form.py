"""A form takes many times as many submissions a second as the host's website form, with proof of work and limits on.

Two servers, two workers each, eight clients; the host with `website_crm`, the two in turns in the same run. Beside
the rate, which a busy machine spoils, the processor time each takes for one, and that of the database. The requests
are prepared and the proofs solved beforehand: that is the browsers' work. A soak at the end: what was acknowledged
is there once, no session file came of it. Between the two, what the queue makes of the submissions (contact, lead,
consent, next step), beside what the host's form takes to make one lead.

A client is done when the answer is there to its end, as a browser is. Before it closes a connection, Werkzeug waits
10 ms for more from the client (`WSGIRequestHandler.run_wsgi`); a form that was read to its end spares its worker that.
"""

import json
import os
import re
import selectors
import socket
import statistics
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/system"))

CLIENTS = 8
ROUNDS = 4
THEIRS, OURS = 60, 250  # of a round: about as long
LEADS = 100  # worked off at once
SOAK = int(os.environ.get("CRM_SUITE_SOAK", 10_000))
LENGTH = re.compile(rb"(?i)content-length: *(\d+)")
TICK = os.sysconf("SC_CLK_TCK")


def _request(path, body, kind):
    """Return a request as it goes over the wire."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: {kind}\r\n"
    return f"{head}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()


def _send(port, requests, is_accepted):
    """Send prepared requests from all clients at once, each on a connection of its own, as visitors do.

    One thread and no library: what the clients take of the processors, the server would lack.

    :return: the seconds of each accepted one, from connecting to the end of the answer
    """
    times, waiting, selector = [], iter(requests), selectors.DefaultSelector()

    def visit():
        request = next(waiting, None)
        if request:
            begun, connection = time.perf_counter(), socket.create_connection(("127.0.0.1", port))
            connection.sendall(request)
            selector.register(connection, selectors.EVENT_READ, (begun, bytearray()))

    for _client in range(CLIENTS):
        visit()
    while selector.get_map():
        for key, _event in selector.select(60):
            begun, answer = key.data
            received = key.fileobj.recv(65536)
            answer += received
            if received and not _is_complete(answer):
                continue
            selector.unregister(key.fileobj)
            key.fileobj.close()
            if is_accepted(bytes(answer)):
                times.append(time.perf_counter() - begun)
            visit()
    return times


def _is_complete(answer):
    """Tell whether all that its head announces is there."""
    head, blank, body = answer.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    return bool(blank and length) and len(body) >= int(length[1])


def _load(server, requests, is_accepted):
    """Send these; return (rate, seconds of each, processor time of each in ms: the server's, the database's)."""
    requests = list(requests)
    server_cpu, database_cpu, start = _cpu(server), _cpu_of_database(server), time.perf_counter()
    times = _send(server.port, requests, is_accepted)
    seconds, number = time.perf_counter() - start, max(len(times), 1)
    used = (_cpu(server) - server_cpu, _cpu_of_database(server) - database_cpu)
    return number / seconds, times, *(value * 1000 / number for value in used)


def _processes():
    """Yield the numbers of /proc/<pid>/stat of all processes, from the third on, with the process's own before them."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        yield int(stat.parent.name), fields


def _cpu(server):
    """Return the processor time a server's processes took, in seconds."""
    mine = (fields for _pid, fields in _processes() if fields[2] == str(server.process.pid))
    return sum(int(fields[11]) + int(fields[12]) for fields in mine) / TICK


def _cpu_of_database(server):
    """Return the processor time PostgreSQL took, those that left again included, in seconds."""
    from odoo.modules.registry import Registry

    with Registry(server.database).cursor() as cr:
        cr.execute("SELECT pg_backend_pid()")
        backend = cr.fetchone()[0]
        found = dict(_processes())
    parent = found[backend][1]
    ticks = sum(int(fields[11]) + int(fields[12]) for fields in found.values() if fields[1] == parent)
    return (ticks + sum(map(int, found[int(parent)][11:15]))) / TICK


def _memory(server):
    """Return the resident memory of a server's processes, in MB."""
    mine = (fields for _pid, fields in _processes() if fields[2] == str(server.process.pid))
    return sum(int(fields[21]) * 4096 for fields in mine) / 1024**2


def _count_sessions():
    """Return how many session files all servers of this data folder have."""
    from odoo.tools import config

    return sum(1 for _file in Path(config.session_dir).rglob("*") if _file.is_file())


def _host_requests(numbers):
    for number in numbers:
        data = {
            "name": f"B{number}",
            "contact_name": "Ana",
            "email_from": f"b{number}@example.com",
            "description": "Hello",
        }
        yield _request("/website/form/crm.lead", urlencode(data), "application/x-www-form-urlencoded")


def _is_host_lead(answer):
    head, _blank, body = answer.partition(b"\r\n\r\n")
    return b" 200 " in head.splitlines()[0] and "id" in json.loads(body)


def _form_requests(form, numbers, proofs=None):
    for number in numbers:
        fields = {"name": "Ana", "email": f"b{number}@example.com", "message": "Hello", "news": True}
        body = {"fields": fields, "submission_key": f"bench-{number:09}", "proof": proofs and proofs[number]}
        yield _request(f"/crm/api/forms/{form.uuid}/submissions", json.dumps(body), "application/json")


def _is_receipt(answer):
    return b" 202 " in answer.partition(b"\r\n")[0]


def _solve(database, form, number):
    """Return so many solved proofs."""
    from odoo.addons.crm_web_forms.tools import proof

    with database.env() as env:
        challenges = [env["crm.web.challenge"]._make(env["crm.web.form"].browse(form.id)) for _index in range(number)]
    return [proof.solve(challenge) for challenge in challenges]


def _add_consent(database, form):
    """Let the form ask for a consent, as most do."""
    with database.env() as env:
        purpose = env["crm.privacy.purpose"].create({"name": "News", "code": "bench_news", "text": "Send me news."})
        row = {"type": "consent", "label": "News", "name": "news", "purpose_id": purpose.id, "form_id": form.id}
        env["crm.web.form.field"].create({**row, "sequence": 90})
        env["crm.web.form"].browse(form.id).action_publish()


def _host_leads(server, numbers):
    """Send to the host's form one after the other; return what a lead takes, as :func:`_work_off`."""
    numbers = list(numbers)
    before = server.log.stat().st_size
    start, cpu = time.perf_counter(), _cpu(server) + _cpu_of_database(server)
    for request in _host_requests(numbers):
        assert _send(server.port, [request], _is_host_lead)
    seconds, cpu = time.perf_counter() - start, _cpu(server) + _cpu_of_database(server) - cpu
    queries = map(int, re.findall(r"crm\.lead HTTP/1\.1\" 200 - (\d+) ", server.log.read_text()[before:]))
    return seconds / len(numbers), cpu / len(numbers), sum(queries) / len(numbers)


def _work_off(server, form, number):
    """Work off so many submissions of a form as a cron worker does.

    :return: seconds, seconds of processor (the database's included) and queries each
    """
    from odoo import SUPERUSER_ID
    from odoo.api import Environment
    from odoo.modules.registry import Registry

    with Registry(server.database).cursor() as cr:
        intakes = Environment(cr, SUPERUSER_ID, {})["crm.intake"]
        start, queries = time.perf_counter(), cr.sql_log_count
        cpu = time.process_time() + _cpu_of_database(server)
        intakes._cron_run_jobs(number)
        cr.commit()
        figures = (time.perf_counter() - start, time.process_time() + _cpu_of_database(server) - cpu)
        queries = cr.sql_log_count - queries
        done = intakes.search([("form_id", "=", form.id), ("job_state", "=", "done")], order="id desc", limit=number)
        assert len(done.lead_id) == len(done.partner_id) == len(done.partner_id.consent_ids) == number
    return *(figure / number for figure in figures), queries / number


def _compare_leads(host, suite, form):
    """Yield what a lead costs both, in turns."""
    rounds = [
        (_host_leads(host, range(turn, turn + LEADS // 2)), _work_off(suite, form, LEADS))
        for turn in range(10_000, 10_000 + 4 * LEADS, LEADS)
    ]
    labels = ("host: lead by its form", "suite: contact and lead by the queue")
    for label, figures in zip(labels, zip(*rounds[1:], strict=True), strict=True):
        seconds, cpu, queries = (statistics.median(values) for values in zip(*figures, strict=True))
        yield f"{label:<38}{1 / seconds:5.0f} /s of one   processor {cpu * 1000:5.1f} ms each   {queries:4.1f} queries"
    rate, cpu = (statistics.median(theirs[i] / ours[i] for theirs, ours in rounds[1:]) for i in (0, 1))
    yield f"leads made a second x{rate:.1f} the host, processor time /{cpu:.1f}"


def _line(label, rounds):
    """Return a line of the table: the median round, the slowest twentieth of all."""
    slow = statistics.quantiles([value for figures in rounds for value in figures[1]], n=20)[-1] * 1000
    rate, server, database = (statistics.median(figures[index] for figures in rounds) for index in (0, 2, 3))
    return (
        f"{label:<38}{rate:5.0f} /s   p95 {slow:4.0f} ms   "
        f"processor {server:5.1f} ms each and {database:4.1f} ms of the database"
    )


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
    _add_consent(suite, form)
    sizes, proofs = (THEIRS, OURS), _solve(suite, form, OURS * (ROUNDS + 1))
    rounds = ([], [])
    for turn in range(ROUNDS + 1):
        theirs, ours = (range(turn * size, (turn + 1) * size) for size in sizes)
        rounds[0].append(_load(servers[0], _host_requests(theirs), _is_host_lead))
        rounds[1].append(_load(servers[1], _form_requests(form, ours, proofs), _is_receipt))
    theirs, ours = (some[1:] for some in rounds)  # the first round warms both up
    yield _line("host: /website/form/crm.lead", theirs)
    yield _line("suite: with proof of work and limits", ours)
    rate, server, database = (
        statistics.median(mine[index] / other[index] for other, mine in zip(theirs, ours, strict=True))
        for index in (0, 2, 3)
    )
    yield (
        f"accepted a second x{rate:.1f} the host, processor time /{1 / server:.1f}, "
        f"of the database /{1 / database:.1f} (median of {ROUNDS} rounds)"
    )
    yield from _compare_leads(*servers, form)
    yield from _soak(suite, servers[1], WebForm(suite, servers[1]))
    for server, database in zip(servers, (host, suite), strict=True):
        server.stop()
        database.drop()


def _soak(suite, server, plain):
    """Send ten thousand and yield what is left of them."""
    before, sessions = _memory(server), _count_sessions()
    soak = _load(server, _form_requests(plain, range(SOAK)), _is_receipt)
    accepted = len(soak[1])
    yield _line(f"soak: {accepted} accepted of {SOAK}", [soak])
    with suite.env() as env:
        kept = env["crm.intake"].search_count([("form_id", "=", plain.id)])
        different = len(env["crm.intake"]._read_group([("form_id", "=", plain.id)], ["external_id"]))
    yield f"soak: kept {kept}, different {different}, memory of the server {before:.0f} MB -> {_memory(server):.0f} MB"
    assert accepted == kept == different == SOAK
    assert _count_sessions() == sessions, "a submission opens no session"
