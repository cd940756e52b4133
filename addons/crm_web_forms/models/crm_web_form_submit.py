import re
import secrets
import time
import uuid
from datetime import timedelta
from urllib.parse import urlencode

from odoo import api, fields, models
from odoo.tools import consteq
from odoo.tools.misc import hash_sign, hmac, verify_hash_signed

from ..exceptions import KeyReused
from ..tools import answers, origin, schema

SOURCE = "web_form"
SCOPE = "crm_web_forms.page"
TEST_SCOPE = "crm_web_forms.test"
# A page may stay open for a day: people go to lunch (WCAG 2.2.1), pages are restored after a night.
PAGE_LIFE = timedelta(hours=24)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class CrmWebForm(models.Model):
    """What the doors (page, frame, API) need: finding, showing, and taking what is sent."""

    _inherit = "crm.web.form"

    rate_network = fields.Integer(
        "Per network", default=120, help="Submissions a minute from one network (a company, a school); 0: no limit."
    )
    rate_form = fields.Integer("In all", default=1200, help="Submissions a minute in all; 0: no limit.")
    min_seconds = fields.Float(
        "Faster than",
        default=1.0,
        help="A page that is filled in faster than so many seconds was filled in by a program: "
        "it waits among the submissions until somebody releases it.",
    )
    key_hash = fields.Char(copy=False, groups="base.group_system", help="SHA-256 of the key of other servers.")
    has_key = fields.Boolean("Servers may send with a key", compute="_compute_has_key")

    @api.depends("key_hash")
    def _compute_has_key(self):
        for form in self:
            # sudo: that there is a key is no secret; its hash does not leave.
            form.has_key = bool(form.sudo().key_hash)

    # ------------------------------------------------------------
    # Finding and showing
    # ------------------------------------------------------------

    @api.model
    def _find_live(self, number):
        """Return the published form with this public number, or none."""
        # sudo: visitors have no rights at all; of a form they get what `_get_public_schema` returns.
        return (
            self.sudo().search([("uuid", "=", number), ("state", "=", "published")], limit=1)
            if (UUID.fullmatch(number or ""))
            else self.browse()
        )

    def _get_origins(self):
        self.ensure_one()
        return origin.parse_origins(self.allowed_origins)[0]

    def _choose_lang(self, wanted):
        """Return the language to show the form in, of those it was published in."""
        self.ensure_one()
        published = self.version_id.schema
        return schema.choose_lang(wanted, list(published["title"]), published["lang"])

    # ------------------------------------------------------------
    # Page token: when, for which form and version, and a number of its own
    # ------------------------------------------------------------

    def _make_token(self, version, age=0):
        """Return a signed token for a page that is shown now (or was, `age` seconds ago)."""
        values = [self.id, version.id, time.time() - age, secrets.token_hex(12)]
        return hash_sign(self.sudo().env, SCOPE, values)

    def _read_token(self, token):
        """Return (version, age in seconds, number) of a page token; (None, None, None) if it is not ours."""
        try:
            form_id, version_id, moment, number = verify_hash_signed(self.sudo().env, SCOPE, token or "")
        except (ValueError, TypeError, IndexError):  # not base64, not ours, cut off
            return None, None, None
        version = self.version_ids.filtered(lambda version: version.id == version_id)
        if form_id != self.id or not version:
            return None, None, None
        return version, time.time() - moment, number

    def _make_test_token(self):
        """Return what marks a submission as a colleague's try; good for a day."""
        self.ensure_one()
        return hash_sign(self.sudo().env, TEST_SCOPE, [self.id], expiration=PAGE_LIFE)

    def _is_test(self, token):
        """Tell whether a page was opened by a colleague to try it."""
        try:
            return verify_hash_signed(self.sudo().env, TEST_SCOPE, token or "") == [self.id]
        except (ValueError, TypeError, IndexError):
            return False

    def action_try(self):
        """Open the page in a way that marks what is sent as a test."""
        self.ensure_one()
        url = f"{self.public_url}?{urlencode({'test': self._make_test_token()})}"
        return {"type": "ir.actions.act_url", "url": url, "target": "new"}

    @api.model
    def _get_page_life(self):
        """Return for how many seconds a page can be sent."""
        return PAGE_LIFE.total_seconds()

    # ------------------------------------------------------------
    # Taking
    # ------------------------------------------------------------

    def _hash_network(self, address):
        """Return a keyed hash of the sender's network, another one each day: it counts, it identifies nobody."""
        day = fields.Date.to_string(fields.Date.today())
        return hmac(self.sudo().env, "crm_web_forms.network", (day, origin.network(address)))[:32]

    def _take(self, version, clean, lang, key=None, spam=None, utm=None, **meta):
        """Keep a valid submission; it is processed after the answer was given.

        :param version: the version the visitor saw
        :param clean: the first part of what ``tools.schema.validate`` returned
        :param lang: the language of the page
        :param key: the sender's number; the same one again is the same submission
        :param spam: why it looks like spam: it is kept and waits for a person
        :param utm: source, medium and campaign
        :param meta: ``origin``, ``page_url``, ``network_hash``
        :return: the receipt
        :raise KeyReused: the number was used for something else
        """
        self.ensure_one()
        payload = self._prepare_payload(version, clean, lang, utm)
        digest = schema.fingerprint(clean)
        external_id = f"{self.uuid}:{key}" if key else None
        meta |= self._prepare_meta(version, digest, spam)
        # sudo: what may be set is decided here and in the form's own settings, nothing of it by the visitor.
        intake = self.env["crm.intake"].sudo()._receive(SOURCE, self.target, payload, external_id, **meta)
        if intake.payload_hash != digest:
            raise KeyReused
        return intake.receipt

    def _prepare_payload(self, version, clean, lang, utm=None):
        """Return the intake payload; a hook for what a vertical wants to know."""
        payload = answers.to_payload(version.schema, clean, lang)
        who = payload.get("contact_name") or payload.get("email") or payload.get("phone")
        title = version.schema["title"][version.schema["lang"]]
        subject = f"{title}: {who}" if who else title
        return {"name": subject, **payload, "lang": lang, "utm": utm or {}}

    def _prepare_meta(self, version, digest, spam=None):
        """Return what the intake notes besides the payload: all of it from the form, not from the visitor."""
        meta = {
            "company_id": self.company_id.id,
            "pipeline_id": self.pipeline_id.id,
            "team_id": self.team_id.id,
            "user_id": self.user_id.id,
            "job_user_id": self.owner_id.id,
            "form_id": self.id,
            "version_id": version.id,
            "receipt": str(uuid.uuid4()),
            "payload_hash": digest,
        }
        if spam:
            meta |= {
                "job_state": "blocked",
                "error_code": "E_SPAM",
                "error_message": self.env._("It looks like spam: %(reason)s. Try again if it is not.", reason=spam),
            }
        return meta

    def _get_spam_reason(self, trapped, age=None):
        """Return why a submission looks like a program's, or None.

        :param trapped: whether the field people do not see was filled in
        :param age: seconds since the page was shown, if that is known
        """
        self.ensure_one()
        if trapped:
            return self.env._("a field that people do not see was filled in")
        if age is not None and age < self.min_seconds:
            return self.env._("it was filled in faster than people type")
        return None

    # ------------------------------------------------------------
    # Key of other servers
    # ------------------------------------------------------------

    def _check_key(self, key):
        """Tell whether this is the key of the form, in the same time whatever it is."""
        # sudo: the hash is compared, never shown.
        expected = self.sudo().key_hash
        return bool(expected) and consteq(expected, schema.fingerprint(key))

    def action_make_key(self):
        """Make a new key for other servers and show it once; the former one stops working."""
        self.ensure_one()
        self.check_access("write")
        key = secrets.token_urlsafe(32)
        # sudo: only the hash is kept, and nobody but the system reads it.
        self.sudo().key_hash = schema.fingerprint(key)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Key of %(form)s", form=self.name),
            "res_model": "crm.web.form.key",
            "view_mode": "form",
            "target": "new",
            "context": {"default_key": key},
        }

    def action_remove_key(self):
        """Let no server in any more."""
        self.check_access("write")
        # sudo: see `action_make_key`.
        self.sudo().key_hash = False
