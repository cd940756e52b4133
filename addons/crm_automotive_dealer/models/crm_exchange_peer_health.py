from datetime import timedelta

from odoo import api, fields, models

from .crm_exchange_message import OPEN_STATES

# Older than this, what waits is somebody's business.
LATE = timedelta(hours=1)


class CrmExchangePeer(models.Model):
    """How a link is doing, and what a person can do about it."""

    _inherit = "crm.exchange.peer"

    waiting_count = fields.Integer("Waiting", compute="_compute_backlog")
    dead_count = fields.Integer("Not transferred", compute="_compute_backlog")
    oldest_waiting = fields.Datetime("Waiting since", compute="_compute_backlog")
    last_sent = fields.Datetime("Last one delivered", compute="_compute_last")
    last_received = fields.Datetime("Last one received", compute="_compute_last")
    last_seen = fields.Datetime("Last call from them", compute="_compute_last")
    rate_limit = fields.Integer(
        "Calls a minute", default=3000, help="More than these are asked to wait (HTTP 429). Zero: no limit."
    )
    is_compared = fields.Boolean(
        "Compare every night", default=True, help="Both ends tell what they delivered; what got lost is sent again."
    )
    health = fields.Selection(
        [("good", "Good"), ("late", "Late"), ("bad", "Needs you"), ("off", "Not connected")],
        compute="_compute_health",
    )

    def _compute_backlog(self):
        # sudo: only numbers; whoever reads the partner may know that something is stuck.
        messages = self.env["crm.exchange.message"].sudo()
        domain = [("peer_id", "in", self.ids), ("state", "in", (*OPEN_STATES, "dead"))]
        rows = messages._read_group(domain, ["peer_id", "state"], ["__count", "create_date:min"])
        for peer in self:
            mine = {state: (count, oldest) for found, state, count, oldest in rows if found == peer}
            waiting = [mine[state] for state in OPEN_STATES if state in mine]
            peer.waiting_count = sum(count for count, _oldest in waiting)
            peer.oldest_waiting = min((oldest for _count, oldest in waiting), default=False)
            peer.dead_count = mine.get("dead", (0,))[0]

    def _compute_last(self):
        sent = self._get_last("crm.exchange.message", "delivered_at")
        received = self._get_last("crm.exchange.inbox", "create_date")
        seen = self._get_last("crm.exchange.request", "date")
        for peer in self:
            peer.last_sent, peer.last_received = sent.get(peer), received.get(peer)
            peer.last_seen = seen.get(peer)

    def _get_last(self, model, name):
        """Return the last time of something, by partner."""
        # sudo: only times.
        rows = self.env[model].sudo()._read_group([("peer_id", "in", self.ids)], ["peer_id"], [f"{name}:max"])
        return dict(rows)

    @api.depends("state", "circuit_until")
    def _compute_health(self):
        for peer in self:
            peer.health = peer._get_health()

    def _get_health(self):
        """Return how a link is doing, in one word."""
        if self.state != "connected":
            return "bad" if self.state in ("closed", "paused") and self.waiting_count else "off"
        if self.dead_count:
            return "bad"
        late = self.oldest_waiting and self.oldest_waiting < fields.Datetime.now() - LATE
        return "late" if late or self._is_circuit_open() else "good"

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_try_now(self):
        """Forget the failures, and send or fetch what waits at once."""
        self.write({"failure_count": 0, "circuit_until": False})
        messages = self.env["crm.exchange.message"]
        messages.search([("peer_id", "in", self.ids), ("state", "=", "retry")]).action_replay()
        messages._wake_all()
        self._wake_fetch()

    def action_replay_dead(self):
        """Send again what could not be transferred."""
        self.env["crm.exchange.message"].search([("peer_id", "in", self.ids), ("state", "=", "dead")]).action_replay()

    # ------------------------------------------------------------
    # Watching
    # ------------------------------------------------------------

    @api.model
    def _cron_watch(self):
        """Tell the person responsible, once, of a link whose messages wait for long."""
        for peer in self.search([("state", "=", "connected")]):
            summary = self.env._("Messages to %(peer)s wait for more than an hour", peer=peer.name)
            if peer._get_health() == "late" and summary not in peer.activity_ids.mapped("summary"):
                peer._notify(summary)
