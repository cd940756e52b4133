"""Visitors with a real browser: another website, old pages, no scripts, a keyboard, a small screen."""

import contextlib
import functools
import http.server
import re
import threading

import pytest
import requests
from accessibility import violations
from playwright.sync_api import expect

from odoo.addons.crm_web_forms.tools import proof

from web_forms import WHO, WebForm

ROWS = [
    {"type": "radio", "label": "Want", "options": "Buy\nSell", "required": True},
    {"type": "text", "label": "Reason"},
    {"type": "multi", "label": "Where", "options": "North\nSouth", "help_text": "As many as you like"},
    {"type": "choice", "label": "Floor", "options": "Low\nHigh"},
    {"type": "rating", "label": "Stars"},
    {"type": "step", "label": "The rest"},
    {"type": "section", "label": "Details"},
    {"type": "number", "label": "Size", "required": True},
    {"type": "date", "label": "When"},
    {"type": "address", "label": "Address"},
    {"type": "checkbox", "label": "Call me"},
    {"type": "file", "label": "Plan"},
]
CSP = "default-src 'none'; script-src {crm}; connect-src {crm}; img-src 'self'; base-uri 'none'"


@contextlib.contextmanager
def website(folder, policy=None):
    """Serve a folder as another website (another host name and port); yield its origin."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def end_headers(self):
            if policy:
                self.send_header("Content-Security-Policy", policy)
            super().end_headers()

        def log_message(self, *_args):
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder)) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://localhost:{made.server_port}"
        made.shutdown()


@pytest.fixture(scope="module")
def form(database, server):
    made = WebForm(database, server, ROWS, proof_mode="watch", allowed_origins="*", name="Ask <us>")
    with database.env() as env:
        fields = {field.name: field for field in env["crm.web.form"].browse(made.id).field_ids}
        only_if = {"condition_field_id": fields["want"].id, "condition_value": "Sell"}
        (fields["size"] | fields["reason"]).write(only_if)
        env["crm.web.form"].browse(made.id).action_publish()
    return made


@pytest.fixture
def page(chromium):
    """A page of a visitor; fails when a script fails."""
    context = chromium.new_context()
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert not errors
    assert not context.cookies(), "nobody gets a cookie"
    context.close()


def sent(database, form, email):
    """Return what was kept of one sender."""
    with database.env() as env:
        return form.intakes(env, email=email).read(["payload", "proof", "origin", "page_url", "is_test"])


def host_page(tmp_path, form, body):
    """Write a page of another website with the element."""
    script = f'<script src="{form.server.url}/crm_web_forms/static/embed.js"></script>'
    head = '<head><meta charset="utf-8"><title>Shop</title></head>'
    html = f'<!DOCTYPE html><html lang="en">{head}<body>{body}{script}</body></html>'
    (tmp_path / "index.html").write_text(html)


def fill(form, email):
    """Fill in both pages of the form's element or page by their labels, as people do."""
    form.get_by_label("Name").fill("Ana Bosch")
    form.get_by_label("E-mail").fill(email)


def test_element_on_another_website(form, database, page, tmp_path):
    """Two of them on one page with a strict policy: pages, conditions, proof of work, attribution."""
    element = f'<crm-form form="{form.uuid}" attribution="on"></crm-form>'
    host_page(tmp_path, form, element * 2)
    with website(tmp_path, CSP.format(crm=form.server.url)) as shop:
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{shop}/?utm_source=partner&utm_campaign=spring&email=a@b.example")
        first, second = (page.locator("crm-form").nth(number) for number in range(2))
        first.get_by_text("Page 1 of 2").wait_for()
        second.get_by_text("Page 1 of 2").wait_for()
        ours = [url for url in asked if url.startswith(form.server.url)]
        assert sorted({url.split("?")[0].rpartition("/")[2] for url in ours}) == ["embed.js", "schema"]
        first.get_by_role("button", name="Continue").click()
        assert first.get_by_text("Please fill this in.").count() >= 1
        fill(first, "element@example.com")
        first.get_by_label("Sell").check()
        first.get_by_label("North").check()
        first.get_by_role("button", name="Continue").click()
        first.get_by_text("Page 2 of 2").wait_for()
        assert first.get_by_label("Size").is_visible()
        first.get_by_role("button", name="Send").click()
        assert first.get_by_label("Size").get_attribute("aria-invalid") == "true"
        first.get_by_role("button", name="Back").click()
        first.get_by_label("Buy").check()
        first.get_by_role("button", name="Continue").click()
        assert not first.get_by_label("Size").is_visible(), "only who sells is asked"
        first.get_by_label("Plan").set_input_files(
            {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
        )
        first.get_by_role("button", name="Send").dblclick()
        first.get_by_role("status").wait_for()
        assert second.get_by_label("Name").is_visible()
        kept = sent(database, form, "element@example.com")
        assert len(kept) == 1
        assert kept[0]["origin"] == shop
        assert kept[0]["page_url"] == f"{shop}/"
        assert kept[0]["payload"]["utm"]["campaign"] == "spring"
        assert kept[0]["payload"]["answers"] == {"want": "Buy", "where": ["North"], "plan": ["a.pdf"]}
        # Browsers do the arithmetic in secure pages only; localhost counts as one.
        assert kept[0]["proof"] == "solved"


def test_element_that_cannot_load_leaves_the_link(form, database, page, tmp_path):
    host_page(
        tmp_path, form, '<crm-form form="00000000-0000-4000-8000-000000000000"><a href="#">Our form</a></crm-form>'
    )
    with website(tmp_path) as shop:
        page.goto(shop)
        link = page.locator("crm-form").get_by_role("link", name="Our form")
        link.wait_for()
        assert link.bounding_box()["height"] > 10, "people see it"
        assert not page.locator("crm-form form").count()


def test_frame_without_scripts(form, database, chromium, tmp_path):
    """In a frame of another website, scripts and cookies switched off: page by page, then thank you."""
    (tmp_path / "index.html").write_text(
        f'<iframe src="{form.page}/embed" title="Form" width="400" height="900"></iframe>'
    )
    context = chromium.new_context(java_script_enabled=False)
    with website(tmp_path) as shop:
        page = context.new_page()
        page.goto(shop)
        frame = page.frame_locator("iframe")
        fill(frame, "frame@example.com")
        assert not frame.get_by_label("Reason").is_visible(), "only who sells is asked, without any script"
        frame.get_by_label("Sell").check()
        frame.get_by_label("Reason").fill("Too small")
        frame.get_by_role("button", name="Continue").click()
        frame.get_by_label("Size").fill("90,5")
        frame.get_by_role("button", name="Send").click()
        frame.get_by_role("status").wait_for()
    assert not context.cookies()
    context.close()
    kept = sent(database, form, "frame@example.com")
    assert kept[0]["payload"]["answers"] == {"want": "Sell", "reason": "Too small", "size": "90.5"}


def test_a_frame_grows_with_its_form(form, page, tmp_path):
    script = f'<script src="{form.server.url}/crm_web_forms/static/embed.js"></script>'
    (tmp_path / "index.html").write_text(f'<iframe src="{form.page}/embed" title="Form" height="50"></iframe>{script}')
    with website(tmp_path) as shop:
        page.goto(shop)
        page.wait_for_function("document.querySelector('iframe').offsetHeight > 500")
        frame = page.frame_locator("iframe").locator("html")
        high, shown = frame.evaluate("html => [html.scrollHeight, html.clientHeight]")
        assert high <= shown + 1, "nothing of it is scrolled inside the frame"


def test_nobody_else_may_show_the_page_in_a_frame(form, page, tmp_path):
    frames = f'<iframe src="{form.page}" title="Page"></iframe><iframe src="{form.page}/embed" title="Frame"></iframe>'
    (tmp_path / "index.html").write_text(frames)
    with website(tmp_path) as shop:
        page.goto(shop)
        page.frame_locator("[title=Frame]").get_by_label("Name").wait_for()
        page.wait_for_load_state("networkidle")
        assert page.frame_locator("[title=Page]").get_by_label("Name").count() == 0


def test_a_page_kept_for_three_days_still_works(form, database):
    """The element asks for everything at once; the hosted page is shown once more, with what was typed."""
    html = requests.get(form.page, timeout=30).text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html))
    with database.env() as env:
        record = env["crm.web.form"].browse(form.id)
        hidden["_token"] = record._make_token(record.version_id, age=3 * 86400)
    hidden |= {"_step": "1", "want": "Buy"}
    data = {**hidden, **WHO, "email": "late@example.com"}
    again = requests.post(form.page, data=data, timeout=30, allow_redirects=False)
    assert again.status_code == 422
    assert "late@example.com" in again.text
    data |= dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', again.text))
    assert requests.post(form.page, data=data, timeout=30, allow_redirects=False).status_code == 303
    assert len(sent(database, form, "late@example.com")) == 1


def test_an_element_open_for_three_days_still_works(form, database, page, tmp_path, monkeypatch):
    """Its challenge is too old, the form was published anew meanwhile: sent at the first click, as it was shown."""
    monkeypatch.setattr(proof, "LIFE", -3 * 86400)
    with database.env() as env:
        record = env["crm.web.form"].browse(form.id)
        old, number = env["crm.web.challenge"]._make(record), record.version_id.number
    monkeypatch.undo()
    asked = []

    def answer(route):
        asked.append(route.request.url)
        route.fulfill(json=old, headers={"Access-Control-Allow-Origin": "*"}) if len(asked) == 1 else route.continue_()

    page.route("**/challenge**", answer)
    host_page(tmp_path, form, f'<crm-form form="{form.uuid}"></crm-form>')
    with website(tmp_path) as shop:
        page.goto(shop)
        element = page.locator("crm-form")
        fill(element, "patient@example.com")
        element.get_by_label("Buy").check()
        element.get_by_role("button", name="Continue").click()
        with database.env() as env:
            record = env["crm.web.form"].browse(form.id)
            record.field_ids.filtered(lambda field: field.name == "floor").label = "Storey"
            record.action_publish()
        element.get_by_role("button", name="Send").click()
        element.get_by_role("status").wait_for()
    assert len(asked) == 2
    with database.env() as env:
        kept = form.intakes(env, email="patient@example.com")
        assert (kept.proof, kept.version_id.number) == ("solved", number)


def test_a_browser_that_keeps_nothing(form, database, chromium, tmp_path):
    """Cookies and storage of every site are blocked: the element is sent all the same, without the first visit."""
    context = chromium.new_context()
    context.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, { get() { throw new DOMException('blocked', 'SecurityError'); } });"
        "Object.defineProperty(document, 'cookie', { get() { throw new DOMException('blocked', 'SecurityError'); } });"
    )
    page = context.new_page()
    host_page(tmp_path, form, f'<crm-form form="{form.uuid}" attribution="on"></crm-form>')
    with website(tmp_path) as shop:
        page.goto(f"{shop}/?utm_source=partner")
        element = page.locator("crm-form")
        fill(element, "blocked@example.com")
        element.get_by_label("Buy").check()
        element.get_by_role("button", name="Continue").click()
        element.get_by_role("button", name="Send").click()
        element.get_by_role("status").wait_for()
    context.close()
    assert sent(database, form, "blocked@example.com")[0]["payload"]["utm"]["source"] == "partner"


def test_a_visitor_on_a_phone(form, database, chromium):
    """The hosted page, tapped through on 390 pixels: pages, a condition, a picture, thank you; reloaded in vain."""
    phone = chromium.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page = phone.new_page()
    page.goto(f"{form.page}?utm_campaign=poster")
    fill(page, "phone@example.com")
    page.get_by_text("Sell", exact=True).tap()
    page.get_by_role("button", name="Continue").tap()
    page.get_by_label("Size").fill("84")
    page.get_by_label("Plan").set_input_files({"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # People type longer than the browser works: one tap has to be enough then, too.
    expect(page.locator("[name=proof]")).not_to_have_value("", timeout=30_000)
    page.get_by_role("button", name="Send").tap()
    page.get_by_role("status").wait_for()
    page.reload()
    page.get_by_role("status").wait_for()
    phone.close()
    kept = sent(database, form, "phone@example.com")
    assert len(kept) == 1
    assert kept[0]["payload"]["answers"] == {"want": "Sell", "size": "84", "plan": ["a.pdf"]}
    assert (kept[0]["payload"]["utm"]["campaign"], kept[0]["proof"]) == ("poster", "solved")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(form, chromium, scheme):
    """The page when it opens, with errors, on its second page, and when it says thank you."""
    # The page's own policy would keep the checker out as well.
    context = chromium.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(form.page)
    assert not violations(page)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("alert").wait_for()
    assert not violations(page)
    fill(page, f"axe.{scheme}@example.com")
    page.get_by_label("Buy").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("Page 2 of 2").wait_for()
    assert not violations(page)
    page.get_by_role("button", name="Send").click()
    page.get_by_role("status").wait_for()
    assert not violations(page)
    context.close()


def test_axe_finds_nothing_in_the_element(form, chromium, tmp_path):
    host_page(tmp_path, form, f'<main><h1>Shop</h1><crm-form form="{form.uuid}"></crm-form></main>')
    page = chromium.new_page()
    with website(tmp_path) as shop:
        page.goto(shop)
        page.locator("crm-form").get_by_text("Page 1 of 2").wait_for()
        assert not violations(page)
        page.get_by_role("button", name="Continue").click()
        assert not violations(page)
    page.close()


def test_keyboard_alone(form, database, page):
    """Every question in the order it is read, the trap never; Enter sends."""
    page.goto(form.page)
    seen = []
    for _number in range(12):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
    assert seen[:4] == ["name", "email", "phone", "message"]
    assert form.trap not in seen
    assert "_go" in seen
    page.get_by_label("Name").focus()
    page.keyboard.type("Ana")
    page.keyboard.press("Tab")
    page.keyboard.type("keyboard@example.com")
    for _number in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_text("Page 2 of 2").wait_for()


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_small_screen(form, database, chromium, direction):
    """At 320 pixels nothing is cut off or scrolls sideways, in either direction; what is pressed is large enough."""
    address = form.page
    if direction == "rtl":
        with database.env() as env:
            env["res.lang"]._activate_lang("ar_001")
            env["crm.web.form"].browse(form.id).with_context(lang="ar_001").name = "اتصل بنا"
            env["crm.web.form"].browse(form.id).action_publish()
        address += "?lang=ar_001"
    page = chromium.new_page(viewport={"width": 320, "height": 640})
    page.goto(address)
    assert page.evaluate("document.documentElement.dir") == direction
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    sizes = page.evaluate(
        "[...document.querySelectorAll('button,input:not([type=hidden]),select,textarea')]"
        ".filter((e) => e.offsetParent && !e.closest('.away')).map((e) => e.getBoundingClientRect())"
        ".map(({width, height}) => Math.min(width, height))"
    )
    assert min(sizes) >= 24
    page.close()
