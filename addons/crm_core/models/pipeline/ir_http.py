from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Tell the web client whether some pipeline suggests next steps and keeps what is cancelled."""
        result = super().session_info()
        if self.env.user._is_internal():
            result["crm_next_step"] = self.env["crm.pipeline"]._is_loop_used(["suggest"])
            result["crm_kept_activities"] = self.env["mail.activity"]._get_kept_models()
        return result
