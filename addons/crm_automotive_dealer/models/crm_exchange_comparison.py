from datetime import date, timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..exceptions import ExchangeRejected
from .crm_exchange_difference import FOR_A_PERSON

DIGEST = "exchange.digest.v1"
COMPARED = "exchange.compared.v1"
#: Days that are compared every night: a partner who comes back after a week-end is still caught.
DAYS = 7
MOST_DAYS = 31
#: Ids in one answer: they fit into a message; what is left out is compared the next night.
MAX_IDS = 4000
KEPT = timedelta(days=90)
SETTLED = ("delivered", "acked")


class CrmExchangeComparison(models.Model):
    """Every night each end tells the other what it delivered; what is missing there is sent again.

    A lost message should not happen. It does when somebody goes back to yesterday's backup.
    """

    _name = "crm.exchange.comparison"
    _description = "Exchange Comparison"
    _inherit = "crm.exchange.mixin"
    _order = "id desc"
    _rec_name = "peer_id"

    peer_id = fields.Many2one("crm.exchange.peer", "With", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="peer_id.company_id", store=True, index=True)
    direction = fields.Selection(
        [("ours", "What we sent"), ("theirs", "What they sent")], required=True, readonly=True, default="ours"
    )
    date_from = fields.Date("From", required=True, readonly=True)
    date_to = fields.Date("Until", required=True, readonly=True)
    message_count = fields.Integer("Messages", readonly=True, aggregator=None)
    state = fields.Selection(
        [
            ("waiting", "Asked"),
            ("equal", "Equal"),
            ("mended", "Mended"),
            ("different", "Needs you"),
            ("settled", "Settled"),
            ("answered", "They look into it"),
        ],
        default="waiting",
        required=True,
        readonly=True,
    )
    difference_ids = fields.One2many("crm.exchange.difference", "comparison_id", "Differences", readonly=True)
    settled_by_id = fields.Many2one("res.users", "Settled by", readonly=True)

    _uuid_unique = models.UniqueIndex("(peer_id, uuid)")

    # ------------------------------------------------------------
    # The end that sent
    # ------------------------------------------------------------

    @api.model
    def _cron_compare(self):
        """Ask every partner of another database whether it has what we delivered."""
        peers = self.env["crm.exchange.peer"].search(
            [("transport", "=", "http"), ("state", "=", "connected"), ("is_compared", "=", True)]
        )
        for peer in peers:
            self._compare(peer)

    @api.model
    def _compare(self, peer, until=None):
        """Tell a partner what it should have of the last days.

        :param until: first day that is left out, today if nothing is given
        :return: the comparison, which waits for their answer
        """
        date_to = until or fields.Date.today()
        comparison = self.create({"peer_id": peer.id, "date_from": date_to - timedelta(days=DAYS), "date_to": date_to})
        buckets = comparison._get_sent()
        comparison.message_count = sum(count for count, _digest in buckets.values())
        comparison._emit(DIGEST, {**comparison._get_days(), "buckets": buckets})
        return comparison

    def _emit(self, kind, data):
        return self.env["crm.exchange.message"]._emit(self.peer_id, kind, self, kind, data)

    def _get_days(self):
        return {"from": self.date_from.isoformat(), "to": self.date_to.isoformat()}

    def _get_sent(self):
        """Return {day/first digit of the id: [count, digest]} of what we delivered."""
        return self._get_buckets(
            SQL("crm_exchange_message"),
            SQL("(create_date::date)"),
            SQL("state IN %s", SETTLED),
        )

    def _get_received(self):
        """Return the same of what we have of them."""
        return self._get_buckets(
            SQL("crm_exchange_inbox"),
            SQL("sent_on"),
            SQL("result IN ('processed', 'stale')"),
        )

    def _get_buckets(self, table, day, where):
        self.env.flush_all()
        query = SQL(
            """
            SELECT %(day)s || '/' || left(uuid, 1), count(*),
                   md5(string_agg(uuid || payload_sha256, ',' ORDER BY uuid COLLATE "C"))
              FROM %(table)s
             WHERE peer_id = %(peer)s AND %(day)s >= %(start)s AND %(day)s < %(stop)s
               AND type NOT LIKE 'exchange.%%' AND %(where)s
             GROUP BY 1
            """,
            table=table, day=day, where=where, peer=self.peer_id.id, start=self.date_from, stop=self.date_to,
        )  # fmt: skip
        return {bucket: [count, digest] for bucket, count, digest in self.env.execute_query(query)}

    @api.model
    def _exchange_receive_compared(self, content, entry):
        """Take the partner's answer in: mend what can be mended, list the rest for a person."""
        comparison = self.search(
            [("uuid", "=", content["subject"]), ("peer_id", "=", entry.peer_id.id), ("direction", "=", "ours")]
        )
        if not comparison:
            raise ExchangeRejected(self.env._("There is no such comparison here."))
        if comparison.state == "waiting":
            buckets = content["data"]["buckets"]
            for bucket in comparison._filter_buckets(buckets):
                comparison._mend(bucket, set(buckets[bucket]))
            comparison._conclude()
        return comparison, comparison.state

    def _mend(self, bucket, held):
        """Compare one bucket with the ids that the partner holds."""
        day, _slash, digit = bucket.partition("/")
        messages = self.env["crm.exchange.message"].search(
            [
                ("peer_id", "=", self.peer_id.id),
                ("create_date", ">=", f"{day} 00:00:00"),
                ("create_date", "<=", f"{day} 23:59:59.999999"),
                ("uuid", "=like", f"{digit}%"),
                ("type", "not =like", "exchange.%"),
            ]
        )
        settled = messages.filtered(lambda message: message.state in SETTLED)
        missing = settled.filtered(lambda message: message.uuid not in held)
        arrived = (messages - settled).filtered(lambda message: message.uuid in held)
        unknown = held - set(messages.mapped("uuid"))
        self._list("resent", missing._send_again())
        self._list("lost", missing.filtered(lambda message: message.state in SETTLED))
        self._list("cancelled", arrived.filtered(lambda message: message.state == "cancelled"))
        self._list("arrived", arrived.filtered(lambda message: message.state in ("dead", "retry"))._note_arrived())
        self.difference_ids = [fields.Command.create({"kind": "unknown", "uuid": found}) for found in sorted(unknown)]
        if not (missing or arrived or unknown):
            self.difference_ids = [fields.Command.create({"kind": "content", "uuid": bucket})]

    def _list(self, kind, messages):
        self.difference_ids = [
            fields.Command.create({"kind": kind, "uuid": message.uuid, "message_id": message.id})
            for message in messages
        ]

    def _conclude(self):
        """Say how it ended, and tell the person responsible of what the machine cannot decide."""
        kinds = set(self.difference_ids.mapped("kind"))
        self.state = "different" if kinds & FOR_A_PERSON else "mended" if kinds else "equal"
        if self.state == "different":
            self.peer_id._notify(self._get_summary())

    def _get_summary(self):
        return self.env._(
            "%(peer)s and we differ about the messages of %(start)s to %(stop)s: see Comparisons",
            peer=self.peer_id.name, start=self.date_from, stop=self.date_to,
        )  # fmt: skip

    # ------------------------------------------------------------
    # The end that received
    # ------------------------------------------------------------

    @api.model
    def _exchange_receive_digest(self, content, entry):
        """Compare what a partner says it delivered with what is here, and answer with the ids where it differs."""
        data = content["data"]
        comparison = self.create(
            {
                "peer_id": entry.peer_id.id,
                "uuid": content["subject"],
                "direction": "theirs",
                **self._read_days(data),
                "message_count": sum(count for count, _digest in data["buckets"].values()),
            }
        )
        differing = comparison._get_differing(data["buckets"])
        comparison.state = "answered" if differing else "equal"
        comparison._emit(COMPARED, {"buckets": comparison._get_held(differing)})
        return comparison, comparison.state

    @api.model
    def _read_days(self, data):
        """Return the days of a digest.

        :raise ExchangeRejected: there are no such days, or too many
        """
        try:
            start, stop = (date.fromisoformat(data[name]) for name in ("from", "to"))
        except ValueError:
            raise ExchangeRejected(self.env._("These days do not exist.")) from None
        if not 0 < (stop - start).days <= MOST_DAYS:
            raise ExchangeRejected(self.env._("Compare at most %(days)s days.", days=MOST_DAYS))
        return {"date_from": start, "date_to": stop}

    def _get_differing(self, theirs):
        """Return the buckets that are not the same at both ends."""
        ours = self._get_received()
        differing = {bucket for bucket in {*ours, *theirs} if ours.get(bucket) != theirs.get(bucket)}
        return self._filter_buckets(differing)

    def _filter_buckets(self, buckets):
        """Return the buckets of the days that are compared, in order; a partner may name any."""
        days = {(self.date_from + timedelta(days=n)).isoformat() for n in range((self.date_to - self.date_from).days)}
        return sorted(bucket for bucket in buckets if bucket.partition("/")[0] in days)

    def _get_held(self, buckets):
        """Return {bucket: ids that are here}, as many buckets as fit into one message."""
        days = {bucket.partition("/")[0] for bucket in buckets}
        domain = [
            ("peer_id", "=", self.peer_id.id),
            ("sent_on", "in", sorted(days)),
            ("result", "in", ("processed", "stale")),
            ("type", "not =like", "exchange.%"),
        ]
        entries = self.env["crm.exchange.inbox"].search_fetch(domain, ["uuid", "sent_on"])
        held = {bucket: [] for bucket in buckets}
        for entry in entries:
            bucket = f"{entry.sent_on}/{entry.uuid[:1]}"
            if bucket in held:
                held[bucket].append(entry.uuid)
        return _first(held, MAX_IDS)

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_settle(self):
        """A person has looked at the differences and did what was needed."""
        for comparison in self.filtered(lambda comparison: comparison.state == "different"):
            comparison.sudo().write({"state": "settled", "settled_by_id": self.env.uid})

    @api.autovacuum
    def _gc_comparisons(self):
        """Forget old comparisons."""
        self.search([("create_date", "<", fields.Datetime.now() - KEPT)], limit=1000).unlink()


def _first(held, limit):
    """Return the first entries whose lists are not longer together than a limit; one at least.

    >>> _first({"a": [1, 2], "b": [3], "c": [4]}, 3)
    {'a': [1, 2], 'b': [3]}
    """
    taken, size = {}, 0
    for key, values in held.items():
        size += len(values)
        if taken and size > limit:
            break
        taken[key] = values
    return taken
