"""Strangers at the door of a running server: nothing they send breaks it, leaks, overwrites or runs."""

import html
import json
import os
import socket
import statistics
import time
from http.client import HTTPResponse

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from odoo.addons.crm_web_forms.tools import proof

from servers import Rpc, in_threads
from web_forms import WHO, WebForm, encode

SHOP = "https://shop.example.com"
# Random ones of each kind; more of them: CRM_SUITE_EXAMPLES=500.
EXAMPLES = int(os.environ.get("CRM_SUITE_EXAMPLES", 20))
QUIET = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
XSS = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "\"'><iframe srcdoc='<script>alert(1)</script>'>",
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
    "<a href='jav&#x09;ascript:alert(1)'>x</a>",
)


@pytest.fixture(scope="module")
def form(database, server):
    return WebForm(
        database,
        server,
        [
            {"type": "radio", "label": "Want", "options": "Buy\nSell"},
            {"type": "multi", "label": "Where", "options": "North\nSouth"},
            {"type": "number", "label": "Size", "minimum": "1", "maximum": "900"},
            {"type": "date", "label": "When"},
            {"type": "rating", "label": "Stars"},
            {"type": "address", "label": "Address"},
            {"type": "checkbox", "label": "Call me"},
            {"type": "file", "label": "Plan"},
        ],
        allowed_origins=SHOP,
    )


# ------------------------------------------------------------
# What is set
# ------------------------------------------------------------


def test_no_field_of_leads_or_contacts_can_be_set(form, database):
    with database.env() as env:
        names = {*env["crm.lead"]._fields, *env["res.partner"]._fields, *env["crm.intake"]._fields} - {"name", "email"}
        user = env["res.users"].search([], limit=1).id
    names = sorted(names)
    for start in range(0, len(names), 100):
        values = dict.fromkeys(names[start : start + 100], user)
        mail = f"mass{start}@example.com"
        assert form.send({**values, "name": "Mass", "email": mail, "message": "Hi"}).status_code in (202, 422)
        body = {**values, "fields": {**WHO, "email": f"top{mail}"}}
        assert form.post(json=body).status_code in (202, 422)
    form.work_off()
    with database.env() as env:
        for intake in form.intakes(env).filtered(lambda intake: "mass" in intake.email):
            assert intake.job_state == "done", intake.error_message
            assert not intake.user_id and not intake.team_id and not intake.is_test
            assert not intake.lead_id.user_id and not intake.partner_id.user_id
            assert intake.lead_id.won_status == "pending"
            assert not set(intake.payload["answers"]) & {"user_id", "team_id", "company_id", "probability"}


def test_a_known_contact_is_not_poisoned(form, database):
    known = {"name": "Eva Known", "email": "eva.known@example.com", "phone": "+34 600 000 777", "street": "Here 1"}
    with database.env() as env:
        partner = env["res.partner"].create(dict(known))
        number = partner.id
    answer = form.send(
        {"name": "Evil", "email": "Eva.Known@EXAMPLE.com", "phone": "+34 699 999 999", "address.street": "There 9"}
    )
    assert answer.status_code == 202
    form.work_off()
    with database.env() as env:
        partner = env["res.partner"].browse(number)
        assert {name: partner[name] for name in known} == known
        assert form.intakes(env).filtered(lambda intake: intake.partner_id == partner)


def test_who_is_known_cannot_be_told_from_outside(form, database):
    with database.env() as env:
        env["res.partner"].create([{"name": f"Known {n}", "email": f"known{n}@example.com"} for n in range(30)])
    times, keys = {"known": [], "other": []}, set()
    for number in range(30):
        for kind in ("known", "other"):
            start = time.perf_counter()
            answer = form.send({"email": f"{kind}{number}@example.com"})
            times[kind].append(time.perf_counter() - start)
            assert answer.status_code == 202
            keys.add(tuple(sorted(answer.json())))
    assert len(keys) == 1
    known, other = (statistics.median(values) for values in times.values())
    assert abs(known - other) < max(known, other) * 0.5, (known, other)


# ------------------------------------------------------------
# What is sent
# ------------------------------------------------------------


def test_control_characters(form, database):
    for bad in ("a@b.example\r\nBcc: x@y.example", "a\x00@b.example", "a\x0b@b.example"):
        assert form.send({"email": bad}).status_code == 422
    assert form.send({"name": "Ana\r\nBcc: x@y.example"}).status_code == 422
    assert form.send({"message": "a\x00b\u202ec\ud800", "email": "nul@example.com"}).status_code == 202
    with database.env() as env:
        assert form.intakes(env, email="nul@example.com").payload["message"] == "abc"


def test_replay_and_double_click(form):
    body = {"fields": WHO, "submission_key": "the-same-for-twenty"}
    answers = in_threads(20, lambda _index: form.post(json=body))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["receipt"] for answer in answers}) == 1
    other = form.post(json={**body, "fields": {**WHO, "message": "Else"}})
    assert (other.status_code, other.json()["error"]["code"]) == (409, "E_KEY_REUSED")


def test_one_proof_is_one_submission(database, server):
    """Twenty senders with the work of one: one of them is taken, the others have to do their own."""
    guarded = WebForm(database, server, proof_mode="require")
    challenge = requests.get(f"{guarded.page}/challenge", timeout=30).json()
    solved = proof.solve(challenge)
    answers = in_threads(20, lambda number: guarded.send({"message": str(number)}, proof=solved))
    assert sorted(answer.status_code for answer in answers) == [202] + [422] * 19
    assert {answer.json()["error"]["code"] for answer in answers if answer.status_code == 422} == {"E_PROOF"}
    with database.env() as env:
        assert guarded.intakes(env).proof == "solved"


def test_what_programs_do_waits_for_a_person(form, database, server):
    """A trap that people do not see, no proof where one is needed: kept, shown with the reason, nobody's lead."""
    guarded = WebForm(database, server, proof_mode="require", spam_limit=60)
    assert guarded.send({"email": "bot@example.com"}, **{guarded.trap: "http://a.example"}).status_code == 202
    assert guarded.send({"email": "bot2@example.com"}).status_code == 202
    guarded.work_off()
    with database.env() as env:
        kept = guarded.intakes(env)
        assert set(kept.mapped("error_code")) == {"E_SPAM"} and len(kept) == 2
        assert not kept.lead_id and not kept.partner_id
        assert all(intake.spam_reasons in intake.error_message for intake in kept)


def test_too_many_are_told_to_wait(database, server):
    limited = WebForm(database, server, rate_network=3)
    codes = [limited.send({"email": f"many{number}@example.com"}).status_code for number in range(3)]
    refused = limited.send()
    assert codes == [202] * 3
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "E_RATE")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_nobody_s_mailbox_is_flooded(database, server):
    """Answers and confirmations for an address that somebody else types, again and again, under several forms."""
    forms = [
        WebForm(database, server, reply=True, reply_body="<p>Soon.</p>", confirm=confirm, name=f"Bomb {number}")
        for number, confirm in enumerate(("no", "no", "no", "all", "no"))
    ]
    for bomb in forms:
        for number in range(4):
            message = f"Buy at www.example.com {number}"
            assert bomb.send({"email": "victim@example.com", "message": message}).status_code == 202
        database.run_jobs("crm.intake")
    with database.env() as env:
        mails = env["mail.mail"].search([("email_to", "=", "victim@example.com")])
        assert 1 <= len(mails) <= 3
        assert not any("www.example.com" in f"{mail.subject}{mail.body_html}" for mail in mails)


def test_who_is_logged_in_does_not_matter(form, database, server):
    """A colleague's browser that a website makes send a form: it is sent as a stranger's."""
    colleague = Rpc(server, "admin").session
    body = {"fields": {**WHO, "email": "ridden@example.com"}}
    headers = {"Origin": "https://evil.test"}
    refused = colleague.post(f"{form.api}/submissions", json=body, headers=headers, timeout=30)
    assert refused.status_code == 403
    taken = colleague.post(f"{form.api}/submissions", json=body, timeout=30)
    assert taken.status_code == 202 and "Set-Cookie" not in taken.headers
    with database.env() as env:
        assert form.intakes(env, email="ridden@example.com").create_uid == env.ref("base.public_user")


def test_polyglot_files(form, database):
    bad = {
        "page.pdf": b"<!DOCTYPE html><script>alert(1)</script>",
        "both.pdf": b"%PDF-1.7\n<script>alert(1)</script>",
        "gif.png": b"GIF89a=1;/*x*/alert(1)",
        "drawing.png": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "program.pdf": b"MZ\x90\x00" + b"x" * 500,
    }
    for name, content in bad.items():
        answer = form.send({"plan": [{"name": name, "data": encode(content)}]})
        assert answer.json()["error"]["fields"]["plan"]["code"] == "file_type", name
    good = {"plan": [{"name": "../x.html", "data": encode(b"%PDF-1.7 x")}], "email": "file@example.com"}
    assert form.send(good).status_code == 202
    with database.env() as env:
        intake = form.intakes(env, email="file@example.com")
        file = env["ir.attachment"].search([("res_model", "=", "crm.intake"), ("res_id", "=", intake.id)])
        assert (file.name, file.mimetype, file.public) == ("x.pdf", "application/pdf", False)
        number = file.id
    assert requests.get(f"{form.server.url}/web/content/{number}", timeout=30).status_code == 404


def test_sizes(form):
    assert form.post(data=b"{" + b"x" * 40 * 1024**2).status_code == 413
    many = {f"k{number}": 1 for number in range(5000)}
    assert form.post(json={"fields": many}).status_code in (202, 413, 422)
    assert form.post(json={**many, "fields": WHO}).status_code == 400
    assert form.send({"name": "x" * 60_000}).status_code == 422


def test_slow_bodies_hold_nobody_up(form):
    """As many slow senders as there are workers: others are answered all the same."""
    host, port = "127.0.0.1", form.server.port
    head = (
        f"POST /crm/api/forms/{form.uuid}/submissions HTTP/1.1\r\nHost: {host}:{port}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    )
    slow = [socket.create_connection((host, port), timeout=30) for _number in range(4)]
    for connection in slow:
        connection.sendall(head.encode())
    start = time.monotonic()
    assert form.send({"email": "patient@example.com"}).status_code == 202
    assert time.monotonic() - start < 20
    for connection in slow:
        connection.close()


def _answer(connection, request):
    """Send a request as it is; return the status of the answer, once the whole of it came."""
    connection.sendall(request)
    answer = HTTPResponse(connection)
    answer.begin()
    answer.read()
    return answer.status


def test_no_worker_waits_for_more_than_a_form_sends(form):
    """The host reads on after each answer, as long as 10 ms do not pass without a byte; a form ends there."""
    body = json.dumps({"fields": WHO}).encode()
    head = f"POST /crm/api/forms/{form.uuid}/submissions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json"
    with socket.create_connection(("127.0.0.1", form.server.port), timeout=30) as connection:
        assert _answer(connection, f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body) == 202
        with pytest.raises(ConnectionError):
            for _moment in range(3000):
                connection.sendall(b"x")
                time.sleep(0.001)


def test_more_than_announced_harms_nobody(form):
    """Bytes after the body are dropped; a body that is refused unread still gets its answer."""
    body = json.dumps({"fields": {**WHO, "email": "more@example.com"}}).encode()
    path = (
        f"POST /crm/api/forms/{form.uuid}/submissions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    )
    excess = f"{path}Content-Length: {len(body)}\r\n\r\n".encode() + body + b"x" * 100_000
    huge = f"{path}Content-Length: 30000000\r\n\r\n".encode() + b"x" * 30_000_000
    for request, status in ((excess, 202), (huge, 413)):
        with socket.create_connection(("127.0.0.1", form.server.port), timeout=30) as connection:
            assert _answer(connection, request) == status


def test_a_body_that_comes_in_drops_is_taken(form):
    """What comes slowly is waited for: reading ends only when the whole body is there."""
    body = json.dumps({"fields": {**WHO, "email": "drops@example.com"}}).encode()
    head = f"POST /crm/api/forms/{form.uuid}/submissions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json"
    with socket.create_connection(("127.0.0.1", form.server.port), timeout=30) as connection:
        connection.sendall(f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        for start in range(0, len(body), 10):
            time.sleep(0.03)
            connection.sendall(body[start : start + 10])
        answer = connection.recv(65536)
    assert b" 202 " in answer.splitlines()[0]


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"null", b"[" * 50_000, b"\xff\xfe{}", b'{"a":1,"a":2}', b'{"fields":' + b"9" * 5000 + b"}"],
    ids=lambda raw: str(raw[:12]),
)
def test_no_json(form, raw):
    answer = form.post(data=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert set(answer.json()) == {"error"}


# ------------------------------------------------------------
# Who sends
# ------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "status"),
    [
        (None, 202), (SHOP, 202), ("null", 403), ("https://evil.test", 403), (SHOP + ".evil.test", 403),
        (SHOP.replace("https", "http"), 403), (SHOP + ":8443", 403), ("file://", 403), ("", 403),
    ],
)  # fmt: skip
def test_origins(form, sender, status):
    headers = {} if sender is None else {"Origin": sender}
    answer = form.send(headers=headers)
    assert answer.status_code == status
    assert answer.headers.get("Access-Control-Allow-Origin") == (sender if status == 202 and sender else None)
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Origin" in answer.headers["Vary"]
    page = requests.post(form.page, data=WHO, headers=headers, timeout=30, allow_redirects=False)
    # Without a token of ours, only a website of the form may send; the others are shown the form again.
    assert page.status_code == (303 if sender == SHOP else 422)
    asked = requests.options(f"{form.api}/submissions", headers=headers, timeout=30)
    assert asked.status_code == (204 if status == 202 else 403)


def test_frames(form):
    page, frame = (requests.get(address, timeout=30).headers for address in (form.page, f"{form.page}/embed"))
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"
    assert f"frame-ancestors 'self' {SHOP}" in frame["Content-Security-Policy"]
    assert "X-Frame-Options" not in frame


# ------------------------------------------------------------
# Whatever
# ------------------------------------------------------------

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=6,
)
KEYS = (
    "name", "email", "phone", "message", "want", "where", "size", "when", "stars", "call_me", "plan", "fields", "utm",
    "address.country_code", "first", "version", "lang", "proof", "submission_key", "page_url",
)  # fmt: skip


def test_arbitrary_json_is_never_an_error_of_ours(form):
    objects = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=12), anything, max_size=12)

    @settings(max_examples=EXAMPLES, **QUIET)
    @given(body=st.fixed_dictionaries({"fields": objects}) | objects | anything)
    def send(body):
        answer = form.post(
            data=json.dumps(body).encode("utf-8", "surrogatepass"), headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (202, 400, 409, 422)

    send()


def test_arbitrary_bytes_are_never_an_error_of_ours(form):
    kinds = st.sampled_from(
        ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "é"]
    )

    @settings(max_examples=EXAMPLES, **QUIET)
    @given(raw=st.binary(max_size=300) | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")), kind=kinds)
    def send(raw, kind):
        headers = {"Content-Type": kind.encode()}
        assert form.post(data=raw, headers=headers).status_code in (202, 400, 415, 422)
        answer = requests.post(form.page, data=raw, headers=headers, timeout=30, allow_redirects=False)
        assert answer.status_code < 500 and "Traceback" not in answer.text

    send()


def test_arbitrary_form_posts_are_never_an_error_of_ours(form):
    names = st.sampled_from([*KEYS, "_token", "_step", "_go", "_test", "_page", "self", "number"]) | st.text(max_size=8)

    @settings(max_examples=EXAMPLES, **QUIET)
    @given(pairs=st.lists(st.tuples(names, st.text(max_size=40)), max_size=12))
    def send(pairs):
        data = [(name.encode("utf-8", "replace"), value.encode("utf-8", "replace")) for name, value in pairs]
        answer = requests.post(form.page, data=data, timeout=30, allow_redirects=False)
        assert answer.status_code in (200, 303, 422), answer.text

    send()


def test_the_contract_holds(form):
    """Schemathesis reads the form's OpenAPI document and sends what it allows, and what it does not."""
    contract = schemathesis.openapi.from_url(f"{form.api}/openapi.json")
    checks = [status_code_conformance, content_type_conformance, response_schema_conformance]
    operations = [found.ok() for found in contract.get_all_operations()]
    assert len(operations) == 3
    for operation in operations:

        @settings(max_examples=EXAMPLES, **QUIET)
        @given(case=operation.as_strategy())
        def call(case):
            answer = case.call(timeout=30)
            assert answer.status_code < 500, answer.text
            case.validate_response(answer, checks=checks)

        call()


# ------------------------------------------------------------
# What colleagues see
# ------------------------------------------------------------


def test_no_script_of_a_stranger_runs_on_our_screens(form, database, chromium):
    """List, kanban, form and chatter of what arrived and of what became of it, the mail about it, the export."""
    for number, evil in enumerate(XSS):
        values = {"name": evil, "message": evil, "email": f"xss{number}@example.com", "address.street": evil}
        assert form.send(values, utm={"source": evil, "campaign": evil}).status_code == 202
    form.work_off()
    with database.env() as env:
        env["crm.web.form"].browse(form.id).notify_ids = env.ref("base.user_admin")
        intakes = form.intakes(env).filtered(lambda intake: "xss" in (intake.email or ""))
        assert set(intakes.mapped("job_state")) == {"done"}, intakes.mapped("error_message")
        for one in intakes:
            one._tell_colleagues()
        told = env["mail.mail"].search([("model", "=", "crm.lead"), ("res_id", "in", intakes.lead_id.ids)])
        assert len(told) >= len(XSS)
        mails = [f"<h1>{html.escape(mail.subject)}</h1>{mail.body_html}" for mail in told]
        intake, lead = intakes[0].id, intakes[0].lead_id.id
    page = chromium.new_page(base_url=form.server.url)
    ran = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    page.goto("/web/login")
    page.fill("input[name=login]", "admin")
    page.fill("input[name=password]", "admin")
    page.click("button[type=submit]")
    page.wait_for_url("**/odoo**")
    for address, shown in (
        ("/odoo/crm-incoming", ".o_list_view"),
        ("/odoo/crm-incoming?view_type=kanban", ".o_kanban_view, .o_list_view"),
        (f"/odoo/crm-incoming/{intake}", ".o_form_view"),
        ("/odoo/action-crm.crm_lead_all_leads", ".o_list_view"),
        ("/odoo/action-crm.crm_lead_action_pipeline", ".o_kanban_view"),
        (f"/odoo/action-crm.crm_lead_all_leads/{lead}", ".o-mail-Message"),
    ):
        page.goto(address)
        page.wait_for_selector(shown, timeout=30_000)
        page.wait_for_timeout(300)
    for mail in mails:
        page.set_content(mail)
        page.wait_for_timeout(50)
    assert not ran
    page.close()
