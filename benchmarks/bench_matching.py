"""Matching thousands of demands with thousands of properties is one statement; the usual ways take many times as long.

`CRM_SUITE_SIZE=100000` for the size of a large network. Peers, on a sample and scaled up: a search for each demand
(the set alone, without score and reasons), and a loop over recordsets. Both must find what the statement finds.
"""

import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from odoo import SUPERUSER_ID, api
from odoo.fields import Domain
from odoo.tools import SQL

SIZE = int(os.environ.get("CRM_SUITE_SIZE", 5000))
# As many properties in a zone whatever the size.
ZONES = max(SIZE // 50, 10)
QUERY_SAMPLE = 200
LOOP_SAMPLE = 4
CHANGED = 1000
SINGLES = 50
# The host's cron workers (max_cron_threads) unless somebody says otherwise.
WORKERS = 2
# Demands that ask for nothing but to buy: each fits the whole stock.
BROAD = max(SIZE // 10000, 1)


def _fill(env):
    """Make the demands and properties, spread over zones (some more wanted than others), types and features."""
    zones = env["realestate.zone"].create([{"name": f"Bench {number}"} for number in range(ZONES)]).ids
    types = env["realestate.property.type"].search([]).ids
    features = env["realestate.feature"].search([], limit=6).ids
    partner = env["res.partner"].create({"name": "Bench"})
    env.flush_all()
    names = {
        "size": SIZE,
        "company": env.company.id,
        "currency": env.company.currency_id.id,
        "partner": partner.id,
        "zones": zones,
        "zone_number": len(zones),
        "types": types,
        "type_number": len(types),
        "features": features,
    }
    for statement in STATEMENTS:
        env.cr.execute(SQL(statement, **names))
    env.invalidate_all()


STATEMENTS = (
    "SELECT setseed(0.19)",
    """INSERT INTO realestate_property (name, ref, company_id, currency_id, operation, state, availability, active,
        address_visibility, booking_version, zone_id, type_id, price_sale, price_rent, beds, baths, area_built)
    SELECT '{"en_US": "Bench"}', 'BENCH-' || n, %(company)s, %(currency)s, 'sale', 'active', 'available', TRUE,
        'zone', 0, (%(zones)s)[1 + floor(%(zone_number)s * power(random(), 2))::int],
        (%(types)s)[1 + floor(%(type_number)s * random())::int], 100000 + 1000 * floor(400 * random()), 0,
        floor(6 * random()), floor(4 * random()), 40 + floor(160 * random())
    FROM generate_series(1, %(size)s) n""",
    """INSERT INTO realestate_feature_realestate_property_rel (realestate_property_id, realestate_feature_id)
    SELECT p.id, f.id FROM realestate_property p, unnest(%(features)s) f (id)
    WHERE p.ref LIKE 'BENCH-%%' AND random() < 0.5""",
    """INSERT INTO realestate_demand (partner_id, company_id, state, urgency, mail_frequency, operation,
        price_min, price_max, price_lowest, price_highest, tolerance, beds_min, baths_min, area_min, area_max)
    SELECT %(partner)s, %(company)s, 'active', '0', 'never', 'sale', ROUND(budget * 0.8), budget,
        ROUND(ROUND(budget * 0.8) * 0.95, 2), ROUND(budget * 1.05, 2), 5, 2 + floor(3 * random()),
        floor(3 * random()), 60 + floor(80 * random()), 0
    FROM (SELECT (120000 + 1000 * floor(400 * random()))::numeric AS budget FROM generate_series(1, %(size)s)) b""",
    """INSERT INTO realestate_demand_search_zone_rel (demand_id, zone_id)
    SELECT DISTINCT d.id, (%(zones)s)[1 + floor(%(zone_number)s * power(random() + 0 * (d.id + n), 2))::int]
    FROM realestate_demand d, generate_series(1, 5) n WHERE d.partner_id = %(partner)s""",
    """INSERT INTO realestate_demand_realestate_property_type_rel (realestate_demand_id, realestate_property_type_id)
    SELECT DISTINCT d.id, (%(types)s)[1 + floor(%(type_number)s * (random() + 0 * (d.id + n)))::int]
    FROM realestate_demand d, generate_series(1, 2) n WHERE d.partner_id = %(partner)s""",
    """UPDATE realestate_demand d SET search_keys = (
        SELECT string_agg(z.id || ':' || t.id, ' ') FROM (
            SELECT zone_id FROM realestate_demand_search_zone_rel WHERE demand_id = d.id UNION ALL SELECT 0
        ) z (id), (
            SELECT realestate_property_type_id FROM realestate_demand_realestate_property_type_rel
            WHERE realestate_demand_id = d.id UNION ALL SELECT 0
        ) t (id)
    ) WHERE d.partner_id = %(partner)s""",
    """INSERT INTO realestate_demand_wish_feature_rel (demand_id, feature_id)
    SELECT d.id, f.id FROM realestate_demand d, unnest(%(features)s) f (id)
    WHERE d.partner_id = %(partner)s AND random() < 0.3""",
    """INSERT INTO realestate_demand_must_feature_rel (demand_id, feature_id)
    SELECT d.id, f.id FROM realestate_demand d, unnest(%(features)s) f (id)
    WHERE d.partner_id = %(partner)s AND random() < 0.05""",
    "ANALYZE realestate_property",
    "ANALYZE realestate_demand",
    "ANALYZE realestate_demand_search_zone_rel",
    "ANALYZE realestate_demand_realestate_property_type_rel",
    "ANALYZE realestate_demand_must_feature_rel",
    "ANALYZE realestate_demand_wish_feature_rel",
    "ANALYZE realestate_feature_realestate_property_rel",
)


def _match_all(env):
    """Match everything the way of the night: in shares, by two workers with a connection each."""
    env["realestate.match.queue"]._enqueue_all()
    env.cr.commit()
    with ThreadPoolExecutor() as pool:
        list(pool.map(_drain_shares, [env.registry] * WORKERS))
    env.cr.commit()
    env.invalidate_all()


def _drain_shares(registry):
    with registry.cursor() as cr:
        api.Environment(cr, SUPERUSER_ID, {})["realestate.match.queue"]._cron_drain_shares()


def _timed(work):
    """Return the seconds a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _fits(demand, prop):
    """Tell what the SQL tells, the way a compute over recordsets does."""
    return (
        prop.operation in (demand.operation, "both")
        and (not prop.zone_id or prop.zone_id in demand.search_zone_ids)
        and (not prop.type_id or prop.type_id in demand.type_ids)
        and demand.price_lowest <= prop.price_sale <= demand.price_highest
        and (not prop.beds or prop.beds >= demand.beds_min)
        and (not prop.baths or prop.baths >= demand.baths_min)
        and (not prop.area_built or prop.area_built >= demand.area_min or prop.type_id.category == "land")
        and not demand.must_feature_ids - prop.feature_ids
    )


def _loop(demands, properties):
    """Return the pairs found by looking at each."""
    return {(demand.id, prop.id) for demand in demands for prop in properties if _fits(demand, prop)}


def _search(demands):
    """Return the pairs found by one search for each demand, the way of those who store no matches."""
    properties = demands.env["realestate.property"]
    return {(demand.id, found) for demand in demands for found in properties.search(_get_domain(demand)).ids}


def _get_domain(demand):
    """Return the domain of what fits a demand; what nobody knows of a property excludes it not."""
    known = [
        ("zone_id", "in", [*demand.search_zone_ids.ids, False]),
        ("type_id", "in", [*demand.type_ids.ids, False]),
        ("price_sale", ">=", demand.price_lowest),
        ("price_sale", "<=", demand.price_highest),
        ("availability", "=", "available"),
        ("operation", "in", [demand.operation, "both"]),
        ("company_id", "=", demand.company_id.id),
    ]
    least = {"beds": demand.beds_min, "baths": demand.baths_min, "area_built": demand.area_min}
    # Land is measured by its plot, which nobody wrote down here.
    land = Domain("type_id.category", "=", "land")
    ranges = [
        Domain(name, "=", 0) | Domain(name, ">=", value) | (land if name == "area_built" else Domain.FALSE)
        for name, value in least.items()
        if value
    ]
    must = [Domain("feature_ids", "in", feature) for feature in demand.must_feature_ids.ids]
    return Domain.AND([known, *ranges, *must])


def _stored(demands):
    """Return the pairs kept of some demands."""
    matches = demands.env["realestate.match"].search([("demand_id", "in", demands.ids), ("is_current", "=", True)])
    return {(match.demand_id.id, match.property_id.id) for match in matches}


def _change(properties, price):
    """Change the price of properties without the queue, which is not what is measured."""
    properties.env.cr.execute(
        SQL("UPDATE realestate_property SET price_sale = %s WHERE id = ANY(%s)", price, properties.ids)
    )


def measure(envs):
    """Yield the time of a full match, of the two peers scaled to it, and of changes."""
    env = envs["suite"]
    _fill(env)
    matches = env["realestate.match"]
    demands = env["realestate.demand"].search([("partner_id.name", "=", "Bench")])
    properties = env["realestate.property"].search([("ref", "=like", "BENCH-%")])
    full = _timed(lambda: _match_all(env))
    pairs = matches.search_count([("demand_id", "in", demands.ids)])
    yield f"{SIZE} demands x {SIZE} properties, {pairs} pairs: all at once   {full:8.2f} s"
    env.cr.execute("ANALYZE realestate_match")
    again = _timed(lambda: _match_all(env))
    yield f"the same when nothing changed                                {again:8.2f} s"

    sample, found = demands[:: max(SIZE // QUERY_SAMPLE, 1)], set()
    seconds = _timed(lambda: found.update(_search(sample)))
    scaled = seconds / len(sample) * SIZE
    yield f"a search for each demand ({len(sample)} of them, scaled)             {scaled:8.2f} s   x{scaled / full:.0f}"
    assert found == _stored(sample), "the searches and the statement do not agree"

    few, found = demands[:LOOP_SAMPLE], set()
    properties.mapped("feature_ids"), few.mapped("search_zone_ids")
    seconds = _timed(lambda: found.update(_loop(few, properties)))
    scaled = seconds / len(few) * SIZE
    yield f"a loop over recordsets ({len(few)} demands, scaled)                {scaled:8.2f} s   x{scaled / full:.0f}"
    assert found == _stored(few), "the loop and the statement do not agree"

    yield from _measure_changes(env, demands, properties)
    yield from _measure_broad(env, demands)


def _measure_changes(env, demands, properties):
    """Yield the time of a few changes, each in a place of its own among the zones."""
    matches = env["realestate.match"]
    many = properties[:: max(SIZE // CHANGED, 1)]
    _change(many, 123000)
    batch = _timed(lambda: matches._refresh(property_ids=many.ids))
    yield f"{len(many)} properties changed                                    {batch:8.3f} s"
    for what, records, key in (("property", properties, "property_ids"), ("demand", demands, "demand_ids")):
        times = []
        for record in records[:: max(SIZE // SINGLES, 1)]:
            if what == "property":
                _change(record, 150000)
            times.append(_timed(lambda record=record, key=key: matches._refresh(**{key: record.ids})))
        median, worst = statistics.median(times), max(times)
        yield f"one {what:8} changed, median of {len(times)}, and the worst          {median:8.4f} s {worst:8.4f} s"


def _measure_broad(env, demands):
    """Yield the time of everything when some ask for nothing at all."""
    broad = demands[:BROAD]
    broad.write({"price_min": 0, "price_max": 0, "beds_min": 0, "baths_min": 0, "area_min": 0})
    broad.write({name: [(5,)] for name in ("zone_ids", "search_zone_ids", "type_ids", "must_feature_ids")})
    seconds = _timed(env["realestate.match"]._refresh)
    counts = [len(_stored(demand)) for demand in broad]
    yield f"all again, {BROAD} of the demands ask for nothing ({max(counts)} kept) {seconds:8.2f} s"
