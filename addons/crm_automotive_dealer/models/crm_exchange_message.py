import hashlib
import logging
import uuid
import zlib
from contextlib import suppress
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_core.tools import backoff, conflict

from ..tools import envelope, network, pull, schema
from ..tools.network import Answer

_logger = logging.getLogger(__name__)

SHARDS = 4
# A batch takes at most BATCH x 25 s (the peer's time-outs), which must stay under the lease.
BATCH = 10
LEASE = timedelta(minutes=5)
LEASE_SPARE = timedelta(seconds=30)
# Standard Webhooks' schedule: about three and a half days.
DELAYS = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
OPEN_STATES = ("pending", "sending", "retry")
FROZEN = {"uuid", "payload", "payload_sha256", "peer_id", "type", "ordering_key", "seq", "dedupe_key"}


class CrmExchangeMessage(models.Model):
    """Outbox: one message to another organisation, written in the transaction it tells about.

    A worker claims it with a lease, sends the very bytes frozen here without holding a lock,
    and records the result in a transaction of its own. A crash in between repeats the same
    message with the same id, which the receiver knows.
    """

    _name = "crm.exchange.message"
    _description = "Outgoing Message"
    _inherit = "crm.exchange.kept.mixin"
    _order = "id desc"
    _rec_name = "type"

    uuid = fields.Char("Message", required=True, readonly=True)
    peer_id = fields.Many2one("crm.exchange.peer", "To", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="peer_id.company_id", store=True, index=True)
    type = fields.Char(required=True, readonly=True)
    ordering_key = fields.Char(required=True, readonly=True, help="Messages with the same key keep their order.")
    seq = fields.Integer("Number", required=True, readonly=True, aggregator=None)
    dedupe_key = fields.Char(required=True, readonly=True)
    shard = fields.Integer(required=True, readonly=True, aggregator=None)
    payload = fields.Text("What is sent", readonly=True)
    payload_sha256 = fields.Char("SHA-256", readonly=True)
    disclosure = fields.Char(readonly=True)
    res_model = fields.Char("Record's model", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    state = fields.Selection(
        [
            ("pending", "Waiting"),
            ("sending", "Being sent"),
            ("delivered", "Delivered"),
            ("acked", "Confirmed"),
            ("retry", "Will retry"),
            ("dead", "Not transferred"),
            ("cancelled", "Cancelled"),
            ("superseded", "Replaced by a newer one"),
        ],
        default="pending",
        required=True,
        readonly=True,
        index=True,
    )
    attempts = fields.Integer(default=0, required=True, readonly=True, aggregator=None)
    next_try_at = fields.Datetime("Next try", readonly=True, default=fields.Datetime.now)
    lease_until = fields.Datetime(readonly=True)
    lease_token = fields.Char(readonly=True)
    last_status = fields.Integer("Last answer", readonly=True, aggregator=None)
    last_error = fields.Char("Reason", readonly=True)
    remote_ref = fields.Char("Their reference", readonly=True)
    delivered_at = fields.Datetime(readonly=True)
    acked_at = fields.Datetime("Confirmed on", readonly=True)
    handled_by_id = fields.Many2one("res.users", "Replayed or discarded by", readonly=True)
    handled_at = fields.Datetime("Replayed or discarded on", readonly=True)
    discard_reason = fields.Char("Reason to discard")

    _uuid_unique = models.UniqueIndex("(uuid)")
    _dedupe_unique = models.UniqueIndex("(peer_id, dedupe_key)")
    _seq_unique = models.UniqueIndex("(peer_id, ordering_key, seq)")
    # One for each shard: PostgreSQL takes an index on two columns for unsorted, and walks the primary key through all
    # that was settled before the first one that waits.
    _due_0 = models.Index("(id) WHERE shard = 0 AND state IN ('pending', 'retry', 'sending')")
    _due_1 = models.Index("(id) WHERE shard = 1 AND state IN ('pending', 'retry', 'sending')")
    _due_2 = models.Index("(id) WHERE shard = 2 AND state IN ('pending', 'retry', 'sending')")
    _due_3 = models.Index("(id) WHERE shard = 3 AND state IN ('pending', 'retry', 'sending')")
    _due_peer = models.Index("(peer_id, id) WHERE state IN ('pending', 'retry', 'sending')")
    _delivered = models.Index("(peer_id, delivered_at)")

    def write(self, vals):
        """Refuse to change what was frozen; only the clean-up may empty the payload."""
        changed = FROZEN & set(vals)
        if changed and not (changed == {"payload"} and not vals["payload"]):
            raise UserError(self.env._("A message cannot be changed. Correct the record and send a new one."))
        return super().write(vals)

    # ------------------------------------------------------------
    # Emitting
    # ------------------------------------------------------------

    @api.model
    def _emit(self, peer, kind, record, event, data, *, disclosure=None, correlation=None, supersede=False):
        """Put a message in the outbox, in the caller's transaction; nothing is sent before its commit.

        :param peer: the ``crm.exchange.peer``
        :param kind: versioned type, for example ``automotive.feedback.submitted.v1``
        :param record: what it tells about, of a model with ``crm.exchange.mixin``
        :param event: name of the event in the life of the record: emitting it twice is harmless
        :param data: the whole allowed state as a dict
        :param correlation: uuid of the message that this one answers
        :param supersede: waiting messages of the same type about the record are replaced
        :return: the message, the first one when it was emitted before
        """
        # sudo: the outbox is written by the business transaction, not by its user.
        messages = self.sudo()
        dedupe_key = f"{record.uuid}:{event}"
        known = messages.search([("peer_id", "=", peer.id), ("dedupe_key", "=", dedupe_key)])
        if known:
            return known
        # Locks the stream: of two transactions that come here together, the second starts over.
        seq = self.env["crm.exchange.stream"].sudo()._next_sent(peer, record.uuid)
        if supersede:
            messages._supersede(peer, record.uuid, kind)
        message = messages.create(
            {
                **messages._prepare_message(peer, kind, record, seq, data, disclosure, correlation),
                "dedupe_key": dedupe_key,
            }
        )
        message._wake(message.shard)
        return message

    @api.model
    def _prepare_message(self, peer, kind, record, seq, data, disclosure, correlation):
        """Return the values of a message with its bytes frozen."""
        problem = schema.problem(kind, data)
        if problem:
            raise UserError(
                self.env._(
                    "%(record)s cannot be told to %(peer)s: %(problem)s. Correct it and try again.",
                    record=record.display_name, peer=peer.sudo().name, problem=problem,
                )
            )  # fmt: skip
        message_id = str(uuid.uuid4())
        database = self.env["ir.config_parameter"].get_param("database.uuid")
        payload = envelope.build(
            message_id, kind, record.uuid, seq, data,
            source=f"odoo://{database}/{peer.sudo().local_key}",
            # As `create_date`, so that both ends count it to the same day.
            time=self.env.cr.now().replace(microsecond=0).isoformat() + "Z",
            correlation_id=correlation,
            disclosure=disclosure,
        )  # fmt: skip
        return {
            "uuid": message_id,
            "peer_id": peer.id,
            "type": kind,
            "ordering_key": record.uuid,
            "seq": seq,
            "shard": zlib.crc32(f"{peer.id}:{record.uuid}".encode()) % SHARDS,
            "payload": payload,
            "payload_sha256": hashlib.sha256(payload.encode()).hexdigest(),
            "disclosure": disclosure,
            "res_model": record._name,
            "res_id": record.id,
        }

    @api.model
    def _supersede(self, peer, key, kind):
        """Replace what is still waiting: the newer message carries the whole state."""
        waiting = [("state", "in", ("pending", "retry"))]
        same = [("peer_id", "=", peer.id), ("ordering_key", "=", key), ("type", "=", kind)]
        self.search(same + waiting).write({"state": "superseded"})

    @api.model
    def _wake(self, shard, at=None):
        """Wake the cron of a shard up, as soon as this transaction is committed or at a time."""
        cron = self.env.ref(f"crm_automotive_dealer.ir_cron_exchange_{shard}", raise_if_not_found=False)
        if cron:
            cron._wake(at)

    @api.model
    def _wake_all(self):
        """Wake all shards up."""
        for shard in range(SHARDS):
            self._wake(shard)

    # ------------------------------------------------------------
    # Sending
    # ------------------------------------------------------------

    @api.model
    def _cron_dispatch(self, shard):
        """Send what is due in one shard until the cron's time is over. Never raises for a message."""
        cron = self.env["ir.cron"]
        while messages := self._claim(shard):
            # Before anything is sent, everybody must see who sends it.
            cron._commit_progress(remaining=len(messages))
            for position, message in enumerate(messages):
                message._attempt()
                if not cron._commit_progress(1):
                    messages[position + 1 :]._release()
                    cron._commit_progress(remaining=1)  # come back soon
                    return

    @api.model
    def _claim(self, shard, limit=BATCH):
        """Take a lease on due messages: of each record only the oldest that is not settled.

        A conflict with another worker means that it took them: nothing is claimed.
        """
        where = SQL("message.shard = %s AND message.peer_id = ANY (%s)", shard, self._get_open_peers())
        try:
            return self._claim_where(where, limit)
        except psycopg2.errors.SerializationFailure:
            conflict.start_over(self.env)
            return self.browse()

    @api.model
    def _lease(self, peer, limit):
        """Take a lease on due messages for a partner who fetches them; not more than one answer takes.

        What must not leave after all is settled here, as before each try to send.
        """
        ready = peer.sudo().filtered_domain(self._get_open_domain())  # sudo: as above, of this partner
        claimed = self._claim_where(SQL("message.peer_id = ANY (%s)", ready.ids), limit)
        leaving = claimed.filtered(lambda message: message._try_to_leave())
        size, fitting = 0, self.browse()
        for message in leaving:
            size += len(message.payload.encode())
            if fitting and size > pull.MAX_BATCH:
                break
            fitting += message
        (leaving - fitting)._release()
        return fitting

    @api.model
    def _get_open_domain(self):
        """Return the domain of the partners to whom messages go now."""
        pause = Domain("circuit_until", "=", False) | Domain("circuit_until", "<=", fields.Datetime.now())
        return Domain("active", "=", True) & Domain("state", "=", "connected") & pause

    @api.model
    def _get_open_peers(self):
        """Return the ids of the partners to whom we bring messages now."""
        # sudo: the queue is worked off for all companies.
        return self.env["crm.exchange.peer"].sudo().search(self._get_open_domain() & Domain("mode", "!=", "polled")).ids

    @api.model
    def _claim_where(self, where, limit):
        self.env.flush_all()
        rows = self.env.execute_query(self._get_claim_query(where, limit, fields.Datetime.now(), str(uuid.uuid4())))
        self.env.invalidate_all()
        return self.browse(sorted(row[0] for row in rows))

    @api.model
    def _get_claim_query(self, where, limit, now, token):
        return SQL(
            """
            UPDATE crm_exchange_message
               SET state = 'sending', lease_until = %(lease)s, lease_token = %(token)s, attempts = attempts + 1
             WHERE id IN (
                SELECT message.id
                  FROM crm_exchange_message AS message
                 WHERE %(where)s
                   AND message.state IN ('pending', 'retry', 'sending')
                   AND ((message.state IN ('pending', 'retry') AND message.next_try_at <= %(now)s)
                        OR (message.state = 'sending' AND message.lease_until < %(now)s))
                   AND NOT EXISTS (
                       SELECT 1 FROM crm_exchange_message AS earlier
                        WHERE earlier.peer_id = message.peer_id
                          AND earlier.ordering_key = message.ordering_key
                          AND earlier.seq < message.seq
                          AND earlier.state IN ('pending', 'sending', 'retry'))
                 ORDER BY message.id
                 LIMIT %(limit)s
                   FOR UPDATE OF message SKIP LOCKED)
            RETURNING id
            """,
            where=where, limit=limit, now=now, token=token, lease=now + LEASE,
        )  # fmt: skip

    def _release(self):
        """Give back what was claimed but not tried."""
        for message in self.filtered(lambda m: m.state == "sending"):
            message.write({"state": "pending", "attempts": message.attempts - 1, "lease_until": False})

    def _attempt(self):
        """Try one claimed message; whatever goes wrong here, the next one must be tried."""
        token = self.lease_token
        try:
            self._deliver()
        except Exception as error:  # noqa: BLE001
            conflict.start_over(self.env)
            _logger.exception("%s could not be sent", self)
            if self.lease_token == token and self.state == "sending":
                self._finish_retry(Answer(0, error=type(error).__name__))

    def _deliver(self):
        """Try one claimed message once and record how it went; the caller commits."""
        self.ensure_one()
        if not self._may_leave():
            return
        token = self.lease_token
        answer = self.peer_id._send(self.uuid, self.payload.encode()) if self.peer_id.transport == "http" else None

        def record():
            self._finish(token, answer or self._hand_over())
            self.env.flush_all()

        # Somebody may change the same record meanwhile, their answer for example; in the end the lease runs out.
        with suppress(*conflict.CONFLICTS):
            conflict.insist(self.env, record, wait=0)

    def _may_leave(self):
        """Tell whether a claimed message is still to be sent; if not, it is settled."""
        if self.state != "sending" or self.lease_until < fields.Datetime.now() + LEASE_SPARE:
            return False  # too late: another worker may have it by now
        if self.peer_id.state != "connected" or self.peer_id._is_circuit_open():
            self._release()
            return False
        record = self._get_record()
        refusal = record._exchange_refusal(self) if record else self.env._("The record was deleted.")
        if refusal:
            self._cancel(refusal)
        return not refusal

    def _try_to_leave(self):
        """As ``_may_leave``, in somebody's request: a mistake about one message must not hold up the others."""
        try:
            with self.env.cr.savepoint():
                return self._may_leave()
        except conflict.CONFLICTS:
            raise
        except Exception as error:  # noqa: BLE001
            self.env.invalidate_all()
            _logger.exception("%s could not be handed out", self)
            self._finish_retry(Answer(0, error=type(error).__name__))
            return False

    def _deliver_here(self):
        """Claim and deliver one message in the caller's transaction: between companies of this database only."""
        self.write(
            {
                "state": "sending",
                "lease_until": fields.Datetime.now() + LEASE,
                "lease_token": str(uuid.uuid4()),
                "attempts": self.attempts + 1,
            }
        )
        self._deliver()

    def _hand_over(self):
        """Deliver inside this database: the receiver's work and our result are one transaction."""
        counterpart = self.peer_id._get_counterpart()
        if counterpart.state != "connected":
            return Answer(503, error=self.env._("The other company has not opened the link."))
        status, body = counterpart._receive(self.payload.encode(), self.uuid)
        return Answer(status, body, error=body.get("reason") or "")

    def _finish(self, token, answer):
        """Record the result of a try, unless the lease went to somebody else meanwhile."""
        self.env.invalidate_all()
        if self.lease_token != token or self.state not in ("sending", "acked"):
            return
        self.write({"last_status": answer.status, "last_error": (answer.error or "")[:500] or False})
        self.peer_id._note_contact(answer)
        getattr(self, f"_finish_{network.outcome(answer.status)}")(answer)

    def _finish_delivered(self, answer):
        # Their confirmation can overtake the answer to our own request.
        state = "acked" if self.state == "acked" else "delivered"
        self.write({"state": state, "delivered_at": fields.Datetime.now(), "lease_until": False})
        self.remote_ref = network.plain(answer.body.get("ref"), 128) or self.remote_ref
        self._tell("_exchange_delivered", answer.body)
        if self.peer_id.mode == "pull":
            self.peer_id._wake_fetch()  # their answer may wait for us

    def _finish_retry(self, answer):
        seconds = backoff.delay(self.attempts, at_least=answer.retry_after, delays=DELAYS)
        if seconds is None:
            self._finish_dead(answer)
            return
        due = fields.Datetime.now() + timedelta(seconds=seconds)
        self.write({"state": "retry", "next_try_at": due, "lease_until": False})
        self._wake(self.shard, due)

    def _finish_dead(self, answer):
        self.write({"state": "dead", "lease_until": False})
        self.peer_id._notify(
            self.env._("A message was not transferred: %(reason)s", reason=answer.error or answer.status)
        )
        self._tell("_exchange_dead")

    def _finish_paused(self, answer):
        """They do not accept our signature: no fault of this message, so it does not count."""
        self.write({"state": "retry", "attempts": self.attempts - 1, "lease_until": False})
        self.peer_id._stop("paused", answer)

    def _finish_gone(self, answer):
        self.write({"state": "retry", "attempts": self.attempts - 1, "lease_until": False})
        self.peer_id._stop("closed", answer)

    def _cancel(self, reason):
        """Do not send this message; its record is told."""
        self.write({"state": "cancelled", "last_error": reason, "lease_until": False})
        self._tell("_exchange_cancelled", reason)

    def _tell(self, hook, *args):
        """Call a hook of the record; its mistake must not undo what happened to the message."""
        record = self._get_record()
        if not record:
            return
        try:
            with self.env.cr.savepoint():
                getattr(record, hook)(self, *args)
        except conflict.CONFLICTS:
            raise
        except Exception:  # noqa: BLE001
            self.env.invalidate_all()
            _logger.exception("%s of %s failed", hook, record)

    def _may_have_arrived(self):
        """Tell whether an earlier try may have reached them, though no answer came back."""
        return self.attempts > 1 or bool(self.handled_at)

    def _get_record(self):
        """Return what the message tells about, if it is still there."""
        self.ensure_one()
        if self.res_model not in self.env:
            return None
        return self.env[self.res_model].sudo().with_company(self.company_id).browse(self.res_id).exists()

    @api.model
    def _acknowledge(self, peer, message_uuid):
        """Note that the other side confirmed a message as its business, not only as bytes."""
        message = self.sudo().search([("peer_id", "=", peer.id), ("uuid", "=", message_uuid)])
        if message.state in (*OPEN_STATES, "delivered", "dead"):
            message.write({"state": "acked", "acked_at": fields.Datetime.now()})
        return message

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_replay(self):
        """Send again what could not be transferred: the same message, with the same id."""
        dead = self.filtered(lambda message: message.state in ("dead", "retry"))
        dead.write({"state": "pending", "attempts": 0, "next_try_at": fields.Datetime.now(), **self._prepare_audit()})
        dead._wake_all()

    def _send_again(self):
        """Send again what the partner lost, as far as its words are still kept; return what is sent."""
        kept = self.filtered("payload")
        kept.write({"state": "pending", "attempts": 0, "next_try_at": fields.Datetime.now()})
        kept._wake_all()
        return kept

    def _note_arrived(self):
        """Note that the partner has messages whose answer never came back."""
        for message in self:
            message.write({"state": "delivered", "delivered_at": fields.Datetime.now(), "lease_until": False})
            message._tell("_exchange_delivered", {})
        return self

    def _filter_discardable(self):
        return self.filtered(lambda message: message.state in ("dead", "retry", "pending"))

    def action_discard(self):
        """Give a message up for good, for a reason."""
        for message in self._filter_discardable():
            if not message.discard_reason:
                raise UserError(self.env._("Write down why the message %(uuid)s is discarded.", uuid=message.uuid))
            message.write(self._prepare_audit())
            message._cancel(message.discard_reason)

    @api.model
    def _prepare_audit(self):
        return {"handled_by_id": self.env.uid, "handled_at": fields.Datetime.now()}

    @api.autovacuum
    def _gc_payloads(self):
        """Empty the payload of settled messages after a while; what happened is kept."""
        return self._forget_payloads([("state", "in", ("delivered", "acked", "cancelled", "superseded"))])
