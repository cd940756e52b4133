"""Fifty agents want the same flat at the same moment: one gets it, the others read who has it (promise P4)."""

import re
import time
from datetime import datetime, timedelta

import pytest
import requests

from odoo import fields
from odoo.tools import mute_logger

from servers import Rpc, Server, failures, in_threads

THREADS = 50
# Where the many threads of one flat prove it already.
FEW = 16

# The losers are run again by the host, which logs it; what the constraint refuses is logged, too.
pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture
def quiet():
    """Leave what the host logs about refused transactions out."""
    with mute_logger("odoo.sql_db", "odoo.service.model"):
        yield


def drafts_of_one_flat(env):
    """Make 50 drafts on one flat."""
    flat = env["realestate.property"].create({"name": "Raced flat", "price_sale": 1000})
    return flat.id, env["realestate.booking"].create([{"property_id": flat.id}] * THREADS).ids


def drafts_that_share_a_parking(env):
    """Make drafts that share a parking space: for some it is all, for some a part of the bundle."""
    parking = env["realestate.property"].create({"name": "Raced parking", "price_sale": 1000})
    flats = env["realestate.property"].create([{"name": f"Flat {number}"} for number in range(THREADS)])
    bundles = [{"property_id": flat.id, "line_ids": [(0, 0, {"property_id": parking.id})]} for flat in flats]
    drafts = [{"property_id": parking.id} if number % 2 else bundles[number] for number in range(THREADS)]
    return parking.id, env["realestate.booking"].create(drafts).ids


def drafts_of_a_building_and_its_units(env):
    """Make drafts of a whole building and of one unit each; the property looked at is the building."""
    properties = env["realestate.property"]
    building = properties.create({"name": "Raced building", "price_sale": 1000})
    units = properties.create([{"name": f"Unit {number}", "parent_id": building.id} for number in range(FEW // 2)])
    drafts = [{"property_id": units[number // 2].id if number % 2 else building.id} for number in range(FEW)]
    return building.id, env["realestate.booking"].create(drafts).ids


def hold(env, _flat, draft):
    """Put a draft on hold, as the button does."""
    env["realestate.booking"].browse(draft).action_hold()


def create_held(env, flat, _draft):
    """Create a booking that is on hold at once, as an import does."""
    env["realestate.booking"].create({"property_id": flat, "state": "held"})


def lines_in_force(env, properties):
    """Return the booking lines that keep some properties."""
    return env["realestate.booking.line"].search(
        [("property_id", "in", properties), ("state", "in", ("held", "confirmed", "contracted", "done"))]
    )


def check_losers(results, winner, count):
    """Check that all but some threads failed, each with a sentence that names who was first."""
    refused = failures(results)
    assert len(refused) == len(results) - count
    for error in refused:
        assert type(error).__name__ == "ValidationError"
        assert winner in str(error), "the message names the booking in the way"


@pytest.mark.parametrize(
    ("prepare", "work"),
    [(drafts_of_one_flat, hold), (drafts_of_one_flat, create_held), (drafts_that_share_a_parking, hold)],
    ids=["hold", "create", "bundle against part"],
)
def test_exactly_one_booking(database, prepare, work):
    flat, drafts = database.request(prepare)
    results = in_threads(THREADS, lambda index: database.request(lambda env: work(env, flat, drafts[index])))
    with database.env() as env:
        lines = lines_in_force(env, [flat])
        assert len(lines) == 1
        winner = lines.booking_id.name
    check_losers(results, winner, 1)


def test_the_building_or_its_units(database):
    """Either one booking has the building with all that is in it, or each unit has its own and nobody the whole."""
    building, drafts = database.request(drafts_of_a_building_and_its_units)
    results = in_threads(FEW, lambda index: database.request(lambda env: hold(env, building, drafts[index])))
    with database.env() as env:
        prop = env["realestate.property"].browse(building)
        lines = lines_in_force(env, [building, *prop.child_ids.ids])
        properties = lines.property_id.ids
        assert len(properties) == len(set(lines.mapped("property_id.id"))) == len(lines), "a property in two bookings"
        if building in properties:
            assert len(lines.booking_id) == 1
            assert len(lines) == 1 + FEW // 2
        else:
            assert len(lines.booking_id) == FEW // 2, "every unit found its client"
        won = len(lines.booking_id)
    assert len(failures(results)) == FEW - won
    assert {type(error).__name__ for error in failures(results)} == {"ValidationError"}
    assert all(re.search(r"booking \S+", str(error)) for error in failures(results))


def hold_and_followers(env):
    """Make a hold that ends soon, and drafts that want the flat from that moment on."""
    flat = env["realestate.property"].create({"name": "Wanted flat", "price_sale": 1000})
    end = fields.Datetime.now() + timedelta(hours=1)
    first = env["realestate.booking"].create({"property_id": flat.id, "state": "held", "date_expiry": end})
    later = {"property_id": flat.id, "date_hold": end, "date_expiry": end + timedelta(hours=5)}
    return flat.id, first.id, env["realestate.booking"].create([later] * (FEW - 1)).ids


def test_extended_or_taken_by_the_next(database):
    flat, first, drafts = database.request(hold_and_followers)

    def work(env, index):
        bookings = env["realestate.booking"]
        return bookings.browse(drafts[index - 1]).action_hold() if index else bookings.browse(first).action_extend()

    results = in_threads(FEW, lambda index: database.request(lambda env: work(env, index)))
    assert len(failures(results)) == FEW - 1
    assert {type(error).__name__ for error in failures(results)} == {"ValidationError"}
    with database.env() as env:
        lines = lines_in_force(env, [flat])
        extended = env["realestate.booking"].browse(first).extension_count
        assert (len(lines), extended) in ((1, 1), (2, 0)), "extended, or followed by one"


def test_one_offer_is_accepted(database):
    def prepare(env):
        flat = env["realestate.property"].create({"name": "Desired flat", "price_sale": 1000})
        clients = env["res.partner"].create([{"name": f"Client {number}"} for number in range(FEW)])
        offers = [{"property_id": flat.id, "partner_id": one.id, "amount": 900, "state": "sent"} for one in clients]
        return flat.id, env["realestate.offer"].create(offers).ids

    flat, offers = database.request(prepare)
    accept = lambda env, index: env["realestate.offer"].browse(offers[index]).action_accept() and None  # noqa: E731
    results = in_threads(FEW, lambda index: database.request(lambda env: accept(env, index)))
    with database.env() as env:
        accepted = env["realestate.offer"].search([("id", "in", offers), ("state", "=", "accepted")])
        assert len(accepted) == 1
        assert lines_in_force(env, [flat]).booking_id == accepted.booking_id
        assert env["realestate.booking"].search_count([("property_id", "=", flat)]) == 1, "nothing half done is left"
        winner = accepted.booking_id.name
    check_losers(results, winner, 1)


def test_exactly_one_visit(database):
    start = datetime(2031, 1, 1, 10)
    flat = database.request(lambda env: env["realestate.property"].create({"name": "Visited flat"}).id)
    slot = {"property_id": flat, "start": start, "stop": start + timedelta(hours=1), "state": "planned"}
    results = in_threads(THREADS, lambda _index: database.request(lambda env: env["realestate.visit"].create(slot).id))
    assert len(failures(results)) == THREADS - 1
    assert {type(error).__name__ for error in failures(results)} == {"ValidationError"}
    assert all("at that time" in str(error) or "already" in str(error) for error in failures(results))


def test_the_database_guards(database):
    """The host only logs a constraint it could not create."""
    with database.env() as env:
        env.cr.execute("SELECT conname FROM pg_constraint WHERE contype = 'x' AND conname LIKE 'realestate%%'")
        assert {name for (name,) in env.cr.fetchall()} >= {
            "realestate_booking_line_no_double_booking",
            "realestate_visit_agent_overlap",
            "realestate_visit_property_overlap",
            "realestate_mandate_one_exclusive",
        }


# ------------------------------------------------------------
# From outside
# ------------------------------------------------------------


def agents_and_flats(env):
    """Make agents who log in, and flats with a draft of each agent on each."""
    group = env.ref("crm_realestate.group_realestate_agent")
    agents = [{"name": f"Agent {one}", "login": f"agent{one}", "password": f"agent{one}"} for one in range(2)]
    users = env["res.users"].create([{**vals, "group_ids": [(4, group.id)]} for vals in agents])
    flats = env["realestate.property"].create([{"name": f"Flat on two servers {one}"} for one in range(FEW)])
    # Nobody is told: two servers would send the same mails.
    bookings = env["realestate.booking"].with_context(mail_auto_subscribe_no_notify=True)
    drafts = {
        (user.login, flat.id): bookings.create({"property_id": flat.id, "user_id": user.id}).id
        for user in users
        for flat in flats
    }
    return flats.ids, drafts


def visits_to_move(env):
    """Make visits of several clients of one agent; return the addresses of their pages, and a time all may choose."""
    env.company.realestate_visit_buffer = 0
    flat = env["realestate.property"].create({"name": "Flat everybody visits"})
    day = fields.Datetime.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    starts = [day + timedelta(minutes=30 * number) for number in range(4)]
    visits = env["realestate.visit"].create(
        [
            {"property_id": flat.id, "start": start, "stop": start + timedelta(minutes=30), "state": "planned"}
            for start in starts
        ]
    )
    common = set.intersection(*(set(dict(visit._get_public_slots())) for visit in visits))
    return [visit._get_public_url() for visit in visits], min(common)


def test_from_two_servers_and_through_a_power_cut(database, server):
    """Two agents at two servers book the same flats; one server dies in the middle; no flat is in two bookings."""
    other = Server(database.name, workers=2, cron=0).start()
    try:
        flats, drafts = database.request(agents_and_flats)
        agents = [Rpc(server, "agent0"), Rpc(other, "agent1")]

        def book(index):
            login, rpc = f"agent{index % 2}", agents[index % 2]
            return rpc.call("realestate.booking", "action_hold", [drafts[login, flats[index // 2]]])

        results = in_threads(FEW, book)
        assert len(failures(results)) == FEW // 2
        assert all("is on hold for a client of Agent" in str(error) for error in failures(results))

        def book_or_die(index):
            if index == FEW:
                time.sleep(0.4)
                return other.kill()
            return book(FEW + index)

        in_threads(FEW + 1, book_or_die)
        with database.env() as env:
            check_whole(env, flats)
        rest = in_threads(FEW // 2, lambda index: book(FEW + 2 * index))
        assert all("hold" in str(error) or "is already" in str(error) for error in failures(rest))
        with database.env() as env:
            check_whole(env, flats)
            assert len(lines_in_force(env, flats)) == FEW, "every flat found its client"
    finally:
        other.stop()


def check_whole(env, flats):
    """Check that no booking is half done and no flat is in two."""
    lines = lines_in_force(env, flats)
    assert len(lines) == len(lines.property_id)
    for line in env["realestate.booking.line"].search([("property_id", "in", flats)]):
        assert (line.state, line.date_expiry) == (line.booking_id.state, line.booking_id.date_expiry)
    for prop in env["realestate.property"].browse(flats):
        assert prop.availability == ("on_hold" if prop in lines.property_id else "available")


def test_two_visitors_choose_one_time(database, server):
    """On their telephones: one gets it, the others see the page again with a sentence and other times."""
    urls, slot = database.request(visits_to_move)
    paths = [url[url.index("/realestate/") :] for url in urls]

    def move(index):
        form = {"step": "move", "slot": slot}
        return requests.post(server.url + paths[index], data=form, timeout=60, allow_redirects=False)

    answers = in_threads(len(paths), move)
    assert not failures(answers)
    assert sorted(answer.status_code for answer in answers) == [303, *[409] * (len(paths) - 1)]
    for answer in answers:
        assert answer.status_code == 303 or "has just been taken" in answer.text
