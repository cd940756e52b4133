import json
import time
import uuid
from datetime import timedelta

import requests

from odoo import api, fields, models
from odoo.tools import str2bool

from odoo.addons.crm_core.tools import outside

from ..tools import network, pull, webhook
from ..tools.network import Answer

MESSAGES = "/crm_exchange/v1/messages"
PULL = "/crm_exchange/v1/pull"
TIMEOUT = (5, 20)
MAX_ANSWER = 64 * 1024
# Nobody answers five times in a row: leave them alone for a while.
CIRCUIT_FAILURES = 5
CIRCUIT_TIME = timedelta(minutes=5)
# Seconds that the clocks must drift before it is written down again: it is one row for all workers.
SKEW_STEP = 5


class CrmExchangePeer(models.Model):
    """Talking to a partner over HTTPS."""

    _inherit = "crm.exchange.peer"

    failure_count = fields.Integer("Failures in a row", readonly=True, copy=False)
    circuit_until = fields.Datetime("Not tried before", readonly=True, copy=False)
    clock_skew = fields.Integer(
        "Their clock is ahead (s)",
        readonly=True,
        copy=False,
        aggregator=None,
        help="Negative: it is behind. Above 300, each end takes the other one's messages for old ones.",
    )

    @api.model
    def _is_private_allowed(self):
        return str2bool(self.env["ir.config_parameter"].sudo().get_param("crm_exchange.allow_private", ""), False)

    def _send(self, message_uuid, raw):
        """Send a message over HTTPS; no database lock is held and nothing is written.

        :return: an ``Answer``; status 0 when nobody answered
        """
        return self._post(MESSAGES, message_uuid, raw)

    def _ask(self, results, limit=pull.LIMIT):
        """Ask for the messages that wait for us, and report what became of the former ones, see ``tools.pull``."""
        return self._post(PULL, str(uuid.uuid4()), pull.question(results, limit), pull.MAX_ANSWER)

    def _post(self, path, message_uuid, raw, longest=MAX_ANSWER):
        peer = self.sudo()  # the secrets are readable by administrators only
        reason = network.check_form(peer.url, self._is_private_allowed())
        if reason:
            return Answer(0, error=peer._get_refusal_message(reason))
        url, headers = peer.url.rstrip("/") + path, peer._prepare_headers(message_uuid, raw)
        try:
            return peer._http_post(url, raw, headers, longest)
        except outside.Refused as error:
            return Answer(0, error=peer._get_refusal_message(error.reason))
        except (requests.RequestException, OSError, ValueError) as error:
            return Answer(0, error=type(error).__name__)

    def _prepare_headers(self, message_uuid, raw):
        """Return the headers of one attempt, freshly signed."""
        extra = {"X-Odoo-Database": self.database} if self.database else {}
        return {
            "Content-Type": "application/json",
            "X-Exchange-Sender": self.local_key,
            "X-Exchange-Receiver": self.remote_key,
            **webhook.headers(self.secret_out, message_uuid, time.time(), raw),
            **extra,
        }

    def _http_post(self, url, raw, headers, longest):
        """Post once, to a public machine: no redirects, no credentials of our own machine, a short answer."""
        once = {"timeout": TIMEOUT, "allow_redirects": False, "stream": True}
        with (
            outside.make_session(self._is_private_allowed()) as client,
            client.post(url, data=raw, headers=headers, **once) as response,
        ):
            content = response.raw.read(longest, decode_content=True)
            return self._read_answer(response.status_code, content, response.headers)

    @api.model
    def _read_answer(self, status, content, headers):
        """Return an ``Answer``; what is no JSON object says nothing but its status."""
        try:
            body = json.loads(content)
        except ValueError:
            body = {}
        body = body if isinstance(body, dict) else {}
        reason = network.plain(body.get("reason"))
        wait, skew = network.retry_after(headers.get("Retry-After")), network.skew(headers.get("Date"), time.time())
        return Answer(status, body, wait, reason, skew)

    def _note_contact(self, answer):
        """Count failures in a row and leave a silent partner alone for a while."""
        values = {}
        if answer.skew is not None and abs(answer.skew - self.clock_skew) >= SKEW_STEP:
            values["clock_skew"] = answer.skew
        if not answer.status:
            values["failure_count"] = self.failure_count + 1
            if values["failure_count"] >= CIRCUIT_FAILURES:
                values["circuit_until"] = fields.Datetime.now() + CIRCUIT_TIME
        elif self.failure_count:
            values.update(failure_count=0, circuit_until=False)
        if values:
            self.write(values)

    def _is_circuit_open(self):
        return bool(self.circuit_until and self.circuit_until > fields.Datetime.now())

    def _stop(self, state, answer):
        """Stop a link that they refuse, once, and tell the person responsible."""
        if self.state != "connected":
            return
        self.write({"state": state})
        reason = self._get_stop_reason(answer)
        self._notify(self.env._("%(peer)s refuses our messages: %(reason)s", peer=self.name, reason=reason))

    def _get_stop_reason(self, answer):
        """Return what a person has to look at."""
        if answer.error == "timestamp":
            return self.env._("our clocks differ by %(seconds)s seconds.", seconds=abs(self.clock_skew))
        if answer.error == "signature":
            return self.env._(
                "they do not accept our signature. Compare the codes and the secrets, then connect again."
            )
        return answer.error or answer.status

    def _notify(self, text):
        """Give the person responsible something to do."""
        user = self.user_id or self.env.ref("base.user_admin")
        self.activity_schedule("mail.mail_activity_data_warning", summary=text, user_id=user.id)
