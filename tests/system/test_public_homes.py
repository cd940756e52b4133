"""Clients of an agency on a telephone: they look for a home, ask about it, and move their visit."""

from datetime import timedelta

import pytest
from accessibility import violations

from odoo import fields

from servers import Rpc

WIDTHS = {"phone": (390, 844), "desk": (1400, 900)}
PERSON = {"name": "Noa Public", "email": "noa.public@example.net", "phone": "+34 600 00 01 88"}


@pytest.fixture(params=WIDTHS)
def page(request, chromium):
    """A page of somebody nobody knows, on a telephone and at a desk."""
    width, height = WIDTHS[request.param]
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    yield page
    assert not context.cookies(), "the public pages need none"
    context.close()


def check(page):
    """Check that a page is no wider than the screen, and accessible."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert not violations(page)


def click(page, place):
    """Click what leads to another page, and wait for it."""
    with page.expect_navigation():
        place.click()


def test_somebody_finds_a_home_and_asks(demo, page):
    database, server = demo
    page.goto(f"{server.url}/homes/1")
    check(page)
    page.get_by_label("Bedrooms from").fill("5")
    click(page, page.get_by_role("button", name="Search"))
    check(page)
    click(page, page.get_by_role("link", name="Villa with a pool and a view").first)
    check(page)
    width = page.viewport_size["width"]
    email = f"{width}.{PERSON['email']}"
    page.get_by_label("Your name").fill(PERSON["name"])
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Telephone").fill(PERSON["phone"])
    page.get_by_label("Your question").fill("Is the pool heated?")
    page.wait_for_timeout(3500)  # as long as a person needs at least
    click(page, page.get_by_role("button", name="Send"))
    page.get_by_role("status").wait_for()
    check(page)
    with database.env() as env:
        intake = env["crm.intake"].search([("email", "=", email)])
        assert len(intake) == 1
        assert intake.target == "property_enquiry"


def visit_of_tomorrow(env):
    """Make a planned visit with a client; return its id and the address of its page."""
    client = env["res.partner"].create({"name": PERSON["name"], "email": PERSON["email"]})
    prop = env["realestate.property"].search([("ref", "=", "BM-1001")])
    agent = env["res.users"].search([("login", "=", "agent")])
    visit = env["realestate.visit"].with_user(agent).create({"property_id": prop.id, "partner_ids": client.ids})
    start = fields.Datetime.now() + timedelta(days=1)
    free = visit._find_free_slots(prop, agent, start, start + timedelta(days=7), limit=1)
    visit.write({"start": free[0], "stop": free[0] + timedelta(hours=1), "state": "planned"})
    return visit.id, visit._get_public_url().removeprefix(visit.get_base_url())


def test_a_client_moves_the_visit(demo, page):
    database, server = demo
    with database.env() as env:
        visit, path = visit_of_tomorrow(env)
    page.goto(server.url + path)
    check(page)
    click(page, page.get_by_role("button", name="Yes, I will be there"))
    page.get_by_role("status").get_by_text("see you there").wait_for()
    slot = page.locator(".slots button").last
    moment = slot.get_attribute("value")
    click(page, slot)
    page.get_by_role("status").get_by_text("Moved").wait_for()
    check(page)

    agent = Rpc(server, "agent")
    moved = agent.one("realestate.visit", [("id", "=", visit)], "start", "state", "calendar_event_id")
    assert (moved["start"], moved["state"]) == (moment, "confirmed")
    meeting = agent.one("calendar.event", [("id", "=", moved["calendar_event_id"][0])], "start")
    assert meeting["start"] == moment, "the agent's calendar knows"

    click(page, page.get_by_role("button", name="I cannot come"))
    page.get_by_role("status").get_by_text("cancelled").wait_for()
    assert agent.one("realestate.visit", [("id", "=", visit)], "state")["state"] == "cancelled"
