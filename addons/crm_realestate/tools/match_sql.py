"""The columns and conditions of which :mod:`realestate.match` makes its statement.

Both sides are brought into columns that compare with one plain operator each, for there are millions of candidates:
what is not asked for, or not known, is a number that every comparison lets pass; features are bits, one for each
(common tables ``bits`` and ``none``). Zone and type are one key, as in ``realestate.demand.search_keys``.
Aliases: ``d`` a demand, ``p`` a property, ``w`` what is wanted, ``o`` what is offered.
"""

MOST = 2**31 - 1
RANGES_WANTED = """
    d.id, d.company_id, d.operation = 'rent' AS is_rent, LEFT(d.search_keys, 2) = '*:' AS is_anywhere,
    RIGHT(d.search_keys, 2) = ':*' AS is_any_type, d.price_min, d.price_max,
    d.price_lowest AS edge_low, d.price_highest AS edge_high,
    CASE WHEN d.price_max > 0 THEN d.price_highest::float8 ELSE 'Infinity' END AS price_highest,
    CASE WHEN d.price_min > 0 THEN d.price_lowest::float8 ELSE '-Infinity' END AS price_lowest,
    COALESCE(d.beds_min, 0) AS beds, COALESCE(d.baths_min, 0) AS baths,
    COALESCE(d.area_min, 0)::float8 AS area_min,
    COALESCE(NULLIF(d.area_max, 0)::float8, 'Infinity') AS area_max, d.search_keys"""
NO_BITS = "(SELECT bit FROM none)"
# What other tables know of a demand or a property: {column: (what is made of the rows, whose they are, rows, or else)}
OF_DEMAND = {
    name: (
        "bit_or(bits.bit)",
        "r.demand_id",
        f"realestate_demand_{name}_feature_rel r JOIN bits ON bits.id = r.feature_id",
        NO_BITS,
    )
    for name in ("must", "wish")
}
OF_PROPERTY = {
    "features": (
        "bit_or(bits.bit)",
        "r.realestate_property_id",
        "realestate_feature_realestate_property_rel r JOIN bits ON bits.id = r.realestate_feature_id",
        NO_BITS,
    )
}
# What the join needs of them, the narrowest first: it makes ten rows of a demand
ASKED = """w.id, w.company_id, w.beds, w.baths, w.price_highest, w.price_lowest, w.area_min, w.area_max, w.is_anywhere,
    w.is_any_type, w.is_rent, w.price_min, w.price_max, w.edge_low, w.edge_high, w.must, w.wish"""
# What is compared comes before what may be null or of any length: behind that, reading a column takes several times
# as long
OFFERED = f"""
    p.id, p.company_id, o.operation = 'rent' AS is_rent, COALESCE(p.zone_id, 0) AS zone, COALESCE(p.type_id, 0) AS type,
    COALESCE(v.price::float8, '-Infinity') AS price_at_most, COALESCE(v.price::float8, 'Infinity') AS price_at_least,
    COALESCE(NULLIF(p.beds, 0), {MOST}) AS beds, COALESCE(NULLIF(p.baths, 0), {MOST}) AS baths,
    COALESCE(v.area::float8, '-Infinity') AS area_at_most, COALESCE(v.area::float8, 'Infinity') AS area_at_least,
    v.price, v.area"""
IN_RANGE = """
    o.is_rent = w.is_rent AND o.company_id = w.company_id
    AND o.price_at_most <= w.price_highest AND o.beds >= w.beds AND o.area_at_least >= w.area_min
    AND o.price_at_least >= w.price_lowest AND o.baths >= w.baths AND o.area_at_most <= w.area_max"""
# The keys of a demand, as their index has them
KEYS_WANTED = "string_to_array(search_keys, ' ')"
# The keys of a property of a zone and a type, 0 for what nobody knows
KEYS_OFFERED = """
    ARRAY[{zone} || ':' || {type}, {zone} || ':*', '~' || {zone} || ':' || {type}, '~' || {zone} || ':*',
    '*:' || {type}, '*:*']"""
# By the oldest version of PostgreSQL that has it: 13 counts bits only as text, which takes longer
COUNT_BITS = {13: "LENGTH(REPLACE(%s::text, '0', ''))", 14: "bit_count(%s)::integer"}
# {criterion: (is it asked for?, does the property tell?)}
CRITERIA = {
    "zone": ("NOT w.is_anywhere", "o.zone > 0 AND LEFT(o.key, 1) <> '~'"),
    "type": ("NOT w.is_any_type", "o.type > 0"),
    "price": ("w.price_max > 0 OR w.price_min > 0", "o.price IS NOT NULL"),
    "beds": ("w.beds > 0", f"o.beds < {MOST}"),
    "baths": ("w.baths > 0", f"o.baths < {MOST}"),
    "area": ("w.area_min > 0 OR w.area_max < 'Infinity'", "o.area IS NOT NULL"),
}


def look_up(tables, record):
    """Return the columns that other tables tell of a record, each looked up: for some records.

    :param tables: as ``OF_DEMAND``
    :param record: alias of the record's table
    :return: (columns, joins) of a query

    >>> look_up({"kinds": ("array_agg(r.kind)", "r.owner", "rel r", "'{}'")}, "d")
    ("COALESCE((SELECT array_agg(r.kind) FROM rel r WHERE r.owner = d.id), '{}') AS kinds", '')
    """
    columns = (
        f"COALESCE((SELECT {made} FROM {rows} WHERE {owner} = {record}.id), {otherwise}) AS {name}"
        for name, (made, owner, rows, otherwise) in tables.items()
    )
    return ", ".join(columns), ""


def gather(tables, record):
    """Return the same columns, all rows of the other tables read once: for all records.

    >>> gather({"kinds": ("array_agg(r.kind)", "r.owner", "rel r", "'{}'")}, "d")[0]
    "COALESCE(of_kinds.made, '{}') AS kinds"
    """
    columns = (f"COALESCE(of_{name}.made, {otherwise}) AS {name}" for name, (*_rows, otherwise) in tables.items())
    joins = (
        f"LEFT JOIN (SELECT {owner} AS owner, {made} AS made FROM {rows} GROUP BY {owner}) of_{name}"
        f" ON of_{name}.owner = {record}.id"
        for name, (made, owner, rows, _otherwise) in tables.items()
    )
    return ", ".join(columns), " ".join(joins)
