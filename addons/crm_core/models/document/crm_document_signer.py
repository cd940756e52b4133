import base64
import binascii
import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, consteq

from ...tools import evidence

MOST_NAME = 120
MOST_REASON = 500
#: Only signing and refusing write these.
OWN_FIELDS = {
    *("state", "name", "email", "access_token", "signature", "signed_name", "signed_on", "evidence", "evidence_hash"),
    *("refused_on", "refusal_reason"),
}
#: Of a document that was sent nobody changes who signs; when one was asked is noted.
NOTED_FIELDS = {"asked_on", "viewed_on", "reminders"}


class CrmDocumentSigner(models.Model):
    """One signature of a document: who, when, and the evidence for it."""

    _name = "crm.document.signer"
    _description = "Signer of a document"
    _order = "document_id, sequence, id"
    _rec_name = "partner_id"

    document_id = fields.Many2one("crm.document", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="document_id.company_id")
    sequence = fields.Integer("Order", default=1, help="Who has the same number signs at the same time.")
    partner_id = fields.Many2one("res.partner", "Contact", index="btree_not_null", ondelete="restrict")
    role = fields.Selection(selection="_selection_role", required=True, default="buyer")
    state = fields.Selection(
        [("waiting", "Waiting"), ("signed", "Signed"), ("refused", "Refused")],
        default="waiting",
        required=True,
        readonly=True,
        copy=False,
    )
    is_turn = fields.Boolean("Has to sign now", compute="_compute_is_turn")
    # As they were when the document was sent: a contact may change, a contract does not.
    name = fields.Char(readonly=True, copy=False)
    email = fields.Char("Asked at", readonly=True, copy=False)
    access_token = fields.Char(groups="base.group_system", readonly=True, copy=False)
    asked_on = fields.Datetime(readonly=True, copy=False)
    viewed_on = fields.Datetime(readonly=True, copy=False)
    reminders = fields.Integer("Reminded", readonly=True, copy=False)
    signed_name = fields.Char("Signed as", readonly=True, copy=False)
    signed_on = fields.Datetime(readonly=True, copy=False)
    signature = fields.Binary(attachment=True, readonly=True, copy=False)
    # Address and browser are in the evidence only, for whoever has to prove the signature.
    evidence = fields.Json(groups="sales_team.group_sale_manager", readonly=True, copy=False)
    evidence_hash = fields.Char("Fingerprint of the signature", readonly=True, copy=False)
    refused_on = fields.Datetime(readonly=True, copy=False)
    refusal_reason = fields.Char(readonly=True, copy=False)

    def _selection_role(self):
        """The roles of an opportunity's parties, those of the verticals with them."""
        return self.env["crm.lead.party"]._fields["role"]._description_selection(self.env)

    @api.depends("state", "sequence", "document_id.state", "document_id.signer_ids.state")
    def _compute_is_turn(self):
        for signer in self:
            waiting = signer.document_id.signer_ids.filtered(lambda other: other.state == "waiting")
            first = min(waiting.mapped("sequence"), default=0)
            signer.is_turn = (
                signer.document_id.state == "sent" and signer.state == "waiting" and signer.sequence == first
            )

    def _get_missing(self):
        """Return what keeps these from being asked."""
        missing = []
        for signer in self:
            role = dict(signer._fields["role"]._description_selection(self.env))[signer.role]
            partner = signer.partner_id
            if not partner:
                missing.append(
                    signer._prepare_missing(self.env._("%(role)s: nobody chosen", role=role), signer.document_id)
                )
            elif not partner.email:
                missing.append(signer._prepare_missing(self.env._("%(role)s: E-mail", role=role), partner))
        return missing

    def _prepare_missing(self, label, record):
        return self.document_id._prepare_missing(label, record)

    # ------------------------------------------------------------
    # Changed, deleted
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Signers come while the document is a draft, without a signature."""
        own = [{name: value for name, value in vals.items() if name not in OWN_FIELDS} for vals in vals_list]
        signers = super().create(own)
        signers._check_draft()
        return signers

    def write(self, vals):
        """Who signs is settled when the document is sent, whoever writes."""
        if OWN_FIELDS.intersection(vals):
            raise UserError(self.env._("A signature is made by signing, not by writing it."))
        if set(vals) - NOTED_FIELDS:
            self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        self._check_draft()

    def _check_draft(self):
        for document in self.document_id:
            if document.state != "draft":
                raise UserError(
                    self.env._(
                        "%(name)s was sent: its signers are settled. Make a new version to change them.",
                        name=document.display_name,
                    )
                )

    def _seal(self, vals):
        """Write what only signing, refusing and sending may write."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    # ------------------------------------------------------------
    # The link
    # ------------------------------------------------------------

    @api.private
    def get_sign_url(self):
        """Return the address at which this person signs; whoever knows it can sign."""
        self.ensure_one()
        return f"{self.get_base_url()}{self._get_path()}"

    def _get_path(self):
        # sudo: the link is sent by whoever may send the document.
        return f"/my/document/{self.id}/{self.sudo().access_token}"

    def _settle(self):
        """Note who is asked, and give each a link: from now on the contact may change, the contract does not."""
        for signer in self:
            partner = signer.partner_id
            # sudo: nobody but the signer knows the link.
            signer.sudo()._seal(
                {"name": partner.name, "email": partner.email, "access_token": secrets.token_urlsafe(32)}
            )

    @api.model
    def _find_by_token(self, signer_id, token):
        """Return the signer a link belongs to, empty when it is wrong; the same time for every wrong one.

        :return: the signer, as superuser
        """
        # sudo: the holder of the link has no account.
        signer = self.sudo().browse(signer_id).exists()
        known = signer.access_token or secrets.token_urlsafe(32)
        return signer if consteq(known.encode(), (token or "").encode()) and signer.access_token else signer.browse()

    def action_sign_here(self):
        """Let the person sign on this screen, at our place; the evidence says so."""
        self.ensure_one()
        self.document_id.check_access("write")
        self._check_turn()
        return {"type": "ir.actions.act_url", "url": self._get_path(), "target": "new"}

    # ------------------------------------------------------------
    # Signing and refusing
    # ------------------------------------------------------------

    def _sign(self, name, image, circumstances):
        """Sign. The document is locked: two clicks, or the last two signers at once, are one after the other.

        :param name: as the person typed it
        :param image: base64 of the picture of the signature
        :param circumstances: dict of plain values for the evidence: ``ip``, ``user_agent``, ``session``
        :raise UserError: it is not this person's turn, or something is missing
        """
        self.ensure_one()
        self._lock()
        self._check_turn()
        name, picture = self._check_signature(name, image)
        now = fields.Datetime.now()
        facts = self._prepare_evidence(name, picture, now, circumstances)
        self._seal(
            {
                "state": "signed",
                "signed_name": name,
                "signed_on": now,
                "signature": base64.b64encode(picture),
                "evidence": facts,
                "evidence_hash": evidence.seal(facts),
            }
        )
        self.document_id._on_signature(self)

    def _refuse(self, reason):
        """Refuse to sign: the document is cancelled and its owner told why.

        :raise UserError: no reason, or not this person's turn
        """
        self.ensure_one()
        reason = (reason or "").strip()[:MOST_REASON]
        self._lock()
        self._check_turn()
        if not reason:
            raise UserError(self.env._("Tell us why, please: one sentence is enough."))
        self._seal({"state": "refused", "refused_on": fields.Datetime.now(), "refusal_reason": reason})
        self.document_id._on_refusal(self)

    def _lock(self):
        """Wait until nobody else signs this document; who had to wait starts over with what is there now."""
        # Not `lock_for_update`: that refuses at once, and the last two signers may well click together.
        self.env.execute_query(SQL("SELECT id FROM crm_document WHERE id = %s FOR UPDATE", self.document_id.id))

    def _may_sign(self):
        """Tell whether it is this person's turn, and in time."""
        self.ensure_one()
        return self.is_turn and not self.document_id.is_expired

    def _check_turn(self):
        if self.document_id.is_expired:
            raise UserError(self.env._("The time to sign this document is over. Ask for a new one."))
        if not self.is_turn:
            raise UserError(self.env._("This document cannot be signed by you now. Load the page again to see why."))

    @api.model
    def _check_signature(self, name, image):
        """Return the name and the bytes of the picture."""
        name = " ".join((name or "").split()) if isinstance(name, str) else ""
        if not name or len(name) > MOST_NAME:
            raise UserError(self.env._("Write your name, please."))
        try:
            picture = base64.b64decode(image or "", validate=True)
        except (binascii.Error, TypeError, ValueError):
            picture = b""
        if not evidence.is_signature_image(picture):
            raise UserError(self.env._("Draw or type your signature, please."))
        return name, picture

    def _prepare_evidence(self, name, picture, now, circumstances):
        """Return the facts of the signature, chained to the one before."""
        document = self.document_id
        return {
            "document": document.reference,
            "version": document.version,
            "content": document.content_hash,
            "signer": self.name,
            "email": self.email or "",
            "role": self.role,
            "signed_as": name,
            "signed_on": fields.Datetime.to_string(now),
            "viewed_on": fields.Datetime.to_string(self.viewed_on) or "",
            "picture": evidence.fingerprint(picture),
            "before": document._get_chain()[-1:].evidence_hash or evidence.NOTHING,
            **circumstances,
        }

    def _get_problems(self):
        """Return what does not match the evidence of this signature, as sentences."""
        self.ensure_one()
        # sudo: whether it matches is no secret; the evidence itself is not told.
        facts = self.sudo().evidence or {}
        picture = base64.b64decode(self.signature or b"")
        checks = [
            (evidence.seal(facts) == self.evidence_hash, self.env._("the evidence was changed")),
            (facts.get("picture") == evidence.fingerprint(picture), self.env._("the picture was changed")),
            (facts.get("content") == self.document_id.content_hash, self.env._("the text is not the one signed")),
            (facts.get("signed_as") == self.signed_name, self.env._("the name was changed")),
            (facts.get("signed_on") == fields.Datetime.to_string(self.signed_on), self.env._("the date was changed")),
        ]
        name = self.signed_name or self.name or ""
        return [
            self.env._("Signature of %(name)s: %(what)s.", name=name, what=what)
            for intact, what in checks
            if not intact
        ]

    def _get_evidence_labels(self):
        """Return the evidence of this signature as (label, value), for people."""
        facts = self.evidence or {}
        return [
            (self.env._("Name typed"), facts.get("signed_as")),
            (self.env._("Asked at"), facts.get("email")),
            (self.env._("Opened (UTC)"), facts.get("viewed_on")),
            (self.env._("Signed (UTC)"), facts.get("signed_on")),
            (self.env._("Address (IP)"), facts.get("ip")),
            (self.env._("Browser"), facts.get("user_agent")),
            (self.env._("Signed at"), facts.get("session")),
            (self.env._("Picture (SHA-256)"), facts.get("picture")),
            (self.env._("Signature before (SHA-256)"), facts.get("before")),
            (self.env._("This signature (SHA-256)"), self.evidence_hash),
        ]
