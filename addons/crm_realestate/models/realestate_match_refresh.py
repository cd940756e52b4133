from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

# What one criterion costs when the property does not tell; unknown never excludes.
UNKNOWN = {"zone": 20, "type": 15, "price": 15, "beds": 10, "baths": 5, "area": 10}
# A price at the edge of the tolerance, and all wishes missing.
PRICE_OFF = 30
WISHES_MISSING = 30

# {criterion: (is it asked for?, does the property tell?, does it fit?)} with d the demand, p the property,
# v their values. The zone's third part is the join itself.
CRITERIA = {
    "zone": (
        "EXISTS (SELECT FROM realestate_demand_search_zone_rel z WHERE z.demand_id = d.id)",
        "p.zone_id IS NOT NULL",
        "TRUE",
    ),
    "type": (
        "EXISTS (SELECT FROM realestate_demand_realestate_property_type_rel r WHERE r.realestate_demand_id = d.id)",
        "p.type_id IS NOT NULL",
        "EXISTS (SELECT FROM realestate_demand_realestate_property_type_rel r"
        " WHERE r.realestate_demand_id = d.id AND r.realestate_property_type_id = p.type_id)",
    ),
    "price": (
        "d.price_max > 0 OR d.price_min > 0",
        "v.price IS NOT NULL",
        "(d.price_max > 0 AND v.price > v.highest) IS NOT TRUE AND (v.price < v.lowest) IS NOT TRUE",
    ),
    "beds": ("d.beds_min > 0", "p.beds > 0", "p.beds >= d.beds_min"),
    "baths": ("d.baths_min > 0", "p.baths > 0", "p.baths >= d.baths_min"),
    "area": (
        "d.area_min > 0 OR d.area_max > 0",
        "v.area IS NOT NULL",
        "(v.area < d.area_min) IS NOT TRUE AND (d.area_max > 0 AND v.area > d.area_max) IS NOT TRUE",
    ),
}
# Which pairs can be at all: the zone wanted, any zone, or a property whose zone nobody knows.
JOINS = (
    SQL(
        "realestate_demand_search_zone_rel z JOIN realestate_demand d ON d.id = z.demand_id"
        " JOIN realestate_property p ON p.zone_id = z.zone_id AND p.company_id = d.company_id"
    ),
    SQL(
        "(SELECT * FROM realestate_demand o WHERE NOT EXISTS ("
        "SELECT FROM realestate_demand_search_zone_rel z WHERE z.demand_id = o.id)) d"
        " JOIN realestate_property p ON p.company_id = d.company_id"
    ),
    SQL(
        "(SELECT * FROM realestate_demand o WHERE EXISTS ("
        "SELECT FROM realestate_demand_search_zone_rel z WHERE z.demand_id = o.id)) d"
        " JOIN realestate_property p ON p.company_id = d.company_id AND p.zone_id IS NULL"
    ),
)
HAS_FEATURE = SQL(
    "EXISTS (SELECT FROM realestate_feature_realestate_property_rel h"
    " WHERE h.realestate_property_id = p.id AND h.realestate_feature_id = f.feature_id)"
)
VALUES = SQL(
    """LEFT JOIN realestate_property_type t ON t.id = p.type_id
    LEFT JOIN fx ON fx.company_id = p.company_id AND fx.currency_id = p.currency_id
    CROSS JOIN LATERAL (SELECT
        NULLIF(ROUND(CASE d.operation WHEN 'rent' THEN p.price_rent ELSE p.price_sale END
            * COALESCE(fx.factor, 1), 2), 0) AS price,
        NULLIF(CASE t.category WHEN 'land' THEN p.area_plot
            ELSE COALESCE(NULLIF(p.area_built, 0), p.area_usable) END, 0) AS area,
        ROUND(d.price_max * (1 + d.tolerance / 100), 2) AS highest,
        ROUND(d.price_min * (1 - d.tolerance / 100), 2) AS lowest
    ) v"""
)


class RealestateMatch(models.Model):
    """How matches come about: one set-based statement, one predicate for both directions."""

    _inherit = "realestate.match"

    @api.model
    def _refresh(self, demand_ids=None, property_ids=None):
        """Bring the matches of demands, of properties or of all up to date.

        New pairs are inserted, known ones get their score of today. Pairs that no longer fit go when
        nobody did anything with them (``new``), else they are marked. A dismissed pair comes back
        when its price fell by the company's percentage.

        :param demand_ids: ids, or None for all
        :param property_ids: ids, or None for all
        """
        if (demand_ids is not None and not demand_ids) or (property_ids is not None and not property_ids):
            return
        self.env.flush_all()
        scope = {"demand_ids": demand_ids, "property_ids": property_ids}
        # Compiling these long expressions takes many times longer than running them (measured); this transaction only.
        self.env.cr.execute("SET LOCAL jit = off")
        # Two users at once fail to serialize; the host runs the second one again, which is no error to log.
        self.env.cr.execute(self._get_refresh_query(**scope), log_exceptions=False)
        self.env.cr.execute(self._get_reopen_query(**scope), log_exceptions=False)
        self.invalidate_model()
        self.env["realestate.demand"].invalidate_model(["match_count"])
        self.env["realestate.property"].invalidate_model(["match_count"])

    @api.model
    def _cron_refresh_all(self):
        """Match everything again: rates of exchange change, and nothing is forgotten for longer than a day."""
        self._refresh()

    # ------------------------------------------------------------
    # The predicate
    # ------------------------------------------------------------

    @api.model
    def _get_pairs_query(self, demand_ids=None, property_ids=None):
        """Return the query of the pairs that fit: demand_id, property_id, company_id, score, reasons, price.

        The only place that says what fits; needs the common table ``fx``.
        """
        condition = SQL(" AND ").join(
            [
                SQL("d.state = 'active'"),
                SQL("p.active AND p.availability = 'available'"),
                SQL("p.operation IN (d.operation, 'both')"),
                *self._get_scope(SQL("d.id"), SQL("p.id"), demand_ids, property_ids),
                *(
                    SQL("((%s) IS NOT TRUE OR (%s) IS NOT TRUE OR (%s))", *map(SQL, criterion))
                    for criterion in CRITERIA.values()
                ),
                SQL(
                    "NOT EXISTS (SELECT FROM realestate_demand_must_feature_rel f WHERE f.demand_id = d.id AND NOT %s)",
                    HAS_FEATURE,
                ),
            ]
        )
        return SQL(" UNION ALL ").join(self._get_branch(join, condition) for join in JOINS)

    @api.model
    def _get_scope(self, demand, prop, demand_ids, property_ids):
        """Return the conditions that restrict a query to some demands or properties.

        :param demand: the column of the demand
        :param prop: the column of the property
        """
        scope = ((demand, demand_ids), (prop, property_ids))
        return [SQL("%s = ANY(%s)", column, list(ids)) for column, ids in scope if ids is not None]

    @api.model
    def _get_branch(self, join, condition):
        """Return the query of the pairs of one way to join that meet the condition, with score and reasons."""
        unknown = {
            name: SQL("((%s) IS TRUE AND (%s) IS NOT TRUE)", SQL(asked), SQL(known))
            for name, (asked, known, _fits) in CRITERIA.items()
        }
        return SQL(
            """
            SELECT d.id AS demand_id, p.id AS property_id, d.company_id, v.price,
                GREATEST(1, 100 - %(penalties)s
                    - COALESCE(CEIL(%(price_off)s * ABS(v.price - l.asked) / NULLIF(ABS(l.edge - l.asked), 0)), 0)
                    - COALESCE(CEIL(%(wishes)s::numeric * CARDINALITY(w.missing) / NULLIF(w.total, 0)), 0)
                )::integer AS score,
                jsonb_strip_nulls(jsonb_build_object(
                    'over', CASE WHEN v.price > l.asked THEN CEIL((v.price - l.asked) * 100 / l.asked) END,
                    'under', CASE WHEN v.price < l.asked THEN CEIL((l.asked - v.price) * 100 / l.asked) END,
                    'unknown', NULLIF(array_remove(ARRAY[%(unknown)s], NULL), '{}'),
                    'missing', NULLIF(w.missing, '{}')
                )) AS reasons
            FROM %(join)s %(values)s
            CROSS JOIN LATERAL (SELECT
                CASE WHEN d.price_max > 0 AND v.price > d.price_max THEN d.price_max
                    WHEN v.price < d.price_min THEN d.price_min END AS asked,
                CASE WHEN d.price_max > 0 AND v.price > d.price_max THEN v.highest ELSE v.lowest END AS edge
            ) l
            CROSS JOIN LATERAL (SELECT COUNT(*) AS total,
                array_agg(f.feature_id ORDER BY f.feature_id) FILTER (WHERE NOT %(has_feature)s) AS missing
                FROM realestate_demand_wish_feature_rel f WHERE f.demand_id = d.id
            ) w
            WHERE %(condition)s""",
            penalties=SQL(" - ").join(
                SQL("CASE WHEN %s THEN %s ELSE 0 END", unknown[name], cost) for name, cost in UNKNOWN.items()
            ),
            unknown=SQL(", ").join(SQL("CASE WHEN %s THEN %s END", test, name) for name, test in unknown.items()),
            price_off=PRICE_OFF,
            wishes=WISHES_MISSING,
            has_feature=HAS_FEATURE,
            values=VALUES,
            join=join,
            condition=condition,
        )

    # ------------------------------------------------------------
    # Keeping the result
    # ------------------------------------------------------------

    @api.model
    def _get_refresh_query(self, **scope):
        """Return the statement that inserts, updates, deletes and marks in one go."""
        here = self._get_scope(SQL("m.demand_id"), SQL("m.property_id"), **scope)
        lost = SQL(" AND ").join(
            [
                *here,
                SQL(
                    "NOT EXISTS (SELECT FROM pairs"
                    " WHERE pairs.demand_id = m.demand_id AND pairs.property_id = m.property_id)"
                ),
            ]
        )
        return SQL(
            """
            WITH fx (company_id, currency_id, factor) AS (
                SELECT * FROM unnest(%(companies)s::integer[], %(currencies)s::integer[], %(factors)s::numeric[])
            ),
            pairs AS MATERIALIZED (%(pairs)s),
            kept AS (
                INSERT INTO realestate_match AS m (demand_id, property_id, company_id, score, reasons, price, state,
                    is_current, create_uid, write_uid, create_date, write_date)
                SELECT demand_id, property_id, company_id, score, reasons, COALESCE(price, 0), 'new',
                    TRUE, %(uid)s, %(uid)s, %(now)s, %(now)s FROM pairs
                ON CONFLICT (demand_id, property_id) DO UPDATE SET score = EXCLUDED.score, reasons = EXCLUDED.reasons,
                    price = EXCLUDED.price, is_current = TRUE, write_date = EXCLUDED.write_date
                WHERE (m.score, m.reasons, m.price, m.is_current)
                    IS DISTINCT FROM (EXCLUDED.score, EXCLUDED.reasons, EXCLUDED.price, TRUE)
            ),
            gone AS (DELETE FROM realestate_match m WHERE m.state = 'new' AND %(lost)s)
            UPDATE realestate_match m SET is_current = FALSE WHERE m.state <> 'new' AND m.is_current AND %(lost)s""",
            pairs=self._get_pairs_query(**scope),
            lost=lost,
            uid=self.env.uid,
            now=self.env.cr.now(),
            **self._get_exchange(scope["property_ids"]),
        )

    @api.model
    def _get_reopen_query(self, **scope):
        """Return the statement that takes up dismissed pairs whose price fell enough."""
        return SQL(
            "UPDATE realestate_match m SET state = 'new' FROM res_company c WHERE %s",
            SQL(" AND ").join(
                [
                    SQL("c.id = m.company_id AND c.realestate_reopen_percent > 0"),
                    SQL("m.state = 'dismissed' AND m.is_current AND m.price > 0"),
                    SQL("m.price <= m.dismissed_price * (1 - c.realestate_reopen_percent::numeric / 100)"),
                    *self._get_scope(SQL("m.demand_id"), SQL("m.property_id"), **scope),
                ]
            ),
        )

    @api.model
    def _get_exchange(self, property_ids=None):
        """Return what one unit of each foreign currency in use is worth in each company's own, today."""
        condition = SQL("p.currency_id <> c.currency_id")
        if property_ids is not None:
            condition = SQL("%s AND p.id = ANY(%s)", condition, list(property_ids))
        query = SQL(
            "SELECT DISTINCT c.id, p.currency_id FROM realestate_property p"
            " JOIN res_company c ON c.id = p.company_id WHERE %s",
            condition,
        )
        rows = self.env.execute_query(query)
        return {
            "companies": [company for company, _currency in rows],
            "currencies": [currency for _company, currency in rows],
            "factors": [self._get_factor(*row) for row in rows],
        }

    @api.model
    def _get_factor(self, company_id, currency_id):
        """Return what one unit of a currency is worth in a company's own."""
        # sudo: the rates of all companies are needed, none is shown.
        company = self.env["res.company"].sudo().browse(company_id)
        currency = self.env["res.currency"].sudo().browse(currency_id)
        return Decimal(str(currency._get_conversion_rate(currency, company.currency_id, company)))
