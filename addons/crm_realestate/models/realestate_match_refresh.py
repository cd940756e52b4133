from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..tools import match_sql

# So many are kept of what fits a demand: the best. Who asks for nothing would else match the whole stock.
KEEP = 200
# What one criterion costs when the property does not tell; unknown never excludes.
UNKNOWN = {"zone": 20, "type": 15, "price": 15, "beds": 10, "baths": 5, "area": 10}
# A price at the edge of the tolerance, and all wishes missing.
PRICE_OFF = 30
WISHES_MISSING = 30
# Matching everything is a few large hashes. The planner cannot know how many pairs a step finds: where it guesses one,
# it compares everything with everything.
ALL_AT_ONCE = {"work_mem": "128MB", "enable_nestloop": "off", "enable_mergejoin": "off"}


class RealestateMatch(models.Model):
    """How matches come about: one set-based statement, one predicate for both directions."""

    _inherit = "realestate.match"

    @api.model
    def _refresh(self, demand_ids=None, property_ids=None, share=None):
        """Bring the matches of demands, of properties or of all up to date.

        New pairs are inserted, known ones get their score of today. Pairs that no longer fit go when
        nobody did anything with them (``new``), else they are marked. A dismissed pair comes back
        when its price fell by the company's percentage. A demand keeps its best ``KEEP``; one that
        had so many and lost one because of a property is queued, for others to move up.

        :param demand_ids: ids, or None for all
        :param property_ids: ids, or None for all
        :param share: ``(first, last)`` for all demands between two ids
        """
        if (demand_ids is not None and not demand_ids) or (property_ids is not None and not property_ids):
            return
        self.env.flush_all()
        scope = {"demand_ids": demand_ids, "property_ids": property_ids, "share": share}
        self._set_planner(**scope)
        if share and self._is_first():
            self._store_first(share)
        else:
            # Two users at once fail to serialize; the host runs the second one again, which is no error to log.
            self.env.cr.execute(self._get_refresh_query(**scope), log_exceptions=False)
        if property_ids is not None:
            rows = self.env.cr.fetchall()
            more, fewer = ([demand for demand, gained in rows if gained is way] for way in (True, False))
            self.env.cr.execute(self._get_trim_query(more), log_exceptions=False)
            self.env["realestate.match.queue"]._enqueue(self.env["realestate.demand"].browse(fewer))
        self.env.cr.execute(self._get_reopen_query(**scope), log_exceptions=False)
        self.invalidate_model()
        self.env["realestate.demand"].invalidate_model(["match_count"])
        self.env["realestate.property"].invalidate_model(["match_count"])

    @api.model
    def _set_planner(self, **scope):
        """Set for this transaction how PostgreSQL plans its statements."""
        for name, value in self._get_planner_settings(**scope).items():
            self.env.cr.execute(SQL("SET LOCAL %s = %s", SQL.identifier(name), value))

    @api.model
    def _get_planner_settings(self, demand_ids=None, property_ids=None, **_share):
        """Return the settings of PostgreSQL for this transaction alone; any others are correct as well, and slower."""
        # Compiling these long expressions takes many times longer than running them (measured).
        settings = {"jit": "off"}
        if demand_ids is None and property_ids is None:
            settings |= ALL_AT_ONCE
        return settings

    @api.model
    def _cron_refresh_all(self):
        """Match everything again: rates of exchange change, and nothing is forgotten for longer than a day."""
        self.env["realestate.match.queue"]._cron_drain_all()

    @api.model
    def _get_keep(self):
        """Return how many of what fits a demand are kept; a hook."""
        return KEEP

    @api.model
    def _count_fitting(self, demand):
        """Return how many properties fit a demand in all, those beyond what is kept as well.

        :param demand: one demand
        """
        self.env.flush_all()
        query = SQL("%s SELECT COUNT(*) FROM near", self._get_fits_query(demand_ids=demand.ids))
        return self.env.execute_query(query)[0][0]

    # ------------------------------------------------------------
    # The predicate
    # ------------------------------------------------------------

    @api.model
    def _get_fits_query(self, demand_ids=None, property_ids=None, share=None):
        """Return the common table ``near``: the pairs that fit, and what their score needs.

        The only place that says what fits. Zone and type are joined on equality, by the keys of a demand (see there)
        and those of a property: of them one is among the demand's, or none.
        Each side is made up first, so that one join by the keys is left: the planner guesses such sides wrong,
        and then compares everything with everything. What is offered is sorted, for its neighbours are read together.
        """
        return SQL(
            """WITH fx (company_id, currency_id, factor) AS (
                SELECT * FROM unnest(%(companies)s::integer[], %(currencies)s::integer[], %(factors)s::numeric[])
            ),
            none (bit) AS MATERIALIZED (SELECT repeat('0', COUNT(*)::integer)::varbit FROM realestate_feature),
            bits (id, bit) AS MATERIALIZED (
                SELECT f.id, set_bit(none.bit, ROW_NUMBER() OVER (ORDER BY f.id)::integer - 1, 1)
                FROM realestate_feature f, none
            ),
            offered AS MATERIALIZED (%(offered)s),
            wanted AS MATERIALIZED (%(wanted)s),
            asks AS (
                SELECT k.key, %(asked)s FROM wanted w CROSS JOIN LATERAL unnest(%(keys_wanted)s) k (key)
                WHERE (LEFT(k.key, 2) <> '0:' OR EXISTS (SELECT FROM offered WHERE zone = 0))
                    AND (RIGHT(k.key, 2) <> ':0' OR EXISTS (SELECT FROM offered WHERE type = 0))
                -- Each is looked at once: not stored, and left to itself by the planner
                OFFSET 0
            ),
            offers AS MATERIALIZED (
                SELECT k.key COLLATE "C", offered.* FROM offered CROSS JOIN LATERAL unnest(%(keys_offered)s) k (key)
                WHERE (LEFT(k.key, 2) <> '*:' OR EXISTS (SELECT FROM wanted WHERE is_anywhere))
                    AND (RIGHT(k.key, 2) <> ':*' OR EXISTS (SELECT FROM wanted WHERE is_any_type))
                    AND (LEFT(k.key, 1) <> '~' OR offered.zone IN (SELECT parent_id FROM realestate_zone))
                ORDER BY 1
            ),
            near AS (
                SELECT w.id AS demand_id, o.id AS property_id, o.price, w.wish, w.wish & ~o.features AS missing,
                    CASE WHEN w.price_max > 0 AND o.price > w.price_max THEN w.price_max
                        WHEN o.price < w.price_min THEN w.price_min END AS asked,
                    CASE WHEN w.price_max > 0 AND o.price > w.price_max THEN w.edge_high ELSE w.edge_low END AS edge,
                    %(unknown)s
                FROM asks w JOIN offers o ON o.key = w.key AND %(in_range)s
                WHERE w.must & o.features = w.must
            )""",
            unknown=SQL(", ").join(
                SQL("(%s) AND (%s) IS NOT TRUE AS %s", SQL(asked), SQL(known), SQL.identifier(f"{name}_unknown"))
                for name, (asked, known) in match_sql.CRITERIA.items()
            ),
            offered=self._get_offered_query(demand_ids, property_ids),
            wanted=self._get_wanted_query(demand_ids, property_ids, share),
            asked=SQL(match_sql.ASKED),
            keys_wanted=SQL(match_sql.KEYS_WANTED),
            keys_offered=SQL(match_sql.KEYS_OFFERED.format(zone="offered.zone", type="offered.type")),
            in_range=SQL(match_sql.IN_RANGE),
            **self._get_exchange(property_ids),
        )

    @api.model
    def _get_offered_query(self, demand_ids, property_ids):
        """Return the query of the properties to look at: a row for each way they are offered."""
        source, scope = SQL("realestate_property p"), []
        if property_ids is not None:
            scope.append(SQL("p.id = ANY(%s)", list(property_ids)))
        elif demand_ids is not None:
            source = SQL(
                """(
                    SELECT q.id FROM realestate_demand d
                        CROSS JOIN LATERAL (
                            SELECT DISTINCT NULLIF(LTRIM(SPLIT_PART(key, ':', 1), '~*'), '')::integer AS id
                            FROM unnest(%(wanted)s) k (key)
                        ) z
                        JOIN realestate_property q
                        ON q.zone_id = z.id AND q.active IS TRUE AND q.availability = 'available'
                        WHERE d.id = ANY(%(demands)s) AND %(wanted)s && %(offered)s
                    UNION SELECT id FROM realestate_property
                        WHERE zone_id IS NULL AND active IS TRUE AND availability = 'available'
                    UNION SELECT id FROM realestate_property WHERE EXISTS (
                        SELECT FROM realestate_demand WHERE LEFT(search_keys, 2) = '*:' AND id = ANY(%(demands)s)
                    )
                ) i CROSS JOIN LATERAL (SELECT * FROM realestate_property WHERE id = i.id OFFSET 0) p""",
                demands=list(demand_ids),
                wanted=SQL(match_sql.KEYS_WANTED),
                offered=SQL(match_sql.KEYS_OFFERED.format(zone="q.zone_id", type="COALESCE(q.type_id, 0)")),
            )
        told, rows = map(SQL, self._get_way(demand_ids, property_ids)(match_sql.OF_PROPERTY, "p"))
        return SQL(
            """SELECT %(columns)s, %(told)s FROM %(source)s
            JOIN (VALUES ('sale'), ('rent')) o (operation) ON p.operation IN (o.operation, 'both')
            LEFT JOIN realestate_property_type t ON t.id = p.type_id
            LEFT JOIN fx ON fx.company_id = p.company_id AND fx.currency_id = p.currency_id
            CROSS JOIN LATERAL (SELECT
                NULLIF(ROUND(CASE o.operation WHEN 'rent' THEN p.price_rent ELSE p.price_sale END
                    * COALESCE(fx.factor, 1), 2), 0) AS price,
                NULLIF(CASE t.category WHEN 'land' THEN p.area_plot
                    ELSE COALESCE(NULLIF(p.area_built, 0), p.area_usable) END, 0) AS area
            ) v
            %(rows)s
            WHERE %(condition)s""",
            columns=SQL(match_sql.OFFERED),
            told=told,
            rows=rows,
            source=source,
            condition=SQL(" AND ").join([SQL("p.active IS TRUE AND p.availability = 'available'"), *scope]),
        )

    @api.model
    def _get_wanted_query(self, demand_ids, property_ids, share):
        """Return the query of the demands to look at; for some properties, those that look there for that much."""
        source = SQL("realestate_demand d")
        if demand_ids is None and property_ids is not None:
            source = SQL(
                """(
                    SELECT DISTINCT w.id FROM offered o CROSS JOIN LATERAL (
                        SELECT %(ranges)s FROM realestate_demand d
                        WHERE d.state = 'active' AND %(wanted)s && %(offered)s
                        -- Looked up by the keys: joined by anything else, everything is compared with everything
                        OFFSET 0
                    ) w WHERE %(in_range)s
                ) i CROSS JOIN LATERAL (SELECT * FROM realestate_demand WHERE id = i.id OFFSET 0) d""",
                ranges=SQL(match_sql.RANGES_WANTED),
                wanted=SQL(match_sql.KEYS_WANTED),
                offered=SQL(match_sql.KEYS_OFFERED.format(zone="o.zone", type="o.type")),
                in_range=SQL(match_sql.IN_RANGE),
            )
        told, rows = map(SQL, self._get_way(demand_ids, property_ids)(match_sql.OF_DEMAND, "d"))
        return SQL(
            "SELECT %s, %s FROM %s %s WHERE %s",
            SQL(match_sql.RANGES_WANTED),
            told,
            source,
            rows,
            SQL(" AND ").join(
                [SQL("d.state = 'active'"), *self._get_scope(SQL("d.id"), None, demand_ids, None, share)]
            ),
        )

    @api.model
    def _get_way(self, demand_ids, property_ids):
        """Return how to read what other tables know: for all, or for some records."""
        return match_sql.gather if demand_ids is None and property_ids is None else match_sql.look_up

    @api.model
    def _get_scope(self, demand, prop, demand_ids, property_ids, share):
        """Return the conditions that restrict a query to some demands or properties.

        :param demand: the column of the demand
        :param prop: the column of the property
        """
        scope = ((demand, demand_ids), (prop, property_ids))
        conditions = [SQL("%s = ANY(%s)", column, list(ids)) for column, ids in scope if ids is not None]
        return conditions + ([SQL("%s BETWEEN %s AND %s", demand, *share)] if share else [])

    @api.model
    def _get_scored_query(self, **scope):
        """Return the common table ``scored``: the pairs that fit, with their score."""
        count_bits = match_sql.COUNT_BITS[min(self.env.cr._cnx.server_version // 10000, 14)]
        return SQL(
            """%(fits)s,
            scored AS MATERIALIZED (
                SELECT n.demand_id, n.property_id, n.price, GREATEST(1, 100 - (%(penalty)s)
                    - COALESCE(CEIL(
                        %(price_off)s * ABS(n.price - n.asked) / NULLIF(ABS(n.edge - n.asked), 0)
                    )::integer, 0)
                    - CASE WHEN n.missing = (SELECT bit FROM none) THEN 0 ELSE
                        (%(wishes)s * %(missing)s + %(wished)s - 1) / %(wished)s END
                ) AS score
                FROM near n
            )""",
            fits=self._get_fits_query(**scope),
            penalty=SQL(" + ").join(
                SQL("CASE WHEN %s THEN %s ELSE 0 END", SQL.identifier("n", f"{name}_unknown"), UNKNOWN[name])
                for name in match_sql.CRITERIA
            ),
            price_off=PRICE_OFF,
            wishes=WISHES_MISSING,
            missing=SQL(count_bits, SQL.identifier("n", "missing")),
            wished=SQL(count_bits, SQL.identifier("n", "wish")),
        )

    @api.model
    def _get_pairs_query(self, **scope):
        """Return the common table ``pairs``: what fits with its score, the best of each demand.

        What somebody worked on stays among them, however far down. Only those are ranked who have too many: most have
        few, and ranking sorts. (``IS TRUE`` has the list looked up in a hash, never joined row by row.)
        """
        return SQL(
            """%(scored)s,
            crowded AS MATERIALIZED (
                SELECT demand_id FROM scored GROUP BY demand_id HAVING COUNT(*) > %(keep)s
            ),
            ranked AS (
                SELECT *, 1 AS place FROM scored WHERE demand_id NOT IN (SELECT demand_id FROM crowded)
                UNION ALL
                SELECT *, row_number() OVER (PARTITION BY demand_id ORDER BY score DESC, property_id DESC)
                FROM scored WHERE (demand_id IN (SELECT demand_id FROM crowded)) IS TRUE
            ),
            pairs AS MATERIALIZED (
                SELECT demand_id, property_id, score, COALESCE(price, 0) AS price
                FROM ranked r WHERE place <= %(keep)s OR EXISTS (
                    SELECT FROM realestate_match m
                    WHERE m.demand_id = r.demand_id AND m.property_id = r.property_id AND m.state <> 'new'
                )
            )""",
            scored=self._get_scored_query(**scope),
            keep=self._get_keep(),
        )

    @api.model
    def _get_reasons(self, demand_ids, property_ids):
        """Return what speaks against the pairs of some demands and some properties that fit.

        :param demand_ids: ids
        :param property_ids: ids
        :return: {(demand id, property id): {"over"|"under": percent, "unknown": [criteria], "missing": [feature ids]}}
        """
        self.env.flush_all()
        query = SQL(
            """%(fits)s
            SELECT n.demand_id, n.property_id, jsonb_strip_nulls(jsonb_build_object(
                'over', CASE WHEN n.price > n.asked THEN CEIL((n.price - n.asked) * 100 / n.asked) END,
                'under', CASE WHEN n.price < n.asked THEN CEIL((n.asked - n.price) * 100 / n.asked) END,
                'unknown', NULLIF(array_remove(ARRAY[%(unknown)s]::text[], NULL), '{}'),
                'missing', (SELECT jsonb_agg(b.id ORDER BY b.id) FROM bits b WHERE b.bit & n.missing = b.bit)
            )) FROM near n""",
            fits=self._get_fits_query(demand_ids=demand_ids, property_ids=property_ids),
            unknown=SQL(", ").join(
                SQL("CASE WHEN %s THEN %s END", SQL.identifier("n", f"{name}_unknown"), name)
                for name in match_sql.CRITERIA
            ),
        )
        return {(demand, prop): reasons for demand, prop, reasons in self.env.execute_query(query)}

    # ------------------------------------------------------------
    # Keeping the result
    # ------------------------------------------------------------

    @api.model
    def _get_refresh_query(self, **scope):
        """Return the statement that inserts, updates, deletes and marks in one go, and answers as below."""
        here = [
            *self._get_scope(SQL("m.demand_id"), SQL("m.property_id"), **scope),
            SQL("(m.state = 'new' OR m.is_current)"),
            SQL(
                "NOT EXISTS (SELECT FROM pairs"
                " WHERE pairs.demand_id = m.demand_id AND pairs.property_id = m.property_id)"
            ),
        ]
        return SQL(
            """%(pairs)s,
            changed AS MATERIALIZED (
                SELECT pairs.*, m.id AS match_id, m.score AS score_before, m.is_current FROM pairs
                LEFT JOIN realestate_match m ON m.demand_id = pairs.demand_id AND m.property_id = pairs.property_id
                WHERE m.id IS NULL OR (m.score, m.price, m.is_current)
                    IS DISTINCT FROM (pairs.score, pairs.price, TRUE)
            ),
            lost AS MATERIALIZED (SELECT m.id, m.demand_id FROM realestate_match m WHERE %(lost)s),
            added AS (
                INSERT INTO realestate_match (demand_id, property_id, score, price, state, is_current)
                SELECT demand_id, property_id, score, price, 'new', TRUE FROM changed WHERE match_id IS NULL
                -- What somebody adds meanwhile ends in a serialization failure, with which the host begins again
                ON CONFLICT (demand_id, property_id) DO NOTHING
            ),
            updated AS (
                UPDATE realestate_match m SET score = changed.score, price = changed.price, is_current = TRUE
                FROM changed WHERE m.id = changed.match_id
            ),
            gone AS (DELETE FROM realestate_match WHERE id = ANY (ARRAY(SELECT id FROM lost)) AND state = 'new'),
            marked AS (
                UPDATE realestate_match SET is_current = FALSE
                WHERE id = ANY (ARRAY(SELECT id FROM lost)) AND state <> 'new'
            )
            %(answer)s""",
            pairs=self._get_pairs_query(**scope),
            lost=SQL(" AND ").join(here),
            answer=self._get_answer_query() if scope.get("property_ids") is not None else SQL("SELECT"),
        )

    @api.model
    def _get_answer_query(self):
        """Return the query of the demands that the matches of a property do not tell all about.

        True for those that may have too many now, False for those that had all they keep and lost some of it.
        """
        return SQL(
            """SELECT DISTINCT demand_id, TRUE FROM changed WHERE is_current IS NOT TRUE
            UNION ALL
            SELECT demand_id, FALSE FROM realestate_match WHERE is_current AND demand_id = ANY (ARRAY(
                SELECT demand_id FROM lost UNION SELECT demand_id FROM changed WHERE score < score_before
            )) GROUP BY demand_id HAVING COUNT(*) >= %s""",
            self._get_keep(),
        )

    @api.model
    def _get_trim_query(self, demand_ids):
        """Return the statement that takes what is beyond the best away from some demands."""
        return SQL(
            """
            DELETE FROM realestate_match m USING (
                SELECT id, row_number() OVER (PARTITION BY demand_id ORDER BY score DESC, property_id DESC) AS place
                FROM realestate_match WHERE is_current AND demand_id IN (
                    SELECT demand_id FROM realestate_match WHERE is_current AND demand_id = ANY(%(demands)s)
                    GROUP BY demand_id HAVING COUNT(*) > %(keep)s
                )
            ) r WHERE r.id = m.id AND r.place > %(keep)s AND m.state = 'new'""",
            demands=demand_ids,
            keep=self._get_keep(),
        )

    @api.model
    def _get_reopen_query(self, **scope):
        """Return the statement that takes up dismissed pairs whose price fell enough."""
        return SQL(
            "UPDATE realestate_match m SET state = 'new'"
            " FROM realestate_demand d JOIN res_company c ON c.id = d.company_id WHERE %s",
            SQL(" AND ").join(
                [
                    SQL("d.id = m.demand_id AND c.realestate_reopen_percent > 0"),
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
