from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_reference_fields(self, src_partners, dst_partner):
        """Let undoing a hand-over find the contact that stays."""
        super()._update_reference_fields(src_partners, dst_partner)
        # sudo: the log belongs to nobody who merges contacts.
        lines = self.env["crm.handover.line"].sudo()
        lines.search([("scope", "=", "contact"), ("row_id", "in", src_partners.ids)]).write({"row_id": dst_partner.id})
