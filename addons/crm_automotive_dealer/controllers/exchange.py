import time

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..models.crm_exchange_peer_http import MESSAGES, PULL
from ..tools import envelope, webhook
from . import outside

# Seconds after which a link that a person paused is tried again.
PAUSE = 300


class ExchangeController(http.Controller):
    """The doors for other databases. Every answer is a short JSON object."""

    @http.route(MESSAGES, **outside.ROUTE, max_content_length=outside.ROOM * envelope.MAX_SIZE)
    def receive(self, **_parameters):
        """Take one signed message in, and say what became of it once that is in the transaction.

        200 processed, duplicate or stale; 401 not authentic; 409 same id, other content; 411, 413
        and 415 for what is not a message at all; 422 will never be right; 429 too many; 503 try again later.
        """
        return self._answer(lambda peer, raw, message_uuid: peer._receive(raw, message_uuid))

    @http.route(PULL, **outside.ROUTE, max_content_length=outside.ROOM * envelope.MAX_SIZE)
    def hand_out(self, **_parameters):
        """Give a partner whom we cannot reach the messages that wait for it, and note its results.

        200 with ``messages`` (each with its ``lease``, ``headers`` and ``body``); 401, 411, 413, 415, 429 as above;
        403 when the link is not set up for it; 422 for a question that is not understood.
        """
        return self._answer(lambda peer, raw, _message_uuid: peer._hand_out(raw))

    def _answer(self, work):
        """Return the response to a signed request; work(peer, raw, id) does what it asks for."""
        refused = outside.refusal(envelope.MAX_SIZE, "application/json")
        if refused:
            return _respond(*refused)
        raw, headers = request.httprequest.get_data(), request.httprequest.headers
        # No user sends a message: the link and its handlers decide what it may do.
        env = request.env(user=SUPERUSER_ID, context={}, su=True)
        peer = env["crm.exchange.peer"]._find_receiver(
            headers.get("X-Exchange-Sender", ""), headers.get("X-Exchange-Receiver", "")
        )
        # An unknown sender is answered like a wrong signature.
        problem = webhook.verify(peer.secret_in if peer else "", headers, raw, time.time())
        if problem:
            return _respond(401, problem)
        if peer.state == "paused":
            return _respond(503, "paused", {"Retry-After": str(PAUSE)})
        if wait := env["crm.exchange.request"]._hit(peer):
            return _respond(429, "too many", {"Retry-After": str(wait)})
        status, body = work(peer, raw, headers["webhook-id"])
        return request.make_json_response(body, status=status)


def _respond(status, reason, headers=None):
    """Return the response to what is not done."""
    return request.make_json_response({"status": "rejected", "reason": reason}, headers, status=status)
