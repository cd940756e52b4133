"""The columns and conditions of which :mod:`realestate.match` makes its statement.

Both sides are brought into columns that compare with one plain operator each, for there are millions of candidates:
what is not asked for, or not known, is a number that every comparison lets pass; features are bits, one for each
(common tables ``bits`` and ``none``). Aliases: ``d`` a demand, ``p`` a property, ``w`` what is wanted, ``o`` what is
offered.
"""

MOST = 2**31 - 1
RANGES_WANTED = """
    d.id, d.company_id, d.operation, d.is_anywhere, d.price_min, d.price_max,
    d.price_lowest AS edge_low, d.price_highest AS edge_high,
    CASE WHEN d.price_max > 0 THEN d.price_highest::float8 ELSE 'Infinity' END AS price_highest,
    CASE WHEN d.price_min > 0 THEN d.price_lowest::float8 ELSE '-Infinity' END AS price_lowest,
    COALESCE(d.beds_min, 0) AS beds, COALESCE(d.baths_min, 0) AS baths,
    COALESCE(d.area_min, 0)::float8 AS area_min,
    COALESCE(NULLIF(d.area_max, 0)::float8, 'Infinity') AS area_max"""
BITS = """COALESCE((SELECT bit_or(bits.bit) FROM {relation} r JOIN bits ON bits.id = r.{feature}
        WHERE r.{record} = {alias}.id), (SELECT bit FROM none))"""
MUST, WISH, FEATURES = (
    BITS.format(relation=relation, feature=feature, record=record, alias=alias)
    for relation, feature, record, alias in (
        ("realestate_demand_must_feature_rel", "feature_id", "demand_id", "d"),
        ("realestate_demand_wish_feature_rel", "feature_id", "demand_id", "d"),
        ("realestate_feature_realestate_property_rel", "realestate_feature_id", "realestate_property_id", "p"),
    )
)
# What the join needs of them, the narrowest first: it makes ten rows of a demand
ASKED = """w.id, w.company_id, w.beds, w.baths, w.price_highest, w.price_lowest, w.area_min, w.area_max, w.is_anywhere,
    w.operation, w.price_min, w.price_max, w.edge_low, w.edge_high, w.must, w.wish"""
WANTED = f"""{RANGES_WANTED},
    ARRAY(SELECT z.zone_id FROM realestate_demand_search_zone_rel z WHERE z.demand_id = d.id) AS places,
    ARRAY(SELECT r.realestate_property_type_id FROM realestate_demand_realestate_property_type_rel r
        WHERE r.realestate_demand_id = d.id) AS kinds,
    {MUST} AS must, {WISH} AS wish"""
OFFERED = f"""
    p.id, p.company_id, o.operation, COALESCE(p.zone_id, 0) AS zone, COALESCE(p.type_id, 0) AS type,
    v.price, v.area,
    COALESCE(v.price::float8, '-Infinity') AS price_at_most, COALESCE(v.price::float8, 'Infinity') AS price_at_least,
    COALESCE(v.area::float8, '-Infinity') AS area_at_most, COALESCE(v.area::float8, 'Infinity') AS area_at_least,
    COALESCE(NULLIF(p.beds, 0), {MOST}) AS beds, COALESCE(NULLIF(p.baths, 0), {MOST}) AS baths,
    {FEATURES} AS features"""
IN_RANGE = """
    o.operation = w.operation AND o.company_id = w.company_id
    AND o.price_at_most <= w.price_highest AND o.beds >= w.beds AND o.area_at_least >= w.area_min
    AND o.price_at_least >= w.price_lowest AND o.baths >= w.baths AND o.area_at_most <= w.area_max"""
# The same as the equality of the keys below; it spares looking closer at most of a zone. For many, all types asked for
# are read once.
TYPES = "FROM realestate_demand_realestate_property_type_rel r"
OF_TYPE = f"""({{type}} = 0
    OR EXISTS (SELECT {TYPES}
        WHERE r.realestate_demand_id = {{demand}} AND r.realestate_property_type_id = {{type}})
    OR NOT EXISTS (SELECT {TYPES} WHERE r.realestate_demand_id = {{demand}}))"""
OF_TYPE_MANY = f"""({{type}} = 0
    OR ({{demand}}, {{type}}) IN (SELECT r.realestate_demand_id, r.realestate_property_type_id {TYPES})
    OR {{demand}} NOT IN (SELECT r.realestate_demand_id {TYPES}))"""
COUNT_BITS = "LENGTH(REPLACE(%s::text, '0', ''))"
# {criterion: (is it asked for?, does the property tell?)}
CRITERIA = {
    "zone": ("NOT w.is_anywhere", "o.zone > 0"),
    "type": ("w.type_key >= 0", "o.type > 0"),
    "price": ("w.price_max > 0 OR w.price_min > 0", "o.price IS NOT NULL"),
    "beds": ("w.beds > 0", f"o.beds < {MOST}"),
    "baths": ("w.baths > 0", f"o.baths < {MOST}"),
    "area": ("w.area_min > 0 OR w.area_max < 'Infinity'", "o.area IS NOT NULL"),
}
