import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import envelope, schema
from .automotive_campaign import CAMPAIGN_PUBLISHED, CAMPAIGN_REPORT
from .automotive_feedback import ACKED, ANSWERED, INFORMED, SUBMITTED, VERDICT, WITHDRAWN
from .automotive_recall import RECALL_PUBLISHED
from .automotive_recall_vehicle import RECALL_STATUS
from .crm_exchange_comparison import COMPARED, DIGEST

TO_MAKER = (SUBMITTED, INFORMED, VERDICT, WITHDRAWN)
TO_DEALER = (ACKED, ANSWERED)


class CrmExchangeInbox(models.Model):
    """Inbox: what arrived, once each. The entry and the work it causes are one transaction."""

    _name = "crm.exchange.inbox"
    _description = "Incoming Message"
    _inherit = "crm.exchange.kept.mixin"
    _order = "id desc"
    _rec_name = "type"

    peer_id = fields.Many2one(
        "crm.exchange.peer", "From", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="peer_id.company_id", store=True, index=True)
    uuid = fields.Char("Message", required=True, readonly=True)
    type = fields.Char(required=True, readonly=True)
    ordering_key = fields.Char(required=True, readonly=True)
    seq = fields.Integer("Number", required=True, readonly=True, aggregator=None)
    payload = fields.Text("What arrived", readonly=True)
    payload_sha256 = fields.Char("SHA-256", required=True, readonly=True)
    sent_on = fields.Date("Written on", readonly=True, help="Day (UTC) on which they wrote it.")
    result = fields.Selection(
        [("processed", "Processed"), ("stale", "Older than what is known"), ("rejected", "Rejected")], readonly=True
    )
    reason = fields.Char(readonly=True)
    ref = fields.Char("Our reference", readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)

    _uuid_unique = models.UniqueIndex("(peer_id, uuid)")
    _sent_on = models.Index("(peer_id, sent_on)")
    _arrived = models.Index("(peer_id, create_date)")

    @api.model
    def _get_handlers(self):
        """Return what can be received: {type: (model, method, role of the sender, None for any)}; a hook.

        The method gets the content of the envelope and the inbox entry, with the rights of the
        exchange and in the receiving company; it returns (record, reference for the sender).
        It raises :class:`ExchangeRejected` for what will never be right.
        """
        case, feedback, comparison = "automotive.oem.case", "automotive.feedback", "crm.exchange.comparison"
        return {
            **{kind: (case, "_exchange_receive", "dealer") for kind in TO_MAKER},
            **{kind: (feedback, "_exchange_receive_reply", "maker") for kind in TO_DEALER},
            CAMPAIGN_PUBLISHED: ("automotive.campaign", "_exchange_receive", "maker"),
            CAMPAIGN_REPORT: ("automotive.campaign.enrolment", "_exchange_receive_report", "dealer"),
            RECALL_PUBLISHED: ("automotive.recall", "_exchange_receive", "maker"),
            DIGEST: (comparison, "_exchange_receive_digest", None),
            COMPARED: (comparison, "_exchange_receive_compared", None),
            RECALL_STATUS: ("automotive.recall.vehicle", "_exchange_receive_status", "dealer"),
        }

    @api.model
    def _receive(self, peer, raw, message_uuid):
        """Take a message in. The caller has made sure who sent it, and commits.

        :param peer: our end of the link, a ``crm.exchange.peer``
        :param raw: the bytes
        :param message_uuid: the id they were sent with
        :return: (status as in HTTP, answer as a dict with ``status``, ``ref``, ``reason``)
        """
        try:
            content = envelope.parse(raw)
        except ValueError as error:
            return 422, {"status": "rejected", "reason": str(error)}
        if content["id"] != message_uuid or not envelope.is_uuid(message_uuid):
            return 422, {"status": "rejected", "reason": "id differs"}
        digest = hashlib.sha256(raw).hexdigest()
        entry = self._insert_entry(peer, content, raw, digest)
        if not entry:
            entry = self.search([("peer_id", "=", peer.id), ("uuid", "=", message_uuid)])
            if entry.payload_sha256 != digest:
                return 409, {"status": "rejected", "reason": "the same id came with other content"}
            if entry.result != "rejected":
                return 200, {"status": "duplicate", "ref": entry.ref or None}
        return entry._process(content)

    @api.model
    def _insert_entry(self, peer, content, raw, digest):
        """Insert the entry; return nothing when the message was here before."""
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO crm_exchange_inbox (peer_id, company_id, uuid, type, ordering_key, seq, payload,
                    payload_sha256, sent_on, create_uid, create_date, write_uid, write_date)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
                ON CONFLICT (peer_id, uuid) DO NOTHING RETURNING id
                """,
                peer.id, peer.company_id.id, content["id"], content["type"], content["subject"], content["seq"],
                raw.decode(), digest, envelope.day(content) or now.date(), self.env.uid, now, self.env.uid, now,
            )
        )  # fmt: skip
        return self.browse(row[0] for row in rows)

    def _process(self, content):
        """Do the work of a new entry; a refusal undoes the work and keeps the entry."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                if not self.env["crm.exchange.stream"]._accept(self.peer_id, self.ordering_key, self.seq):
                    self.result = "stale"
                    return 200, {"status": "stale"}
                record, ref = self._handle(content)
                self.write(
                    {
                        "result": "processed",
                        "reason": False,
                        "ref": ref,
                        "res_model": record._name,
                        "res_id": record.id,
                    }
                )
                self.env.flush_all()
        except UserError as error:
            self.env.invalidate_all()
            reason = str(error)[:500]
            self.write({"result": "rejected", "reason": reason})
            return 422, {"status": "rejected", "reason": reason}
        return 200, {"status": "processed", "ref": ref}

    def _handle(self, content):
        """Give the content to the model that understands it."""
        model, method, role = self._get_handlers().get(self.type, (None, None, None))
        if not model:
            raise UserError(self.env._("This kind of message is not known here."))
        if role and role != self.peer_id.role:
            raise UserError(self.env._("A message of this kind cannot come from you."))
        problem = schema.problem(self.type, content["data"])
        if problem:
            raise UserError(self.env._("The message is not as agreed: %(problem)s.", problem=problem))
        return getattr(self.env[model], method)(content, self)

    @api.autovacuum
    def _gc_payloads(self):
        """Empty the payload of old entries; what happened is kept."""
        return self._forget_payloads([])
