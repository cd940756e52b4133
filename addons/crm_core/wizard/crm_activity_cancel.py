from odoo import api, fields, models


class CrmActivityCancel(models.TransientModel):
    """Cancel activities and keep the reason."""

    _name = "crm.activity.cancel"
    _description = "Cancel activities"

    activity_ids = fields.Many2many("mail.activity", required=True)
    reason = fields.Char(required=True)

    @api.model
    def _get_action(self, activity_ids):
        """Return the action that opens the dialog for some activities."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cancel"),
            "res_model": self._name,
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_activity_ids": activity_ids, "dialog_size": "medium"},
        }

    def action_confirm(self):
        """Cancel; where the loop is on, the next step follows or is proposed."""
        leads = self.activity_ids._get_leads()
        self.activity_ids._cancel(self.reason)
        return leads.exists()._get_next_step_action() or {"type": "ir.actions.act_window_close"}
