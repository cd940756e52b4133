from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

WINDOW = timedelta(minutes=1)
KEPT = timedelta(days=2)


class CrmExchangeRequest(models.Model):
    """One call of a partner at our door. Rows are only added and counted.

    Never a counter that is updated: each request would wait for the one before, or fail.
    """

    _name = "crm.exchange.request"
    _description = "Exchange Request"
    _log_access = False

    peer_id = fields.Many2one("crm.exchange.peer", required=True, ondelete="cascade")
    date = fields.Datetime(required=True, default=fields.Datetime.now)

    _peer_date = models.Index("(peer_id, date)")
    _date = models.Index("(date)")

    @api.model
    def _hit(self, peer):
        """Note a call.

        :return: 0, or the seconds to wait if there were too many in the last minute
        """
        if peer.rate_limit and self._count_recent(peer) >= peer.rate_limit:
            return int(WINDOW.total_seconds())
        self.create({"peer_id": peer.id})
        return 0

    @api.model
    def _count_recent(self, peer):
        query = SQL(
            "SELECT count(*) FROM (SELECT FROM crm_exchange_request WHERE peer_id = %s AND date > %s LIMIT %s) AS r",
            peer.id,
            fields.Datetime.now() - WINDOW,
            peer.rate_limit,
        )
        return self.env.execute_query(query)[0][0]

    @api.autovacuum
    def _gc_requests(self):
        """Forget old calls."""
        limit = fields.Datetime.now() - KEPT
        self.env.cr.execute(SQL("DELETE FROM crm_exchange_request WHERE date < %s", limit))
