"""A dealer's and a maker's database on two servers, with a bad line between them (promise P5).

The line loses requests, loses answers, delivers twice, late and out of order, answers nonsense; both servers are killed
on the way. In the end each feedback is one case in its right state, the answers are back, and nothing left without
the consent it needs.
"""

import os

import pytest

from odoo.tools import mute_logger

from odoo.addons.crm_automotive_dealer.tools import webhook

from exchange import CLOCK, BadLine, make_sides, settle
from servers import wait_for

COUNT = 1000 if os.environ.get("SUITE_LONG") else 40
WITHDRAWN = 10
SECONDS = 120 + 2 * COUNT
CONSENT = "oem_share_feedback"


@pytest.fixture(autouse=True)
def quiet():
    """Leave out what the host logs where two transactions met: it runs them again."""
    with mute_logger("odoo.sql_db", "odoo.service.model"):
        yield


@pytest.fixture(scope="module")
def sides():
    """The dealer's and the maker's side."""
    dealer, maker = make_sides(os.environ["SUITE_TEMPLATE"])
    yield dealer, maker
    dealer.end()
    maker.end()


def submit(env):
    """Take and submit the feedback; half of the customers agree to be named."""
    customers = env["res.partner"].create(
        [{"name": f"Customer{number}", "email": f"c{number}@example.com"} for number in range(COUNT)]
    )
    feedback = env["automotive.feedback"].create(
        [
            {
                "kind": "complaint",
                "text": f"It rattles, says number {number}",
                "partner_id": customer.id,
                "disclosure": "identified" if number % 2 else "pseudonymous",
                "consent_given": bool(number % 2),
            }
            for number, customer in enumerate(customers)
        ]
    )
    feedback.action_submit()
    return feedback.filtered("consent_given")[:WITHDRAWN].partner_id.ids


def withdraw(env, customers):
    """These change their mind before anything left."""
    for partner in env["res.partner"].browse(customers):
        partner._record_consent(CONSENT, "withdrawn", "test")


def answer(env):
    """The maker answers every case, and asks for nothing twice."""
    cases = env["automotive.oem.case"].search([("state", "=", "new")])
    for case in cases:
        case.answer = f"Answer to: {case.text}"
    cases.action_answer()
    return len(cases)


def answers_are_back(dealer, count):
    """Check that each feedback that left has its own answer."""
    with dealer.database.env() as env:
        answered = env["automotive.feedback"].search([("state", "=", "answered")])
        assert len(answered) == count
        assert {feedback.answer for feedback in answered} == {f"Answer to: {feedback.text}" for feedback in answered}


def test_each_feedback_is_one_case_and_every_answer_is_back(sides):
    dealer, maker = sides
    customers = dealer.database.request(submit)
    dealer.database.request(lambda env: withdraw(env, customers))
    for side in sides:
        side.server.start()
    settle(*sides, seconds=SECONDS)
    assert all(dealer.line.seen[fault] for fault in (*BadLine.FAULTS, *BadLine.PLANNED)), dealer.line.seen

    sent = COUNT - WITHDRAWN
    with maker.database.env() as env:
        cases = env["automotive.oem.case"].search([])
        assert len(cases) == len(set(cases.mapped("uuid"))) == sent
        named = set(cases.filtered("customer_name").mapped("customer_name"))
        assert len(named) == COUNT // 2 - WITHDRAWN
    with dealer.database.env() as env:
        withdrawn = env["automotive.feedback"].search([("partner_id", "in", customers)])
        assert set(withdrawn.mapped("state")) == {"draft"}, "they wait for another decision"
        assert not named & set(withdrawn.partner_id.mapped("name"))
        others = env["automotive.feedback"].search([]) - withdrawn
        assert set(others.mapped("state")) == {"acked"}

    assert maker.database.request(answer) == sent
    settle(*sides, seconds=SECONDS)
    answers_are_back(dealer, sent)


def submit_one(side, text):
    values = {"kind": "suggestion", "text": text}
    side.database.request(lambda env: env["automotive.feedback"].create(values).action_submit())


def texts_at(maker, count):
    """Return the words of the last cases."""
    with maker.database.env() as env:
        return env["automotive.oem.case"].search([], limit=count).mapped("text")


def wait_until_paused(side):
    wait_for(lambda: side.pass_time() or side.peer_state() == "paused", "the link to pause")


def test_a_dealer_behind_a_firewall_fetches_its_answers(sides):
    """The maker cannot reach the dealer; the line is as bad as before, and both are killed on the way."""
    dealer, maker = sides
    dealer.change_peer(mode="pull")
    maker.change_peer(mode="polled", url=False)
    reached = sum(maker.line.seen.values())
    dealer.line.plan = [*BadLine.FAULTS, "sender dies", "receiver dies"]
    for number in range(6):
        submit_one(dealer, f"Behind a firewall {number}")
    settle(*sides)
    assert maker.database.request(answer) == 6
    settle(*sides)
    answers_are_back(dealer, COUNT - WITHDRAWN + 6)
    assert sum(maker.line.seen.values()) == reached, "nobody tried to reach the dealer"
    dealer.change_peer(mode="push")
    maker.change_peer(mode="push", url=maker.line.url)


def test_a_secret_is_changed_without_losing_a_message(sides):
    """Both secrets hold for a while; with the former one alone, nobody gets in and nothing is lost."""
    dealer, maker = sides
    dealer.line.faulty = maker.line.faulty = False
    with maker.database.env() as env:
        former = env["crm.exchange.peer"].search([]).secret_in
    new = webhook.new_secret()
    maker.change_peer(secret_in=f"{former} {new}")
    submit_one(dealer, "During the change")
    settle(*sides)
    maker.change_peer(secret_in=new)
    submit_one(dealer, "With the former secret")
    wait_until_paused(dealer)
    dealer.change_peer(secret_out=new, state="connected")
    settle(*sides)
    assert texts_at(maker, 2) == ["With the former secret", "During the change"]


def test_a_wrong_clock_stops_the_link_and_loses_nothing(sides):
    dealer, maker = sides
    dealer.server.kill()
    dealer.server.env = {"SUITE_CLOCK": "400", "PYTHONPATH": str(CLOCK)}
    dealer.server.start()
    submit_one(dealer, "Ahead of the time")
    wait_until_paused(dealer)
    with dealer.database.env() as env:
        peer = env["crm.exchange.peer"].search([])
        assert -410 < peer.clock_skew < -390, peer.clock_skew
        assert any("clocks differ by" in activity.summary for activity in peer.activity_ids)
    dealer.server.kill()
    dealer.server.env = {}
    settle(*sides)
    assert texts_at(maker, 1) == ["Ahead of the time"]


def test_the_night_finds_what_a_backup_lost(sides):
    """The maker goes back to a backup of before the last message: the night sends it again."""
    dealer, maker = sides
    dealer.line.faulty = maker.line.faulty = False
    words = "After the backup"
    submit_one(dealer, words)
    settle(*sides)

    def forget(env):
        case = env["automotive.oem.case"].search([("text", "=", words)])
        env.cr.execute("DELETE FROM crm_exchange_inbox WHERE ordering_key = %s", [case.uuid])
        env.cr.execute("DELETE FROM crm_exchange_stream WHERE ordering_key = %s", [case.uuid])
        case.sudo().unlink()

    def compare(env):
        tomorrow = env.cr.now().date().fromordinal(env.cr.now().date().toordinal() + 1)
        env["crm.exchange.comparison"]._compare(env["crm.exchange.peer"].search([]), tomorrow)

    maker.database.request(forget)
    assert texts_at(maker, 1) != [words]
    dealer.database.request(compare)
    settle(*sides)
    assert texts_at(maker, 1) == [words]
    with dealer.database.env() as env:
        comparison = env["crm.exchange.comparison"].search([("direction", "=", "ours")], limit=1)
        assert (comparison.state, comparison.difference_ids.mapped("kind")) == ("mended", ["resent"])


PHONE = {"width": 390, "height": 844}
WORDS, WRITTEN = "The gearbox jerks when it is cold", "New software is ready, free of charge"


def make_user(side, login, group):
    """Make a person who works there."""

    def work(env):
        group_id = env.ref(f"crm_automotive_dealer.group_crm_automotive_dealer_{group}").id
        values = {"name": login.title(), "login": login, "password": login, "odoobot_state": "disabled"}
        env["res.users"].with_context(no_reset_password=True).create({**values, "group_ids": [(4, group_id)]})

    side.database.request(work)


def open_page(chromium, side, login, action, **options):
    """Log in and open an action of the addon."""
    page = chromium.new_context(**options).new_page()
    page.goto(f"{side.server.url}/web/login")
    page.locator("#login").fill(login)
    page.locator("#password").fill(login)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/odoo**")
    page.goto(f"{side.server.url}/odoo/action-crm_automotive_dealer.{action}")
    return page


def press(page, name):
    """Press a button of the form, as soon as it is there."""
    page.locator(f"button[name={name}]:visible").first.click()


def reload_until(page, selector, text):
    """Look again until something is on the screen."""

    def seen():
        page.reload()
        page.locator(".o_form_view").wait_for()
        return page.locator(selector, has_text=text).count()

    wait_for(seen, text, 90)


def test_a_complaint_from_the_phone_to_the_verdict_across_two_databases(sides, chromium):
    dealer, maker = sides
    dealer.line.faulty = maker.line.faulty = False
    settle(*sides)
    make_user(dealer, "dora", "user")
    make_user(maker, "mia", "maker_manager")
    phone = open_page(chromium, dealer, "dora", "automotive_feedback_action/new", viewport=PHONE, has_touch=True)
    phone.locator("[name=text] textarea").fill(WORDS)
    press(phone, "action_submit")
    phone.locator(".o_field_statusbar", has_text="Queued").wait_for()

    def arrived():
        with maker.database.env() as env:
            return env["automotive.oem.case"].search([("text", "=", WORDS)]).id

    case = wait_for(arrived, "the case", 90)
    desk = open_page(chromium, maker, "mia", f"automotive_oem_case_action/{case}")
    desk.locator("[name=answer] textarea").fill(WRITTEN)
    press(desk, "action_answer")
    reload_until(phone, ".alert-success", WRITTEN)
    press(phone, "action_inform_customer")
    press(phone, "action_solved")

    def closed():
        with maker.database.env() as env:
            found = env["automotive.oem.case"].browse(case)
            return found.state == "closed" and found.solved

    assert wait_for(closed, "the customer's verdict", 90) == "yes"
