import base64

from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from ..tools.adf_writer import MIME_TYPE


class AutomotiveAdfSend(models.TransientModel):
    """Give an opportunity to another dealer or program as ADF: by mail or as a file."""

    _name = "automotive.adf.send"
    _description = "Send as ADF"

    lead_id = fields.Many2one("crm.lead", required=True, ondelete="cascade")
    vendor = fields.Char("For whom", help="The dealer who gets the lead.")
    email_to = fields.Char("Their address for leads")
    preview = fields.Text("What leaves", compute="_compute_preview")
    document = fields.Binary("File", compute="_compute_document")

    @api.depends("lead_id", "vendor", "email_to")
    def _compute_preview(self):
        for wizard in self:
            wizard.preview = wizard._get_document().decode()

    @api.depends("preview")
    def _compute_document(self):
        for wizard in self:
            wizard.document = base64.b64encode(wizard._get_document())

    def _get_document(self):
        return self.lead_id._get_adf((self.vendor or "").strip() or "-", email_normalize(self.email_to or "") or None)

    def _check_vendor(self):
        if not (self.vendor or "").strip():
            raise UserError(self.env._("Write for whom it is: the name stands in the document and in the history."))

    def action_send(self):
        """Send it as a mail, in the text and as a file: programs read the one or the other."""
        self.ensure_one()
        self._check_vendor()
        if not email_normalize(self.email_to or ""):
            raise UserError(self.env._("“%(address)s” is no e-mail address.", address=self.email_to or ""))
        # As the system: whoever may read the lead may give it on, and the host lets only it attach XML as what it is.
        self.env["mail.mail"].with_user(SUPERUSER_ID).create(self._prepare_mail()).send()
        self.lead_id._log_adf(f"{self.vendor} ({self.email_to})")
        return {"type": "ir.actions.act_window_close"}

    def _prepare_mail(self):
        """Return the values of the mail."""
        document = self._get_document()
        attachment = {"name": "lead.xml", "raw": document, "mimetype": MIME_TYPE}
        return {
            "subject": self.env._("Lead: %(name)s", name=self.lead_id.name),
            "email_to": self.email_to,
            "email_from": self.env.user.email_formatted,
            "body_html": Markup("<pre>%s</pre>") % document.decode(),
            "attachment_ids": [fields.Command.create(attachment)],
        }

    def action_download(self):
        """Download it as a file."""
        self.ensure_one()
        self._check_vendor()
        self.lead_id._log_adf(self.vendor)
        url = f"/web/content/{self._name}/{self.id}/document/lead.xml?download=true"
        return {"type": "ir.actions.act_url", "url": url, "target": "download"}
