from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_crm_choose_for_intake(self):
        """This candidate is the contact of the submission named in the context."""
        self.ensure_one()
        intake = self.env["crm.intake"].browse(self.env.context.get("crm_core_intake_id"))
        return intake.action_choose_partner(self.id)
