from odoo import models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """Whoever was called today need not be called again: their relationship does not wait for the night."""
        calls = self.filtered(
            lambda a: a.res_model in ("res.partner", "crm.lead") and a.activity_type_id.category == "phonecall"
        )
        partners = calls._get_called_partners()
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        if partners:
            partners._recompute_relationships()
        return result

    def _get_called_partners(self):
        ids = {model: activities.mapped("res_id") for model, activities in self.grouped("res_model").items()}
        leads = self.env["crm.lead"].browse(ids.get("crm.lead", ()))
        return self.env["res.partner"].browse(ids.get("res.partner", ())) | leads.partner_id
