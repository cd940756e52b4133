"""Matching everything while agents work on the same matches: who comes second begins again, and nothing is lost."""

import pytest

from odoo.tools import mute_logger

from servers import failures, in_threads

FLATS = 30
DEMANDS = 40
AGENTS = 6


def stock_and_demands(env):
    """Make flats and demands that all fit each other, matched, and then cheaper behind the queue's back."""
    zone = env["realestate.zone"].create({"name": "Raced"})
    flats = [{"name": f"Flat {one}", "zone_id": zone.id, "price_sale": 1000, "state": "active"} for one in range(FLATS)]
    flats = env["realestate.property"].create(flats)
    client = env["res.partner"].create({"name": "Client"})
    demands = [{"partner_id": client.id, "zone_ids": [(6, 0, zone.ids)]} for _one in range(DEMANDS)]
    demands = env["realestate.demand"].create(demands)
    env["realestate.match.queue"]._work_off(1000)
    env.cr.execute("UPDATE realestate_property SET price_sale = 900 WHERE id = ANY(%s)", [flats.ids])
    matches = env["realestate.match"].search([("demand_id", "in", demands.ids)], order="id")
    return matches.ids


@pytest.fixture
def matches(database):
    """Matches that the next run has to bring up to date."""
    made = database.request(stock_and_demands)
    assert len(made) == FLATS * DEMANDS
    return made


@pytest.fixture
def small_shares(monkeypatch):
    """Shares of a few demands."""
    from odoo.addons.crm_realestate.models import realestate_match_queue

    monkeypatch.setattr(realestate_match_queue, "SHARE", 10)


def read(database, matches):
    """Return the state and the price of matches, and what is left in the queue."""
    with database.env() as env:
        rows = [(match.state, match.price) for match in env["realestate.match"].browse(matches)]
        return rows, env["realestate.match.queue"].search_count([("last_demand", ">", 0)])


def test_a_share_begins_again(database, matches, monkeypatch):
    """An agent's click is committed after the share took its snapshot, and before it writes."""
    calls = []

    def disturbed(self, **scope):
        calls.append(scope)
        if len(calls) == 1:
            database.request(lambda env: env["realestate.match"].browse(matches[0]).action_send())
        return refresh(self, **scope)

    # No worker of the cron's is run again by the host: no ``database.request`` here.
    with database.env() as env, mute_logger("odoo.sql_db"):
        model = type(env["realestate.match"])
        refresh = model._refresh
        monkeypatch.setattr(model, "_refresh", disturbed)
        env["realestate.match.queue"]._enqueue_all()
        env["realestate.match.queue"]._cron_drain_shares()
    rows, left = read(database, matches)
    assert len(calls) == 2, "it was refused once"
    assert rows == [("sent", 900)] + [("new", 900)] * (len(matches) - 1)
    assert not left


def test_two_workers_and_agents(database, matches, small_shares):
    """Each worker takes its shares, agents go on; all is up to date in the end, and no click is lost."""
    database.request(lambda env: env["realestate.match.queue"]._enqueue_all())

    def work(index):
        if index < 2:
            with database.env() as env:
                return env["realestate.match.queue"]._cron_drain_shares()
        for match in matches[index::97]:
            database.request(lambda env, match=match: env["realestate.match"].browse(match).action_send())
        return None

    with mute_logger("odoo.sql_db", "odoo.service.model"):
        results = in_threads(2 + AGENTS, work)
    assert not failures(results)
    sent = {match for index in range(2, 2 + AGENTS) for match in matches[index::97]}
    rows, left = read(database, matches)
    assert rows == [("sent" if match in sent else "new", 900) for match in matches]
    assert not left
