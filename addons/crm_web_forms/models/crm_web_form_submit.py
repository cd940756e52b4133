import hashlib
import re
import secrets
import time
import uuid
from datetime import timedelta
from urllib.parse import urlencode

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import hash_sign, hmac, verify_hash_signed

from odoo.addons.crm_core.tools import outside

from ..exceptions import KeyReused
from ..tools import answers, conditions, disposable, origin, schema, spam, upload

SOURCE = "web_form"
SCOPE = "crm_web_forms.page"
TEST_SCOPE = "crm_web_forms.test"
# A page may stay open for a day: people go to lunch (WCAG 2.2.1), pages are restored after a night.
PAGE_LIFE = timedelta(hours=24)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class CrmWebForm(models.Model):
    """What the doors (page, frame, API) need: showing, and taking what is sent."""

    _inherit = "crm.web.form"

    rate_network = fields.Integer(
        "Per network", default=120, help="Submissions a minute from one network (a company, a school); 0: no limit."
    )
    rate_form = fields.Integer("In all", default=1200, help="Submissions a minute in all; 0: no limit.")
    rate_sender = fields.Integer(
        "Per e-mail address", default=10, help="Submissions a minute with one e-mail address; 0: no limit."
    )
    proof_mode = fields.Selection(
        [
            ("off", "Not asked for"),
            ("watch", "Asked for: without it, a submission is less trusted"),
            ("require", "Needed: without it, a submission waits until somebody releases it"),
        ],
        "Proof of work",
        default="watch",
        required=True,
        help="The visitor's browser does a second of arithmetic in the background: nobody notices, "
        "but sending thousands becomes expensive.",
    )
    spam_limit = fields.Integer(
        "Waits from", default=60, help="Points from which a submission waits until somebody releases it; 0: never."
    )
    spam_words = fields.Text("Words", help="One per line: a submission with one of them gets 40 points.")
    disposable_points = fields.Integer(
        "Throw-away address",
        help="Points for an e-mail address of a service whose addresses last some minutes; 0: none. "
        "The system parameter crm_web_forms.disposable_domains names further ones.",
    )
    attribution = fields.Selection(
        [("last", "What brought them this time"), ("first", "What brought them the first time")],
        default="last",
        required=True,
        help="Source, medium and campaign of the lead. The first time is known where the website says "
        'attribution="on" in the element: it keeps it in the visitor\'s browser.',
    )
    keep_days = fields.Integer(
        "Keep what was sent for",
        help="Afterwards what was sent is erased from the submission; the contact, the lead, the consents and the "
        "numbers stay. 0: kept.",
    )
    file_limit = fields.Integer("Megabytes", default=5, help="All files of a submission together; at most 20.")
    file_most = fields.Integer("Files", default=3, help="That one question takes.")
    min_seconds = fields.Float(
        "Faster than",
        default=1.0,
        help="A page that is filled in faster than so many seconds was filled in by a program: "
        "it waits among the submissions until somebody releases it.",
    )

    # ------------------------------------------------------------
    # Showing
    # ------------------------------------------------------------

    def _get_origins(self):
        self.ensure_one()
        return origin.parse_origins(self.allowed_origins)[0]

    def _choose_lang(self, wanted):
        """Return the language to show the form in, of those it was published in and that are still installed."""
        self.ensure_one()
        installed = [code for code, _name in self.env["res.lang"].get_installed()]
        content = self.version_id._get_schema()
        published = [code for code in content["title"] if code in installed]
        default = content["lang"] if content["lang"] in published else self._get_default_lang()
        return schema.choose_lang(wanted, published, default)

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
        if form_id != self.id or version_id not in self._get_version_ids().values():
            return None, None, None
        return self.version_id.browse(version_id), time.time() - moment, number

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
        return hmac(self.sudo().env, "crm_web_forms.network", (day, outside.network(address)))[:32]

    def _take(self, version, clean, lang, key=None, signs=None, files=(), **meta):
        """Keep a valid submission; it is processed after the answer was given.

        :param version: the version the visitor saw
        :param clean: the first part of what ``tools.answers.validate`` returned
        :param lang: the language of the page
        :param key: the sender's number; the same one again is the same submission
        :param signs: what speaks against it, see ``tools/spam.py``: if it is much, it waits for a person
        :param files: [(MIME type, name, content)] by field: {key: [(name, MIME type, content)]}
        :param meta: ``utm`` (source, medium and campaign), ``origin``, ``page_url``, ``referrer``,
            ``first_touch``, ``network_hash``, ``is_test``, ``proof``
        :return: the receipt
        :raise KeyReused: the number was used for something else
        """
        self.ensure_one()
        files = dict(files)
        named = {**clean, **{name: [item[0] for item in some] for name, some in files.items()}}
        payload = self._prepare_payload(version, named, lang, meta.pop("utm", None))
        hashes = {name: [hashlib.sha256(item[2]).hexdigest() for item in some] for name, some in files.items()}
        digest = schema.fingerprint([clean, hashes] if files else clean)
        external_id = f"{self.uuid}:{key}" if key else None
        meta |= self._prepare_meta(version, digest, signs or {})
        points = answers.score(version._get_schema(), clean)
        meta |= {"score": points or 0.0, "result_id": self._find_result(points).id}
        meta["proof"] = meta["proof"] if meta.get("proof") in ("solved", "key") else "no"
        # sudo: what may be set is decided here and in the form's own settings, nothing of it by the visitor.
        intakes = self.env["crm.intake"].sudo().with_company(self.company_id)
        intake = intakes._receive(SOURCE, self.target, payload, external_id, **meta)
        if intake.payload_hash != digest:
            raise KeyReused
        if files and intake.receipt == meta["receipt"]:
            self._keep_files(intake, files)
        return intake.receipt

    def _keep_files(self, intake, files):
        """Attach files to their submission: named by us, shown to nobody but its readers, never run."""
        rows = [
            {"name": name, "raw": content, "mimetype": kind, "res_model": intake._name, "res_id": intake.id}
            for some in files.values()
            for name, kind, content in some
        ]
        # sudo: see `_take`. The context has the host show as text whatever a browser might run.
        intake.file_ids = self.env["ir.attachment"].sudo().with_context(attachments_mime_plainxml=True).create(rows)

    def _prepare_payload(self, version, clean, lang, utm=None):
        """Return the intake payload; a hook for what a vertical wants to know."""
        payload = answers.to_payload(version._get_schema(), clean, lang)
        who = payload.get("contact_name") or payload.get("email") or payload.get("phone")
        title = version._get_schema()["title"][version._get_schema()["lang"]]
        subject = f"{title} - {who}" if who else title
        return {"name": subject, **payload, "lang": lang, "utm": utm or {}}

    def _prepare_meta(self, version, digest, signs):
        """Return what the intake notes besides the payload: all of it from the form, not from the visitor."""
        meta = {
            "company_id": self.company_id.id,
            "pipeline_id": self._get_present("pipeline_id"),
            "team_id": self._get_present("team_id"),
            "user_id": self._get_present("user_id"),
            "job_user_id": self._get_present("owner_id"),
            "form_id": self.id,
            "version_id": version.id,
            "receipt": str(uuid.uuid4()),
            "payload_hash": digest,
            "spam_score": sum(signs.values()),
        }
        if not signs:
            return meta
        reasons = ", ".join(self._get_spam_texts()[sign] for sign in signs)
        meta["spam_reasons"] = reasons
        if self.spam_limit and meta["spam_score"] >= self.spam_limit:
            meta |= {
                "job_state": "blocked",
                "error_code": "E_SPAM",
                "error_message": self.env._(
                    'It looks like spam: %(reason)s. Press "Not spam" if it is none.', reason=reasons
                ),
            }
        return meta

    def _get_present(self, name):
        """Return what the database says in the moment it is used: it empties these when a team or user is deleted."""
        column = SQL.identifier(name, to_flush=self._fields[name])
        return SQL("(SELECT %s FROM crm_web_form WHERE id = %s)", column, self.id)

    def _is_known(self, key):
        """Tell whether a submission with this number was taken before."""
        self.ensure_one()
        domain = [("source", "=", SOURCE), ("external_id", "=", f"{self.uuid}:{key}")]
        # sudo: the sender knows the number; the answer is yes or no.
        return bool(key) and bool(self.env["crm.intake"].sudo().search_count(domain, limit=1))

    def _wait_for_turn(self, version, clean, network, trusted=False):
        """Note an attempt; return 0 or the seconds to wait, see ``crm.web.rate.event``."""
        email = self._get_email(version, clean)
        # sudo: the key is the database's own.
        sender = hmac(self.sudo().env, "crm_web_forms.sender", email.lower())[:32] if email else None
        return self.env["crm.web.rate.event"]._hit(self, network, sender, trusted)

    def _get_email(self, version, clean):
        """Return the address in a submission, or None."""
        return next(filter(None, (clean.get(key) for key in version._get_keys("email"))), None)

    def _weigh_proof(self, payload, trusted=False):
        """Return what a proof is worth, see ``crm.web.challenge``; ``key`` for a server with the form's key."""
        if trusted:
            return "key"
        return self.env["crm.web.challenge"]._use(self, payload) if self.proof_mode != "off" else "missing"

    # ------------------------------------------------------------
    # Spam
    # ------------------------------------------------------------

    def _judge(self, version, clean, trapped, age=None, proof=None):
        """Return {sign: points} of what speaks against a submission; a hook.

        :param version: the version the visitor saw
        :param trapped: whether the field people do not see was filled in
        :param age: seconds since the page was shown, if that is known
        :param proof: what ``crm.web.challenge._use`` said
        """
        self.ensure_one()
        words = [word.strip() for word in (self.spam_words or "").splitlines() if word.strip()]
        fast = age is not None and age < self.min_seconds
        proof = proof if self.proof_mode != "off" else None
        names = version._get_keys("contact_name", "company_name", "city")
        signs = spam.judge(clean, trapped=trapped, fast=fast, proof=proof, words=words, names=names)
        if self.disposable_points and disposable.is_disposable(self._get_email(version, clean), self._get_disposable()):
            signs["disposable"] = self.disposable_points
        if self.proof_mode == "require" and "no_proof" in signs:
            signs["no_proof"] = max(signs["no_proof"], self.spam_limit)
        return signs

    def _get_disposable(self):
        # sudo: a setting of the system.
        return self.env["ir.config_parameter"].sudo().get_param("crm_web_forms.disposable_domains", "")

    def _get_spam_texts(self):
        """Return what the signs of spam are called on a screen."""
        return {
            "trap": self.env._("a field that people do not see was filled in"),
            "fast": self.env._("it was filled in faster than people type"),
            "proof": self.env._("its proof of work is forged or was used before"),
            "no_proof": self.env._("it came without proof of work"),
            "markup": self.env._("it contains markup of web pages"),
            "links": self.env._("it contains several links"),
            "words": self.env._("it contains words of your list"),
            "repeated": self.env._("it says the same in several fields"),
            "name_link": self.env._("the name is an address of the web"),
            "disposable": self.env._("its e-mail address is one to throw away"),
        }

    # ------------------------------------------------------------
    # Files
    # ------------------------------------------------------------

    def _get_file_limit(self):
        """Return how many bytes the files of a submission may have; 0 if the form asks for none."""
        self.ensure_one()
        asked = any(field["type"] == "file" for field in self.version_id._get_schema()["fields"])
        return min(max(self.file_limit, 0), 20) * 1024**2 if asked else 0

    def _check_files(self, version, given, clean):
        """Return ({key: [(name, MIME type, content)]}, {key: code of what is wrong}).

        :param given: {key: [(name, content)]}
        """
        files, errors = {}, {}
        limit = self._get_file_limit()
        for field in version._get_schema()["fields"]:
            if field["type"] != "file" or not conditions.holds(field.get("if"), clean):
                continue
            found, error = upload.check(field, given.get(field["key"], []), limit, self.file_most)
            limit -= sum(len(content) for _name, _kind, content in found)
            if error:
                errors[field["key"]] = error
            elif found:
                files[field["key"]] = found
        return files, errors
