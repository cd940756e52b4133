from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import consteq, hmac
from odoo.tools.mimetypes import guess_mimetype

ALLOWED = ("application/pdf", "image/", "text/plain", "application/vnd.oasis", "application/vnd.openxmlformats")
MOST_BYTES = 25 * 1024 * 1024


class CrmLeadFile(models.Model):
    """One file of the checklist of an opportunity: from whom, received when, valid until when."""

    _name = "crm.lead.file"
    _description = "File of an opportunity"
    _order = "lead_id, sequence, id"

    lead_id = fields.Many2one("crm.lead", "Opportunity", required=True, index=True, ondelete="cascade")
    stage_file_id = fields.Many2one("crm.stage.file", index="btree_not_null", ondelete="set null", readonly=True)
    sequence = fields.Integer(default=10)
    name = fields.Char("File", required=True)
    partner_id = fields.Many2one("res.partner", "From", index="btree_not_null", help="Empty: we bring it.")
    attachment_ids = fields.Many2many("ir.attachment", string="Received")
    received_on = fields.Date(compute="_compute_received_on", store=True, readonly=False)
    expires_on = fields.Date(compute="_compute_expires_on", store=True, readonly=False)
    asked_on = fields.Date(readonly=True, copy=False)
    state = fields.Selection(
        [("missing", "Missing"), ("received", "Received"), ("expired", "Expired")],
        compute="_compute_state",
        string="Status",
    )

    @api.depends("attachment_ids")
    def _compute_received_on(self):
        for file in self:
            received = file.received_on or fields.Date.context_today(file)
            file.received_on = received if file.attachment_ids else False

    @api.depends("received_on")
    def _compute_expires_on(self):
        for file in self:
            months = file.stage_file_id.valid_months
            dated = file.received_on and months
            file.expires_on = file.received_on + relativedelta(months=months) if dated else False

    @api.depends("received_on", "expires_on")
    def _compute_state(self):
        today = fields.Date.context_today(self)
        for file in self:
            if not file.received_on:
                file.state = "missing"
            else:
                file.state = "expired" if file.expires_on and file.expires_on < today else "received"

    # ------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------

    def action_ask(self):
        """Write to each person once, with the link to bring what is missing or expired."""
        wanted = self.filtered(lambda file: file.state != "received" and file.partner_id.email)
        if not wanted:
            raise UserError(self.env._("Nothing to ask for: choose files that are missing, from contacts with e-mail."))
        self.check_access("write")
        # sudo: the link is in it, which the sender need not know.
        mail = self.env.ref("crm_core.mail_template_lead_file").sudo()
        for files in wanted.grouped(lambda file: (file.lead_id, file.partner_id)).values():
            mail.send_mail(files[0].id, email_layout_xmlid="mail.mail_notification_light")
        wanted.asked_on = fields.Date.context_today(self)

    @api.private
    def get_upload_url(self):
        """Return the address at which the contact brings the files of this opportunity."""
        self.ensure_one()
        return f"{self.get_base_url()}{self._get_path()}"

    def _get_path(self):
        self.ensure_one()
        token = self._get_token(self.lead_id.id, self.partner_id.id)
        return f"/my/files/{self.lead_id.id}/{self.partner_id.id}/{token}"

    @api.model
    def _get_token(self, lead_id, partner_id):
        """Return the key of a contact to the checklist of an opportunity; nothing is stored for it."""
        return hmac(self.env(su=True), "crm_core-files", (lead_id, partner_id))

    @api.model
    def _find_by_token(self, lead_id, partner_id, token):
        """Return the files a link belongs to, as superuser; none when it is wrong."""
        if not consteq(self._get_token(lead_id, partner_id).encode(), (token or "").encode()):
            return self.sudo().browse()
        # sudo: the holder of the link has no account.
        return self.sudo().search([("lead_id", "=", lead_id), ("partner_id", "=", partner_id)])

    # ------------------------------------------------------------
    # Receiving
    # ------------------------------------------------------------

    def _receive(self, uploads, author=None):
        """Keep files somebody brings, by the link or by dropping them on the line.

        :param uploads: list of (name, bytes)
        :param author: the ``res.partner`` who brings them, by default the contact of the line
        :raise UserError: one is empty, too large or of a kind that is not wanted; none is kept then
        """
        self.ensure_one()
        for _name, content in uploads:
            # What the content is, not what the sender says.
            self._check_wanted(guess_mimetype(content), len(content))
        home = {"res_model": self._name, "res_id": self.id}
        attachments = self.env["ir.attachment"].create(
            [{**home, "name": name[:120], "raw": content} for name, content in uploads]
        )
        if attachments:
            self._add(attachments, author or self.partner_id)

    def _take(self, attachments):
        """Take files that came with a message, as copies: who deletes the message does not delete the paper.

        :raise UserError: one is empty, too large or of a kind that is not wanted; none is taken then
        """
        self.ensure_one()
        for attachment in attachments:
            self._check_wanted(attachment.mimetype or "", attachment.file_size)
        home = {"res_model": self._name, "res_id": self.id}
        taken = attachments.browse().concat(*(one.copy({**home, "name": one.name}) for one in attachments))
        if taken:
            self._add(taken, self.env.user.partner_id)

    @api.model
    def _check_wanted(self, mimetype, size):
        """Refuse what is empty, too large, or of a kind nobody asks for."""
        if not 0 < size <= MOST_BYTES or not mimetype.startswith(ALLOWED) or "svg" in mimetype:
            raise UserError(self.env._("Choose a PDF, a picture or an office document of up to 25 MB, please."))

    def _add(self, attachments, author):
        """Take files as what was needed, from today, and say so on the opportunity.

        :param author: the ``res.partner`` who brought them
        """
        self.attachment_ids |= attachments
        # A file that is brought again counts from today.
        self.received_on = fields.Date.context_today(self)
        names = ", ".join(attachments.mapped("name"))
        self.lead_id.message_post(
            body=self.env._("%(file)s received: %(name)s", file=self.name, name=names), author_id=author.id
        )

    def action_choose_from_messages(self):
        """Open the dialog with the files that came with the messages of the opportunity."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("%s: from the messages", self.name),
            "res_model": "crm.lead.file.choose",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_file_id": self.id},
        }
