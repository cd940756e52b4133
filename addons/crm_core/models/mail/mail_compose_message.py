from odoo import models


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    def _action_send_mail(self, auto_commit=False):
        """Tell the mails which template they are written from."""
        templates = self.mapped("template_id")
        if len(templates) == 1:
            self = self.with_context(crm_mail_template_id=templates.id)
        return super()._action_send_mail(auto_commit=auto_commit)
