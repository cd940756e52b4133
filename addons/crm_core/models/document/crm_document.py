from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .crm_document_rendering import MARK

#: Only the transitions write these, whoever asks.
OWN_FIELDS = {"state", "reference", "version", "previous_id", "content_hash", "sent_on", "signed_on", "pdf", "pdf_hash"}
#: What was sent stays as it was.
FROZEN_FIELDS = {"name", "template_id", "res_model", "res_id", "company_id", "body", "lang_id", "paperformat_id"}


class CrmDocument(models.Model):
    """A contract, proposal or sheet made from a record: filled in, sent, signed, kept."""

    _name = "crm.document"
    _description = "Document"
    _inherit = ["mail.thread", "mail.activity.mixin", "crm.job.mixin", "crm.state.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _mail_post_access = "read"
    _transitions = {
        "draft": ("sent", "cancelled"),
        "sent": ("signed", "cancelled"),
        "signed": ("cancelled",),
        "cancelled": (),
    }

    name = fields.Char("Title", tracking=True)
    reference = fields.Char("Number", readonly=True, copy=False, index="trigram")
    state = fields.Selection(
        [("draft", "Draft"), ("sent", "Sent"), ("signed", "Signed"), ("cancelled", "Cancelled")],
        string="Status",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    template_id = fields.Many2one(
        "crm.document.template", required=True, index=True, ondelete="restrict", check_company=True
    )
    kind = fields.Selection(related="template_id.kind", store=True)
    res_model = fields.Char("Made from (model)", required=True, index=True)
    res_id = fields.Many2oneReference("Made from (id)", model_field="res_model", required=True, index=True)
    record_name = fields.Char("Made from", compute="_compute_record_name")
    company_id = fields.Many2one("res.company", required=True, readonly=True, default=lambda self: self.env.company)
    user_id = fields.Many2one(
        "res.users", "Responsible", default=lambda self: self.env.user, tracking=True, index="btree_not_null"
    )
    partner_id = fields.Many2one(
        "res.partner", "Contact", compute="_compute_partner_id", store=True, index="btree_not_null"
    )
    lang_id = fields.Many2one("res.lang", "Written in", context={"active_test": False})
    paperformat_id = fields.Many2one("report.paperformat", "Paper format")
    body = fields.Html("Text", sanitize_style=False, copy=True)
    body_edited = fields.Boolean("Text changed by hand", readonly=True, copy=False)
    missing = fields.Json(compute="_compute_missing", compute_sudo=False)
    missing_count = fields.Integer(compute="_compute_missing", compute_sudo=False)
    signer_ids = fields.One2many("crm.document.signer", "document_id", "Signers", copy=False)
    progress = fields.Char("Signatures", compute="_compute_progress")
    expires_on = fields.Date("May be signed until", tracking=True, copy=False)
    is_expired = fields.Boolean(compute="_compute_is_expired", search="_search_is_expired")
    reminder_days = fields.Integer("Remind after (days)", help="Who has not signed is asked again; 0: never.")
    sent_on = fields.Datetime(readonly=True, copy=False)
    signed_on = fields.Datetime(readonly=True, copy=False)
    cancel_reason = fields.Char(readonly=True, copy=False, tracking=True)
    version = fields.Integer(default=1, readonly=True, copy=False)
    previous_id = fields.Many2one("crm.document", "Version before", readonly=True, copy=False, index="btree_not_null")
    next_ids = fields.One2many("crm.document", "previous_id", "Later versions", copy=False)
    content_hash = fields.Char("Fingerprint of the text (SHA-256)", readonly=True, copy=False)
    pdf = fields.Binary("Signed document", attachment=True, readonly=True, copy=False)
    pdf_hash = fields.Char("Fingerprint of the PDF (SHA-256)", readonly=True, copy=False, index="btree_not_null")

    # ------------------------------------------------------------
    # Computed
    # ------------------------------------------------------------

    @api.depends("res_model", "res_id")
    def _compute_record_name(self):
        self.record_name = False
        for model, documents in self.grouped("res_model").items():
            if model in self.env:
                records = self.env[model].browse(documents.mapped("res_id")).exists()._filtered_access("read")
                names = {record.id: record.display_name for record in records}
                for document in documents:
                    document.record_name = names.get(document.res_id)

    @api.depends("signer_ids.partner_id", "company_id")
    def _compute_partner_id(self):
        """The other side: the first signer that is not the company itself."""
        for document in self:
            signers = document.signer_ids.partner_id
            document.partner_id = (signers - document.company_id.partner_id)[:1] or signers[:1]

    @api.depends("body", "body_edited", "state", "signer_ids.partner_id.email")
    def _compute_missing(self):
        for document in self:
            try:
                missing = document._get_missing() if document._origin and document.state == "draft" else []
            except UserError as error:
                # The document is shown to whoever may read it, not all of what it is made from.
                missing = [self._prepare_missing(str(error), document)]
            document.missing, document.missing_count = missing, len(missing)

    @api.depends("signer_ids.state")
    def _compute_progress(self):
        for document in self:
            signed = document.signer_ids.filtered(lambda signer: signer.state == "signed")
            document.progress = f"{len(signed)}/{len(document.signer_ids)}"

    @api.depends("expires_on", "state")
    def _compute_is_expired(self):
        today = fields.Date.context_today(self)
        for document in self:
            document.is_expired = document.state == "sent" and bool(document.expires_on) and document.expires_on < today

    def _search_is_expired(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = [("state", "=", "sent"), ("expires_on", "<", fields.Date.context_today(self))]
        return late if True in value else ["!", "&", *late]

    def _get_record(self):
        """Return the record the document was made from, empty when it is gone."""
        self.ensure_one()
        if self.res_model not in self.env or not self.res_id:
            return self.env["res.partner"]
        return self.env[self.res_model].browse(self.res_id).exists()

    # ------------------------------------------------------------
    # Completeness
    # ------------------------------------------------------------

    def _get_missing(self):
        """Return what keeps a draft from being sent: dicts of ``label``, ``res_model``, ``res_id``."""
        self.ensure_one()
        record = self._get_record()
        if not record:
            return [self._prepare_missing(self.env._("The record it was made from is gone"), self)]
        missing = self.signer_ids._get_missing()
        if not self.body_edited:
            return missing + self.template_id._render_for(record, self.user_id, self.reference)[1]
        if MARK in (self.body or ""):
            missing.append(self._prepare_missing(self.env._("The text still has yellow gaps: fill them in"), self))
        return missing

    @api.model
    def _prepare_missing(self, label, record):
        return {"label": label, "res_model": record._name, "res_id": record.id}

    def _check_complete(self):
        """Refuse to send what lacks something, and say what."""
        for document in self:
            if not document.signer_ids:
                raise UserError(self.env._("%(name)s: add who signs it.", name=document.name))
            missing = document._get_missing()
            if missing:
                raise UserError(
                    self.env._(
                        "%(name)s cannot be sent yet. Missing:\n%(missing)s",
                        name=document.name,
                        missing="\n".join(f"- {one['label']}" for one in missing),
                    )
                )

    # ------------------------------------------------------------
    # Made, changed, deleted
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Fill the text from the template; the number comes from a sequence."""
        documents = super().create([self._prepare_from_template(vals) for vals in vals_list])
        for document in documents:
            document._fill()
        return documents

    @api.model
    def _prepare_from_template(self, vals):
        """Return the values with what the template says; what only transitions write is left out."""
        template = self.env["crm.document.template"].browse(vals.get("template_id"))
        record = self._get_source(template, vals)
        company = record._get_document_company()
        defaults = self._prepare_defaults(template, record)
        # A new form sends what is still empty, too.
        own = {
            name: value for name, value in vals.items() if name not in OWN_FIELDS and (value or name not in defaults)
        }
        return {
            **defaults,
            **own,
            "company_id": company.id,
            "res_model": record._name,
            "res_id": record.id,
            "reference": self.env["ir.sequence"].with_company(company).next_by_code("crm.document"),
        }

    @api.model
    def _get_source(self, template, vals):
        """Return the record a new document is made from; the user must be allowed to read it."""
        if not template:
            raise UserError(self.env._("Choose the template of the document."))
        if vals.get("res_model") != template.model or not vals.get("res_id"):
            raise UserError(
                self.env._(
                    "“%(template)s” is for %(model)s: open one of them and make the document there.",
                    template=template.name,
                    model=template.sudo().model_id.name,
                )
            )
        record = self.env[template.model].browse(vals["res_id"]).exists()
        if not record:
            raise UserError(self.env._("The record of the document is gone. Choose another one."))
        record.check_access("read")
        return record

    @api.model
    def _prepare_defaults(self, template, record):
        today = fields.Date.context_today(self)
        return {
            "name": f"{template.name} - {record.display_name}",
            "lang_id": template.lang_id.id,
            "paperformat_id": template.paperformat_id.id,
            "expires_on": today + timedelta(days=template.validity_days) if template.validity_days else False,
            "reminder_days": template.reminder_days,
            "signer_ids": self._prepare_signers(template, record),
        }

    @api.model
    def _prepare_signers(self, template, record):
        """Return the commands for the signers: each contact of each role that signs."""
        parties = record._get_document_parties()
        return [
            fields.Command.create({"partner_id": partner.id, "role": line.role, "sequence": line.sequence})
            for line in template.signer_ids
            for partner in parties.get(line.role) or ()
        ]

    def _fill(self):
        """Fill the text from the template."""
        self.ensure_one()
        body = self.template_id._render_for(self._get_record(), self.user_id, self.reference)[0]
        self._seal({"body": body, "body_edited": False})

    def write(self, vals):
        """What was sent stays as it was, whoever writes; a text changed by hand is remembered."""
        self._check_writable(vals)
        if "body" in vals:
            vals = {**vals, "body_edited": True}
        return super().write(vals)

    def _check_writable(self, vals):
        own = OWN_FIELDS.intersection(vals)
        frozen = FROZEN_FIELDS.intersection(vals)
        for document in self:
            if own or (frozen and document.state != "draft"):
                raise UserError(
                    self.env._(
                        "%(name)s is %(state)s and stays as it is. Make a new version to change it.",
                        name=document.name,
                        state=dict(self._fields["state"]._description_selection(self.env))[document.state].lower(),
                    )
                )

    def _seal(self, vals):
        """Write what only the document itself may write; the table of states holds here as well."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        for document in self:
            if document.sent_on or document.state in ("sent", "signed"):
                raise UserError(
                    self.env._("%(name)s was sent and is kept. Cancel it instead.", name=document.display_name)
                )

    @api.depends("name", "reference")
    def _compute_display_name(self):
        for document in self:
            document.display_name = f"{document.reference or ''} {document.name or ''}".strip()

    def copy_data(self, default=None):
        """A copy is a new draft of the same record."""
        return [
            {**vals, "name": document.name} for document, vals in zip(self, super().copy_data(default), strict=True)
        ]

    # ------------------------------------------------------------
    # Transitions
    # ------------------------------------------------------------

    def action_refresh(self):
        """Fill the text of drafts again: what changed in the record or the template comes in."""
        for document in self.filtered(lambda document: document.state == "draft"):
            document._fill()

    def action_send(self):
        """Freeze the text and ask the first signers."""
        for document in self:
            document.check_access("write")
            if not document.body_edited:
                document.action_refresh()
            document._check_complete()
            document.signer_ids._settle()
            document._seal(
                {
                    "state": "sent",
                    "sent_on": fields.Datetime.now(),
                    "content_hash": document._get_content_hash(),
                }
            )
            document.previous_id.filtered(lambda before: before.state == "sent")._cancel(
                self.env._("Replaced by %(name)s", name=document.reference)
            )
            document._ask_next()

    def action_cancel(self):
        """Withdraw; what was signed stays in the archive with its signatures."""
        if any(document.state == "signed" for document in self) and not self.env.user.has_group(
            "sales_team.group_sale_manager"
        ):
            raise AccessError(self.env._("Only a sales manager can cancel a signed document."))
        self._cancel(self.env._("Withdrawn by %(user)s", user=self.env.user.name))

    def _cancel(self, reason):
        self._seal({"state": "cancelled", "cancel_reason": reason})

    def action_new_version(self):
        """Make a draft that replaces this document once it is sent."""
        self.ensure_one()
        self.check_access("write")
        version = self.create(
            {
                "template_id": self.template_id.id,
                "res_model": self.res_model,
                "res_id": self.res_id,
                "name": self.name,
                "user_id": self.user_id.id,
            }
        )
        version._seal({"version": self.version + 1, "previous_id": self.id})
        return version._open()

    def _send_complete(self):
        """Send what is complete; what is not gets a to-do that says what is missing."""
        for document in self:
            missing = document._get_missing()
            if document.signer_ids and not missing:
                document.action_send()
            else:
                document.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=self.env._("Complete and send it"),
                    note=", ".join(one["label"] for one in missing) or self.env._("Nobody signs it."),
                    user_id=document.user_id.id or self.env.uid,
                )

    # ------------------------------------------------------------
    # The record
    # ------------------------------------------------------------

    @api.model
    def _follow(self, records, kept):
        """Records were merged: their documents belong to the one that is kept.

        The link is not part of what was signed.
        """
        # sudo: who may merge may not see every document; nothing may be lost with the records that go.
        documents = self.sudo().search([("res_model", "=", kept._name), ("res_id", "in", records.ids)])
        documents._seal({"res_id": kept.id})

    @api.model
    def _open_for(self, record):
        """Return the action with the documents of a record; the form of a new one if there is none."""
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_core.crm_document_action")
        domain = [("res_model", "=", record._name), ("res_id", "=", record.id)]
        template = self.env["crm.document.template"]._get_for(record)[:1]
        context = {
            "default_res_model": record._name,
            "default_res_id": record.id,
            "default_template_id": template.id,
        }
        views = {} if self.search_count(domain, limit=1) else {"views": [(False, "form")], "target": "current"}
        return {**action, "domain": domain, "context": context, **views}

    def _open_list(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_core.crm_document_action")
        return {**action, "domain": [("id", "in", self.ids)]}

    def _open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "current",
        }

    def action_open_record(self):
        """Open the record the document was made from."""
        self.ensure_one()
        record = self._get_record()
        if not record:
            raise UserError(self.env._("The record it was made from is gone."))
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }
