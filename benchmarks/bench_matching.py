"""Matching thousands of demands with thousands of properties is one statement; the usual ways take many times as long.

Peers, on a sample and scaled up: one query for each demand, and a loop over recordsets.
"""

import time

from odoo import fields
from odoo.tools import SQL

SIZE = 5000
ZONES = 200
QUERY_SAMPLE = 200
LOOP_SAMPLE = 4


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
    """INSERT INTO realestate_demand (partner_id, company_id, state, urgency, operation, price_min, price_max,
        tolerance, beds_min, baths_min, area_min, area_max)
    SELECT %(partner)s, %(company)s, 'active', '0', 'sale', 0, 120000 + 1000 * floor(400 * random()),
        5, floor(4 * random()), floor(3 * random()), floor(100 * random()), 0
    FROM generate_series(1, %(size)s)""",
    """INSERT INTO realestate_demand_search_zone_rel (demand_id, zone_id)
    SELECT DISTINCT d.id, (%(zones)s)[1 + floor(%(zone_number)s * power(random() + 0 * (d.id + n), 2))::int]
    FROM realestate_demand d, generate_series(1, 5) n WHERE d.partner_id = %(partner)s""",
    """INSERT INTO realestate_demand_realestate_property_type_rel (realestate_demand_id, realestate_property_type_id)
    SELECT DISTINCT d.id, (%(types)s)[1 + floor(%(type_number)s * (random() + 0 * (d.id + n)))::int]
    FROM realestate_demand d, generate_series(1, 2) n WHERE d.partner_id = %(partner)s""",
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


def _timed(work):
    """Return the seconds a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _fits(demand, prop, limit):
    """Tell what the SQL tells, the way a compute over recordsets does."""
    return (
        prop.operation in (demand.operation, "both")
        and (not prop.zone_id or prop.zone_id in demand.search_zone_ids)
        and (not prop.type_id or prop.type_id in demand.type_ids)
        and prop.price_sale <= limit
        and (not prop.beds or prop.beds >= demand.beds_min)
        and (not prop.baths or prop.baths >= demand.baths_min)
        and (not prop.area_built or prop.area_built >= demand.area_min)
        and not demand.must_feature_ids - prop.feature_ids
    )


def _loop(demands, properties):
    """Return the pairs found by looking at each."""
    return {
        (demand.id, prop.id)
        for demand in demands
        for prop in properties
        if _fits(demand, prop, demand.price_max * (1 + demand.tolerance / 100))
    }


def measure(envs):
    """Yield the time of a full match, of the two peers scaled to it, and of one change."""
    env = envs["suite"]
    _fill(env)
    matches = env["realestate.match"]
    demands = env["realestate.demand"].search([("partner_id.name", "=", "Bench")])
    properties = env["realestate.property"].search([("ref", "=like", "BENCH-%")])
    full = _timed(matches._refresh)
    pairs = matches.search_count([("demand_id", "in", demands.ids)])
    yield f"{SIZE} demands x {SIZE} properties, {pairs} pairs: all at once       {full:8.2f} s"
    again = _timed(matches._refresh)
    yield f"the same when nothing changed                             {again:8.2f} s"

    sample = demands[:QUERY_SAMPLE]
    single = _timed(lambda: [matches._refresh(demand_ids=[demand_id]) for demand_id in sample.ids])
    scaled = single / len(sample) * SIZE
    yield f"one statement for each demand ({len(sample)} of them, scaled)     {scaled:8.2f} s   x{scaled / full:.0f}"

    few = demands[:LOOP_SAMPLE]
    properties.mapped("feature_ids"), few.mapped("search_zone_ids")
    found = set()
    seconds = _timed(lambda: found.update(_loop(few, properties)))
    scaled = seconds / len(few) * SIZE
    yield f"a loop over recordsets ({len(few)} demands, scaled)             {scaled:8.2f} s   x{scaled / full:.0f}"
    stored = {
        (match.demand_id.id, match.property_id.id)
        for match in matches.search([("demand_id", "in", few.ids), ("property_id", "in", properties.ids)])
    }
    assert found == stored, "the loop and the statement do not agree"

    properties[0].write({"price_sale": 123000, "write_date": fields.Datetime.now()})
    one = _timed(lambda: matches._refresh(property_ids=properties[:1].ids))
    yield f"one property changed                                      {one:8.4f} s"
