from odoo import api, fields, models
from odoo.tools import SQL


class CrmExchangeStream(models.Model):
    """The last numbers of the messages about one record, sent to and received from a peer.

    Its row is the lock: two transactions that number or accept messages of the same record at
    the same time conflict, and the second one starts over with what the first one did.
    """

    _name = "crm.exchange.stream"
    _description = "Exchange Stream"
    _rec_name = "ordering_key"

    peer_id = fields.Many2one("crm.exchange.peer", required=True, index=True, ondelete="cascade")
    ordering_key = fields.Char(required=True)
    last_sent = fields.Integer(required=True, default=0)
    last_received = fields.Integer(required=True, default=0)

    _key_unique = models.UniqueIndex("(peer_id, ordering_key)")

    @api.model
    def _next_sent(self, peer, key):
        """Return the number of the next message about a record."""
        query = SQL(
            """
            INSERT INTO crm_exchange_stream AS stream (peer_id, ordering_key, last_sent, last_received)
            VALUES (%s, %s, 1, 0)
            ON CONFLICT (peer_id, ordering_key) DO UPDATE SET last_sent = stream.last_sent + 1
            RETURNING last_sent
            """,
            peer.id, key,
        )  # fmt: skip
        return self.env.execute_query(query)[0][0]

    @api.model
    def _accept(self, peer, key, seq):
        """Note a number that arrived; return False when a newer one was here before."""
        query = SQL(
            """
            INSERT INTO crm_exchange_stream AS stream (peer_id, ordering_key, last_sent, last_received)
            VALUES (%s, %s, 0, %s)
            ON CONFLICT (peer_id, ordering_key) DO UPDATE SET last_received = EXCLUDED.last_received
            WHERE stream.last_received < EXCLUDED.last_received
            RETURNING id
            """,
            peer.id, key, seq,
        )  # fmt: skip
        return bool(self.env.execute_query(query))
