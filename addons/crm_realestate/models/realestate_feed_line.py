import json
from itertools import islice

from odoo import api, fields, models
from odoo.tools import SQL

PAGE = 500


class RealestateFeedLine(models.Model):
    """What a feed tells of one property, from when the file was looked through until the property is taken.

    The file is parsed once, whoever stops in the middle; what is absent is one statement. Nobody reads these rows but
    the feed they belong to.
    """

    _name = "realestate.feed.line"
    _description = "Property of a Feed Being Read"
    _log_access = False
    _rec_name = "key"
    _order = "feed_import_id, position"

    feed_import_id = fields.Many2one("realestate.feed.import", required=True, readonly=True, ondelete="cascade")
    position = fields.Integer(required=True, readonly=True)
    key = fields.Char(readonly=True)
    content = fields.Json(readonly=True)
    defects = fields.Json(readonly=True)
    is_twice = fields.Boolean(readonly=True)

    _place = models.UniqueIndex("(feed_import_id, position)")

    @api.model
    def _stage(self, feed, items):
        """Keep what a feed tells, a page at a time.

        :param items: iterator of (values, defects) as :func:`..tools.kyero.read` yields them
        :return: how many
        """
        self._clear(feed)
        count = 0
        while page := list(islice(items, PAGE)):
            self.env.cr.execute_values(
                "INSERT INTO realestate_feed_line (feed_import_id, position, key, content, defects) VALUES %s",
                [
                    (feed.id, count + number, values.get("key"), json.dumps(values), json.dumps(defects))
                    for number, (values, defects) in enumerate(page)
                ],
                page_size=PAGE,
            )
            count += len(page)
        self._mark_twice(feed)
        return count

    @api.model
    def _mark_twice(self, feed):
        """Mark what came before in the same feed."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE realestate_feed_line line SET is_twice = TRUE FROM (
                    SELECT key, MIN(position) AS first FROM realestate_feed_line
                    WHERE feed_import_id = %(feed)s AND key IS NOT NULL GROUP BY key HAVING COUNT(*) > 1
                ) same
                WHERE line.feed_import_id = %(feed)s AND line.key = same.key AND line.position > same.first
                """,
                feed=feed.id,
            )
        )

    @api.model
    def _get_batch(self, feed, count):
        """Return what is read next: list of (values, defects, comes twice)."""
        return self.env.execute_query(
            SQL(
                """
                SELECT content, defects, is_twice FROM realestate_feed_line
                WHERE feed_import_id = %s AND position >= %s ORDER BY position LIMIT %s
                """,
                feed.id,
                feed.position,
                count,
            )
        )

    @api.model
    def _find_absent(self, feed):
        """Return (how many properties of the feed are present so far, the ids of those it has no more)."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT prop.id, NOT EXISTS (
                    SELECT FROM realestate_feed_line line
                    WHERE line.feed_import_id = prop.feed_import_id AND line.key = prop.feed_key
                ) FROM realestate_property prop
                WHERE prop.feed_import_id = %s AND prop.is_absent IS NOT TRUE AND prop.active ORDER BY prop.id
                """,
                feed.id,
            )
        )
        return len(rows), [id_ for id_, is_gone in rows if is_gone]

    @api.model
    def _clear(self, feed):
        """Forget what was kept of a feed."""
        self.env.cr.execute(SQL("DELETE FROM realestate_feed_line WHERE feed_import_id = %s", feed.id))
