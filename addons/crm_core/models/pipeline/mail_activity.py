from odoo import models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """A finished activity starts the next one where the pipeline's loop is on."""
        leads = self.env["crm.lead"].browse({a.res_id for a in self if a.res_model == "crm.lead" and a.res_id})
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        leads.exists()._ensure_next_step()
        return result
