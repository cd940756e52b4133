from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Tell the web client whether some pipeline suggests next steps; otherwise it need not ask."""
        result = super().session_info()
        if self.env.user._is_internal():
            # sudo: that there is one, of whatever company, tells nothing.
            result["crm_next_step"] = bool(
                self.env["crm.pipeline"].sudo().search_count([("loop_policy", "=", "suggest")], limit=1)
            )
        return result
