import logging
import time

from odoo import api, models

from odoo.addons.crm_core.tools import conflict

from ..tools import network, pull, webhook

_logger = logging.getLogger(__name__)


class CrmExchangePeer(models.Model):
    """A partner that cannot be reached fetches its messages; the same outbox and inbox at both ends."""

    _inherit = "crm.exchange.peer"

    # ------------------------------------------------------------
    # The end that is asked
    # ------------------------------------------------------------

    def _hand_out(self, raw):
        """Answer a partner who fetches: note what became of its messages, lease it the next ones.

        :param raw: bytes of the question, see ``tools.pull``; the caller has made sure who asks, and commits
        :return: (status as in HTTP, answer as a dict)
        """
        self.ensure_one()
        if self.mode != "polled":
            return 403, {"status": "rejected", "reason": "we send, nothing is to be fetched"}
        try:
            limit, results = pull.read_question(raw)
        except ValueError as error:
            return 422, {"status": "rejected", "reason": str(error)}
        self._settle(results)
        leased = self.env["crm.exchange.message"]._lease(self, limit) if limit else ()
        return 200, {"messages": [self._prepare_handed_out(message) for message in leased]}

    def _settle(self, results):
        """Record what became of messages that were fetched, as if they had been sent and answered."""
        messages = self.env["crm.exchange.message"]
        uuids = [result["id"] for result in results]
        mine = messages.search([("peer_id", "=", self.id), ("uuid", "in", uuids)])
        found = {message.uuid: message for message in mine}
        for result in results:
            if message := found.get(result["id"]):
                reason = network.plain(result["body"].get("reason"))
                message._finish(result["lease"], network.Answer(result["status"], result["body"], error=reason))
        self.env.flush_all()

    def _prepare_handed_out(self, message):
        """Return a message as it is handed out: the very bytes, signed now."""
        body = message.payload
        signed = webhook.headers(self.sudo().secret_out, message.uuid, time.time(), body.encode())
        return {"lease": message.lease_token, "headers": signed, "body": body}

    # ------------------------------------------------------------
    # The end that asks
    # ------------------------------------------------------------

    @api.model
    def _cron_fetch(self):
        """Fetch from every partner that cannot reach us. Never raises for one of them."""
        cron = self.env["ir.cron"]
        peers = self.search([("mode", "=", "pull"), ("state", "=", "connected"), ("transport", "=", "http")])
        peers = peers.filtered(lambda peer: not peer._is_circuit_open())
        cron._commit_progress(remaining=len(peers))
        for peer in peers:
            peer._try_fetch()
            if not cron._commit_progress(1):
                break

    def _try_fetch(self):
        """Fetch from one partner; whatever goes wrong here, the next one must be asked."""
        try:
            self._fetch()
        except Exception:
            conflict.start_over(self.env)
            _logger.exception("The messages of %s could not be fetched", self)

    def _fetch(self):
        """Fetch until nothing waits; each message is kept before it is reported."""
        self.ensure_one()
        results, limit = [], pull.LIMIT
        while True:
            answer = self._ask(results, limit)
            self._note_contact(answer)
            if network.outcome(answer.status) != "delivered":
                self._on_fetch_refused(answer)
                break
            messages = pull.read_messages(answer.body)
            if not messages:
                break
            results = [self._take(message) for message in messages]
            # Out of time: only the results are left to tell.
            limit = pull.LIMIT if self.env["ir.cron"]._commit_progress() else 0
        self.env["ir.cron"]._commit_progress()

    def _on_fetch_refused(self, answer):
        state = {"paused": "paused", "gone": "closed"}.get(network.outcome(answer.status))
        if state:
            self._stop(state, answer)

    def _take(self, message):
        """Take one fetched message in, in a transaction of its own, the same way as one that was sent.

        :return: the result to report
        """
        headers, raw = message["headers"], message["body"].encode("utf-8", "surrogatepass")
        problem = webhook.verify(self.sudo().secret_in, headers, raw, time.time())
        if problem:
            status, body = 401, {"status": "rejected", "reason": problem}
        else:
            status, body = self._receive_again(raw, headers["webhook-id"])
        return {"id": str(headers.get("webhook-id")), "lease": message["lease"], "status": status, "body": body}

    def _receive_again(self, raw, message_uuid):
        """Receive and commit; what another transaction was faster with starts over, as the host does with requests."""

        def receive():
            answer = self._receive(raw, message_uuid)
            self.env["ir.cron"]._commit_progress()
            return answer

        try:
            return conflict.insist(self.env, receive, wait=0)
        except conflict.CONFLICTS:
            return 503, {"status": "failed", "reason": "try again"}

    @api.model
    def _wake_fetch(self):
        """Fetch soon, for example because an answer is to be expected."""
        cron = self.env.ref("crm_automotive_dealer.ir_cron_exchange_fetch", raise_if_not_found=False)
        if cron:
            cron._wake()
