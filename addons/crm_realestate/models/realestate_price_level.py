from odoo import fields, models
from odoo.tools import SQL

# What was seen longer ago tells nothing about prices today.
MONTHS = 12


class RealestatePriceLevel(models.Model):
    """What a square metre costs in a zone: what others ask, the lowest and the middle one, and what we ask."""

    _name = "realestate.price.level"
    _description = "Prices by Zone"
    _auto = False
    _order = "zone_id, type_id, operation, id"
    _rec_name = "zone_id"
    _depends = {
        "realestate.comparable": [
            "area_built", "company_id", "currency_id", "date", "operation", "price", "type_id", "zone_id",
        ],
        "realestate.property": [
            "active", "area_built", "company_id", "currency_id", "operation", "price_rent", "price_sale", "state",
            "type_id", "zone_id",
        ],
    }  # fmt: skip

    company_id = fields.Many2one("res.company", readonly=True)
    zone_id = fields.Many2one("realestate.zone", readonly=True)
    type_id = fields.Many2one("realestate.property.type", readonly=True)
    operation = fields.Selection([("sale", "Sale"), ("rent", "Rent")], readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    others_count = fields.Integer("Homes of others", readonly=True)
    others_lowest = fields.Monetary("Lowest", readonly=True, aggregator="min", help="Of a square metre.")
    others_median = fields.Monetary(
        "Middle", readonly=True, aggregator=None, help="Of a square metre: half of the homes of others cost less."
    )
    ours_count = fields.Integer("Homes of ours", readonly=True)
    ours_median = fields.Monetary(
        "Ours", readonly=True, aggregator=None, help="Of a square metre: half of ours on offer cost less."
    )

    @property
    def _table_query(self):
        """Return the query behind it; one row for each company, zone, type, operation and currency."""
        return SQL(
            """
            SELECT row_number() OVER (ORDER BY company_id, zone_id, type_id, operation, currency_id) AS id,
                   company_id, zone_id, type_id, operation, currency_id,
                   count(*) FILTER (WHERE NOT is_ours) AS others_count,
                   min(price) FILTER (WHERE NOT is_ours) AS others_lowest,
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY price) FILTER (WHERE NOT is_ours) AS others_median,
                   count(*) FILTER (WHERE is_ours) AS ours_count,
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY price) FILTER (WHERE is_ours) AS ours_median
              FROM (%s UNION ALL %s) home
          GROUP BY company_id, zone_id, type_id, operation, currency_id
            HAVING count(*) FILTER (WHERE NOT is_ours) > 0
            """,
            self._get_others_query(),
            self._get_ours_query(),
        )

    def _get_others_query(self):
        """Return the query of the homes of others seen lately: price of a square metre and what it is of."""
        return SQL(
            """
            SELECT company_id, zone_id, type_id, operation, currency_id, FALSE AS is_ours,
                   price / area_built AS price
              FROM realestate_comparable
             WHERE date >= CURRENT_DATE - make_interval(months => %s)
            """,
            MONTHS,
        )

    def _get_ours_query(self):
        """Return the query of ours on offer; what is for sale or rent counts for both."""
        return SQL(
            """
            SELECT p.company_id, p.zone_id, p.type_id, o.operation, p.currency_id, TRUE AS is_ours,
                   o.price / p.area_built AS price
              FROM realestate_property p
        CROSS JOIN LATERAL (VALUES ('sale', p.price_sale), ('rent', p.price_rent)) o(operation, price)
             WHERE p.active AND p.state = 'active' AND p.area_built > 0 AND o.price > 0
                   AND p.operation IN (o.operation, 'both')
            """
        )
