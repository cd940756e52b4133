"""The first matches of many are stored without keys: whoever comes in between, all is there in the end, keys too."""

import os
import signal

import pytest

from odoo.tools import mute_logger

FLATS = 30
DEMANDS = 40
KEYS = """
    SELECT conname, pg_get_constraintdef(oid), NULL FROM pg_constraint WHERE conrelid = 'realestate_match'::regclass
    UNION SELECT indexname, indexdef, obj_description(indexname::regclass, 'pg_class')
    FROM pg_indexes WHERE tablename = 'realestate_match' ORDER BY 1, 2"""


def stock_and_demands(env):
    """Leave no match, flats and demands that all fit each other, and one share of all in the queue."""
    env["realestate.demand"].search([]).unlink()
    env["realestate.property"].search([]).unlink()
    zone = env["realestate.zone"].create({"name": "First"})
    flats = [{"name": f"Flat {one}", "zone_id": zone.id, "price_sale": 1000, "state": "active"} for one in range(FLATS)]
    env["realestate.property"].create(flats)
    client = env["res.partner"].create({"name": "Client"})
    env["realestate.demand"].create([{"partner_id": client.id, "zone_ids": zone.ids} for _one in range(DEMANDS)])
    env.flush_all()
    env["realestate.match.queue"].search([]).unlink()
    env["realestate.match.queue"]._enqueue_all()


@pytest.fixture
def keys(database, monkeypatch):
    """The keys of matches, of which there is none; so few demands are many."""
    from odoo.addons.crm_realestate.models import realestate_match_first

    monkeypatch.setattr(realestate_match_first, "MANY", 1)
    database.request(stock_and_demands)
    return read(database)[1]


@pytest.fixture
def inserted(database, monkeypatch):
    """What is to happen to pairs that are there already, of each time that pairs are inserted."""
    with database.env() as env:
        model = type(env["realestate.match"])
    insert, clauses = model._insert_first, []

    def note(self, *conflict):
        clauses.append([clause.code for clause in conflict])
        return insert(self, *conflict)

    monkeypatch.setattr(model, "_insert_first", note)
    return clauses


def disturb(database, model, monkeypatch, work):
    """Have somebody's work(env) committed before pairs go in for the first time; return the tries to put them in."""
    keyless, calls = model._insert_without_keys, []

    def disturbed(self):
        if not calls:
            database.request(work)
        calls.append(self)
        return keyless(self)

    monkeypatch.setattr(model, "_insert_without_keys", disturbed)
    return calls


def match_all(database):
    """Work the shares off as a cron does."""
    with database.env() as env, mute_logger("odoo.sql_db"):
        env["realestate.match.queue"]._cron_drain_shares()


def read(database):
    """Return the number of pairs and of matches, the keys, and how many shares are left."""
    with database.env() as env:
        env.cr.execute("SELECT COUNT(DISTINCT (demand_id, property_id)), COUNT(*) FROM realestate_match")
        numbers = env.cr.fetchone()
        env.cr.execute(KEYS)
        return numbers, env.cr.fetchall(), env["realestate.match.queue"].search_count([])


def test_all_at_once(database, keys, inserted):
    """Nobody is in the way: without keys, once."""
    match_all(database)
    assert inserted == [[]]
    assert read(database) == ((FLATS * DEMANDS, FLATS * DEMANDS), keys, 0)


def set_apart(env):
    """Have not everything fit everybody alike."""
    for number, flat in enumerate(env["realestate.property"].search([], order="id")):
        flat.write({"price_sale": 1000 + 10 * number, "beds": number % 4})
    for number, demand in enumerate(env["realestate.demand"].search([], order="id")):
        demand.write({"price_max": 1000 + 8 * number, "beds_min": number % 3})


def test_two_connections_find_what_one_does(database, keys, inserted):
    """Each finds half: as many pairs, with the same scores, as by the statement of every other night."""
    database.request(set_apart)
    match_all(database)
    assert inserted == [[]]
    with database.env() as env:
        rows = "SELECT demand_id, property_id, score, price, state, is_current FROM realestate_match ORDER BY 1, 2"
        env.cr.execute(rows)
        first = env.cr.fetchall()
        env.cr.execute("DELETE FROM realestate_match")
        env["realestate.match"]._refresh()
        env.cr.execute(rows)
        assert env.cr.fetchall() == first
    assert FLATS * DEMANDS > len(first) > 100
    assert len({score for _demand, _flat, score, *_rest in first}) > 5


def test_nobody_is_left_in_a_share(database, keys):
    """Its demands were deleted while it waited: there is nothing to find, and the next one is matched."""
    last = 2**31 - 1
    with database.env() as env:
        queue = env["realestate.match.queue"]
        queue.search([]).unlink()
        newest = env["realestate.demand"].search([], order="id desc", limit=1).id
        shares = [(newest + 1, last), (0, newest)]
        queue.create([{"first_demand": first, "last_demand": end} for first, end in shares])
    match_all(database)
    assert read(database) == ((FLATS * DEMANDS, FLATS * DEMANDS), keys, 0)


def test_somebody_reads(database, keys, inserted):
    """A long report keeps its transaction open: nobody waits for it, the pairs go in row by row."""
    with database.env() as report:
        assert report["realestate.property"].search_count([]) == FLATS
        match_all(database)
        assert inserted == [["ON CONFLICT DO NOTHING"]]
        assert report["realestate.property"].search_count([]) == FLATS
    assert read(database) == ((FLATS * DEMANDS, FLATS * DEMANDS), keys, 0)


def test_somebody_opens_a_demand(database, keys, inserted, monkeypatch):
    """Its matches are there when the first ones go in, which cannot see them: the work begins again."""
    with database.env() as env:
        model, demand = type(env["realestate.match"]), env["realestate.demand"].search([], limit=1).id
    calls = disturb(database, model, monkeypatch, lambda env: env["realestate.match"]._refresh(demand_ids=[demand]))
    match_all(database)
    assert len(calls) == 1, "the second time there are matches"
    assert inserted == [[], ["ON CONFLICT DO NOTHING"]]
    assert read(database) == ((FLATS * DEMANDS, FLATS * DEMANDS), keys, 0)


def test_somebody_deletes_a_property(database, keys, inserted, monkeypatch):
    """It is among what was found: no match of it stays, and no key is missing."""
    with database.env() as env:
        model, flat = type(env["realestate.match"]), env["realestate.property"].search([], limit=1).id
    calls = disturb(database, model, monkeypatch, lambda env: env["realestate.property"].browse(flat).unlink())
    match_all(database)
    assert len(calls) == 2, "begun again"
    numbers, now, _left = read(database)
    assert (numbers, now) == (((FLATS - 1) * DEMANDS,) * 2, keys)


def test_killed_without_keys(database, keys, monkeypatch):
    """kill -9 between dropping the keys and making them: as if nothing had been, and the share waits still."""
    with database.env() as env:
        model = type(env["realestate.match"])
    with monkeypatch.context() as patched:
        patched.setattr(model, "_insert_first", lambda _self: os.kill(os.getpid(), signal.SIGKILL))
        database.killed_in(lambda env: env["realestate.match.queue"]._cron_drain_shares())
    assert read(database) == ((0, 0), keys, 1)
    match_all(database)
    assert read(database) == ((FLATS * DEMANDS, FLATS * DEMANDS), keys, 0)
