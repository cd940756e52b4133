import logging
import time

import psycopg2

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..tools import envelope, webhook

_logger = logging.getLogger(__name__)


class ExchangeController(http.Controller):
    """The door for messages of other databases. Every answer is a short JSON object."""

    @http.route(
        "/crm_exchange/v1/messages",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
        # Above this, the host answers with a page of its own; below, we answer.
        max_content_length=4 * envelope.MAX_SIZE,
    )
    def receive(self, **_parameters):
        """Take one signed message in, and say what became of it once that is in the transaction.

        200 processed, duplicate or stale; 401 not authentic; 409 same id, other content; 411, 413
        and 415 for what is not a message at all; 422 will never be right; 503 try again.
        """
        status, body = self._check_outside() or self._receive()
        return request.make_json_response(body, status=status)

    def _check_outside(self):
        """Return an answer for what need not be read, or None."""
        incoming = request.httprequest
        if incoming.content_length is None:
            return 411, _rejected("no length")
        if incoming.content_length > envelope.MAX_SIZE:
            return 413, _rejected("too large")
        if incoming.mimetype != "application/json":
            return 415, _rejected("not application/json")
        return None

    def _receive(self):
        """Return (status, body) for a message of the right size and kind."""
        raw = request.httprequest.get_data()
        headers = request.httprequest.headers
        # No user sends a message: the link and its handlers decide what it may do.
        env = request.env(user=SUPERUSER_ID, context={}, su=True)
        peer = env["crm.exchange.peer"]._find_receiver(
            headers.get("X-Exchange-Sender", ""), headers.get("X-Exchange-Receiver", "")
        )
        # An unknown sender is answered like a wrong signature.
        problem = webhook.verify(peer.secret_in if peer else "", headers, raw, time.time())
        if problem:
            return 401, _rejected(problem)
        try:
            with env.cr.savepoint():
                return peer._receive(raw, headers["webhook-id"])
        except psycopg2.OperationalError:
            raise  # a conflict: the host runs the whole request again
        except Exception:
            _logger.exception("A message of %s could not be received", peer)
            return 503, {"status": "failed", "reason": "try again"}


def _rejected(reason):
    return {"status": "rejected", "reason": reason}
