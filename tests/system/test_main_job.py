"""The main job, driven from outside: an enquiry on another website becomes a posted deposit invoice.

Given an agency on the Spanish chart of accounts, with 21 % VAT on the deposit.
When somebody asks about a flat on a page of another origin, is shown the flat and signs the deposit quote,
Then there is one contact, one opportunity, one booking, one posted invoice to the cent, and a next step.
"""

import threading
from datetime import datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from servers import Rpc, wait_for

FORM = "7d1c0a52-3b6e-4c1f-9a48-5e2f60d1b7aa"
PROPERTY = "BM-1001"
DEPOSIT, VAT, TOTAL = 2_850.00, 598.50, 3_448.50  # 1 % of the price; plus 21 % VAT
PERSON = {"name": "Vera Olmo", "email": "vera.olmo@example.net", "phone": "+34 600 00 01 77"}


class Page(BaseHTTPRequestHandler):
    """A website of the agency that knows nothing but a snippet."""

    def __init__(self, html, *args):
        self.html = html
        super().__init__(*args)

    def do_GET(self):  # noqa: N802 - the library's name
        """Serve the page, whatever is asked."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.html.encode())

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture(scope="module")
def website(demo):
    """A page on another origin that shows the form."""
    database, server = demo
    html = (
        "<!doctype html><html lang='en'><title>Brisamar</title><h1>Our homes</h1>"
        f"<script src='{server.url}/crm_web_forms/static/embed.js'></script><crm-form form='{FORM}'></crm-form></html>"
    )
    site = ThreadingHTTPServer(("127.0.0.1", 0), partial(Page, html))
    threading.Thread(target=site.serve_forever, daemon=True).start()
    origin = f"http://localhost:{site.server_port}"
    with database.env() as env:
        env["crm.web.form"].search([("uuid", "=", FORM)]).allowed_origins = origin
    yield origin
    site.shutdown()


def send_form(chromium, website):
    """Fill in the form as a visitor does."""
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{website}/homes?utm_source=Poster&utm_campaign=Spring")
    page.get_by_role("textbox", name="Name").fill(PERSON["name"])
    page.get_by_role("textbox", name="E-mail").fill(PERSON["email"])
    page.get_by_role("textbox", name="Phone").fill(PERSON["phone"])
    page.get_by_role("textbox", name="Reference of the home").fill(PROPERTY)
    page.get_by_role("textbox", name="Message").fill("Is it still free? I can come on Friday.")
    page.wait_for_timeout(3500)  # as long as a person needs at least
    page.get_by_role("button").click()
    page.get_by_text("Thank you").wait_for(timeout=15_000)
    page.close()


def sign(chromium, url, name):
    """Accept and sign a quote in the portal, on a phone."""
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    page.goto(url, wait_until="networkidle")
    page.locator("[data-bs-target='#modalaccept']:visible").first.click()
    dialog = page.locator("#modalaccept")
    dialog.locator("input[name='signer']").fill(name)
    dialog.locator(".o_portal_sign_submit").click()
    page.get_by_text("signed").first.wait_for(timeout=30_000)
    page.close()


def enquire_twice(chromium, website, database, agent):
    """Ask, and ask again; return the one opportunity that comes of it."""
    for number in (1, 2):
        send_form(chromium, website)
        wait_for(lambda number=number: intakes_done(database) == number, f"enquiry {number} to be understood", 90)
    person = agent.one("res.partner", [("email", "=", PERSON["email"])], "name", "phone")
    assert (person["name"], person["phone"]) == (PERSON["name"], PERSON["phone"])
    known = ("type", "pipeline_id", "user_id", "property_id", "partner_id", "source_id")
    lead = agent.one("crm.lead", [("partner_id", "=", person["id"])], *known)
    assert lead["type"] == "opportunity"
    assert lead["pipeline_id"][1] == "Property sale"
    assert PROPERTY in lead["property_id"][1]
    assert lead["source_id"][1] == "Poster"
    assert lead["user_id"][0] == agent.uid, "the agent of the property"
    return lead


def visit(agent, links):
    """Show the flat, and note that the person is interested."""
    start = (datetime.now() + timedelta(days=40)).replace(hour=10, minute=0, second=0, microsecond=0)
    slot = {"start": f"{start:%Y-%m-%d %H:%M:%S}", "stop": f"{start + timedelta(hours=1):%Y-%m-%d %H:%M:%S}"}
    planned = agent.call("realestate.visit", "create", [{**links, **slot, "state": "planned"}])[0]
    agent.call("realestate.visit", "write", [planned], {"interest": "yes"})
    agent.call("realestate.visit", "action_done", [planned])


def book(agent, links):
    """Hold the flat and send the quote of its deposit; return (booking, order)."""
    booking = agent.call("realestate.booking", "create", [links])[0]
    agent.call("realestate.booking", "action_hold", [booking])
    agent.call("realestate.booking", "action_create_deposit_quote", [booking])
    amounts = ("amount_untaxed", "amount_total", "currency_id")
    order = agent.one("sale.order", [("opportunity_id", "=", links["lead_id"])], *amounts)
    assert (order["amount_untaxed"], order["amount_total"]) == (DEPOSIT, TOTAL)
    assert order["currency_id"][1] == "EUR"
    agent.call("sale.order", "action_quotation_sent", [order["id"]])
    return booking, order["id"]


def test_from_the_enquiry_to_the_posted_deposit_invoice(demo, website, chromium):
    database, server = demo
    agent = Rpc(server, "agent")

    lead = enquire_twice(chromium, website, database, agent)
    assert activities(agent, lead), "the agent knows what to do first"
    links = {"property_id": lead["property_id"][0], "lead_id": lead["id"], "partner_ids": [(4, lead["partner_id"][0])]}
    stages = [stage(agent, lead)]
    visit(agent, links)
    stages.append(stage(agent, lead))
    booking, order = book(agent, links)
    stages.append(stage(agent, lead))

    with database.env() as env:
        url = server.url + env["sale.order"].browse(order)._get_share_url(redirect=False)
    sign(chromium, url, PERSON["name"])

    # The deposit invoice is posted, once, to the cent; the booking holds; the opportunity has moved by itself.
    wait_for(lambda: invoices(database, order), "the deposit invoice", 90)
    found = [(move["state"], move["amount_total"], move["amount_tax"]) for move in invoices(database, order)]
    assert found == [("posted", TOTAL, VAT)]
    assert agent.one("realestate.booking", [("id", "=", booking)], "state")["state"] == "confirmed"
    final = agent.one("crm.lead", [("id", "=", lead["id"])], "stage_id", "won_status")
    assert (final["stage_id"][1], final["won_status"]) == ("Booked", "pending")
    stages.append(stage(agent, lead))
    assert stages == sorted(set(stages)), "each step moved it forward"
    assert activities(agent, lead), "an open opportunity has a next step"
    with database.env() as env:
        env.ref("crm_accounting_bridge.ir_cron_billing").method_direct_trigger()
    assert len(invoices(database, order)) == 1, "running again makes no second invoice"
    assert not server.complaints()


def intakes_done(database):
    """Return how many enquiries of the person have been worked off."""
    with database.env() as env:
        return env["crm.intake"].search_count([("email", "=", PERSON["email"]), ("job_state", "=", "done")])


def invoices(database, order):
    """Return the invoices of an order."""
    with database.env() as env:
        moves = env["sale.order"].browse(order).invoice_ids
        return moves.read(["state", "amount_total", "amount_tax"]) if "posted" in moves.mapped("state") else []


def stage(rpc, lead):
    """Return how far an opportunity is."""
    found = rpc.one("crm.lead", [("id", "=", lead["id"])], "stage_id")
    return rpc.one("crm.stage", [("id", "=", found["stage_id"][0])], "sequence")["sequence"]


def activities(rpc, lead):
    """Return what is planned for an opportunity."""
    return rpc.call("mail.activity", "search", [("res_model", "=", "crm.lead"), ("res_id", "=", lead["id"])])


def test_a_visitor_moves_the_visit_on_a_phone(demo, chromium):
    """The link in the mail opens a page without an account; the visit, the calendar and the agent follow."""
    database, server = demo
    with database.env() as env:
        visit = env.ref("crm_realestate.realestate_visit_ines_demo")
        number, before, path = visit.id, visit.start, visit._get_public_url().removeprefix(visit.get_base_url())
    context = chromium.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page = context.new_page()
    page.goto(server.url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    slot = page.locator(".slots button").last
    label, moment = slot.inner_text(), slot.get_attribute("value")
    slot.tap()
    page.get_by_text("Moved. See you then.").wait_for(timeout=30_000)
    assert label[-5:] in page.locator(".when").inner_text(), "the page says the new time"
    assert not context.cookies(), "no account, no cookie"
    context.close()
    with database.env() as env:
        visit = env["realestate.visit"].browse(number)
        assert (str(visit.start), visit.state) == (moment, "confirmed")
        assert visit.start != before
        assert visit.calendar_event_id.start == visit.start
        assert visit.user_id in visit.activity_ids.user_id, "the agent is told"
    assert not server.complaints()
