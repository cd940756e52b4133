"""Forms of the public pages: a signed ticket instead of a session, a trap instead of a puzzle."""

import secrets
import time

from odoo.http import request
from odoo.tools import SQL, consteq
from odoo.tools.misc import hmac

from odoo.addons.crm_core.tools import outside

SCOPE, SOURCE = "crm_realestate.public_form", "homes"
# Submissions a minute: from one network (a household, an office), and to one agency in all.
PER_NETWORK, PER_AGENCY = 10, 120
# A person needs longer than this to fill a form in, and leaves no page open for days.
MIN_SECONDS, MAX_SECONDS = 2, 24 * 3600
FIELDS = {"contact_name": 120, "email": 200, "phone": 40, "message": 4000}


class PublicForm:
    """What the forms share: making and checking their ticket, reading what was typed."""

    def _make_ticket(self, env):
        """Return a ticket for one submission: when and for which network it was made, chance, our signature."""
        stem = f"{int(time.time())}-{self._get_network(env)}-{secrets.token_hex(8)}"
        return f"{stem}-{hmac(env, SCOPE, stem)}"

    def _is_own_ticket(self, env, ticket):
        """Tell whether a ticket is ours and neither too young nor too old."""
        stem, _dash, signature = (ticket or "").rpartition("-")
        moment = stem.partition("-")[0]
        if not moment.isdecimal() or not consteq(hmac(env, SCOPE, stem), signature):
            return False
        return MIN_SECONDS <= time.time() - int(moment) <= MAX_SECONDS

    def _read(self, env, told):
        """Return the payload of what was typed, and what is wrong with it.

        :param told: the fields of the form
        :return: (payload, None) or (None, sentence)
        """
        values = {name: (told.get(name) or "").strip()[:limit] for name, limit in FIELDS.items()}
        # Filled in by programs only; they are told nothing.
        if told.get("website") or not self._is_own_ticket(env, told.get("ticket")):
            return None, env._("This page was open too long or too short. Please send it again.")
        if "@" not in values["email"] and len(values["phone"]) < 6:
            return None, env._("Please leave an e-mail address or a telephone number.")
        return {**values, "lang": env.context["lang"]}, None

    def _get_network(self, env):
        """Return a keyed hash of the reader's network; it says nothing about anybody, and another thing tomorrow."""
        day = int(time.time()) // 86400
        return hmac(env, SCOPE, (day, outside.network(request.httprequest.remote_addr)))[:12]

    def _is_too_many(self, company):
        """Tell whether so much came within a minute that more is refused: from this network, or to this agency.

        What was kept is counted by its tickets, the newest ones only: nothing is written for who is refused.
        """
        query = SQL(
            "SELECT count(*) FILTER (WHERE split_part(external_id, '-', 2) = %s), count(*) FROM"
            " (SELECT * FROM crm_intake ORDER BY id DESC LIMIT 1000) recent"
            " WHERE source = %s AND company_id = %s AND create_date > now() AT TIME ZONE 'UTC' - interval '1 minute'",
            self._get_network(company.env),
            SOURCE,
            company.id,
        )
        network, agency = company.env.execute_query(query)[0]
        return network >= PER_NETWORK or agency >= PER_AGENCY

    def _receive(self, company, target, payload, ticket):
        """Keep the submission; the same ticket again changes nothing."""
        intake = company.env["crm.intake"]
        return intake._receive(SOURCE, target, payload, ticket[:120], company_id=company.id)
