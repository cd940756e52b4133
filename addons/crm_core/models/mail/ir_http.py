from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Tell the web client to ask what became of mails, only where they are followed."""
        info = super().session_info()
        if self.env.user._is_internal() and self.env["crm.mail.trace"]._is_used():
            info["crm_mail_tracking"] = True
        return info
