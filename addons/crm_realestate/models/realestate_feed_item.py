from odoo import api, fields, models
from odoo.tools import SQL


class RealestateFeedItem(models.Model):
    """When a property last changed as a portal sees it: portals read again only what has a new date."""

    _name = "realestate.feed.item"
    _description = "Property in a Feed"
    _log_access = False
    _rec_name = "property_id"

    feed_id = fields.Many2one("realestate.feed", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="feed_id.company_id", store=True)
    property_id = fields.Many2one("realestate.property", required=True, index=True, ondelete="cascade")
    fingerprint = fields.Char(required=True)
    date = fields.Datetime(required=True)

    _once = models.UniqueIndex("(feed_id, property_id)", "A property is in a feed once.")

    @api.model
    def _get_dates(self, feed, properties):
        """Return {property id: when what the feed shows of it last changed}; one statement for all.

        The fingerprint is of the columns a feed shows, its photos and features, not of the rendered element: no
        second rendering.
        """
        if not properties:
            return {}
        self.env.flush_all()
        now = fields.Datetime.now()
        company = feed.company_id
        rows = self.env.execute_query(
            SQL(
                """
                WITH seen AS (
                    SELECT p.id, md5(ROW(%(columns)s,
                        (SELECT array_agg(ROW(i.id, i.sequence, i.is_floor_plan, i.write_date) ORDER BY i.id)
                            FROM realestate_image i WHERE i.property_id = p.id),
                        (SELECT array_agg(r.realestate_feature_id ORDER BY r.realestate_feature_id)
                            FROM realestate_feature_realestate_property_rel r WHERE r.realestate_property_id = p.id)
                    )::text) AS fingerprint
                    FROM realestate_property p WHERE p.id = ANY(%(ids)s)
                )
                INSERT INTO realestate_feed_item AS f (feed_id, company_id, property_id, fingerprint, date)
                SELECT %(feed)s, %(company)s, id, fingerprint, %(now)s FROM seen
                ON CONFLICT (feed_id, property_id) DO UPDATE SET
                    date = CASE WHEN f.fingerprint = EXCLUDED.fingerprint THEN f.date ELSE EXCLUDED.date END,
                    fingerprint = EXCLUDED.fingerprint
                RETURNING property_id, date""",
                columns=SQL(", ").join(SQL("p.%s", SQL.identifier(name)) for name in self._get_columns()),
                ids=properties.ids,
                feed=feed.id,
                company=company.id,
                now=now,
            )
        )
        return dict(rows)

    @api.model
    def _get_columns(self):
        """Return the columns of a property whose change is news for a portal; a hook."""
        return [
            "ref", "name", "description", "operation", "price_sale", "price_rent", "currency_id", "type_id", "zone_id",
            "street", "zip", "city", "country_id", "address_visibility", "latitude", "longitude", "area_built",
            "area_plot", "beds", "baths", "year_built", "energy_rating", "emissions_rating", "cadastral_ref",
            "condition", "availability", "user_id",
        ]  # fmt: skip
