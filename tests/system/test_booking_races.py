"""Fifty agents want the same flat at the same moment: one gets it, the others read who has it (promise P4)."""

from datetime import datetime, timedelta

import pytest

from odoo.tools import mute_logger

from servers import failures, in_threads

THREADS = 50

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


def hold(env, _flat, draft):
    """Put a draft on hold, as the button does."""
    env["realestate.booking"].browse(draft).action_hold()


def create_held(env, flat, _draft):
    """Create a booking that is on hold at once, as an import does."""
    env["realestate.booking"].create({"property_id": flat, "state": "held"})


@pytest.mark.parametrize(
    ("prepare", "work"),
    [(drafts_of_one_flat, hold), (drafts_of_one_flat, create_held), (drafts_that_share_a_parking, hold)],
    ids=["hold", "create", "bundle against part"],
)
def test_exactly_one_booking(database, prepare, work):
    flat, drafts = database.request(prepare)
    results = in_threads(THREADS, lambda index: database.request(lambda env: work(env, flat, drafts[index])))
    refused = failures(results)
    with database.env() as env:
        lines = env["realestate.booking.line"].search([("property_id", "=", flat), ("state", "=", "held")])
        assert len(lines) == 1
        winner = lines.booking_id.name
    assert len(refused) == THREADS - 1
    for error in refused:
        assert type(error).__name__ == "ValidationError"
        assert winner in str(error), "the message names the booking in the way"


def test_exactly_one_visit(database):
    start = datetime(2031, 1, 1, 10)
    flat = database.request(lambda env: env["realestate.property"].create({"name": "Visited flat"}).id)
    slot = {"property_id": flat, "start": start, "stop": start + timedelta(hours=1), "state": "planned"}
    results = in_threads(THREADS, lambda _index: database.request(lambda env: env["realestate.visit"].create(slot).id))
    assert len(failures(results)) == THREADS - 1
    assert {type(error).__name__ for error in failures(results)} == {"ValidationError"}
