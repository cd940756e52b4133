from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """A contact that was twice in the same role is there once."""
        super()._update_foreign_keys(src_partners, dst_partner)
        # sudo: opportunities of others keep their parties as well.
        self.env["crm.lead.party"].sudo().search([("partner_id", "=", dst_partner.id)])._unlink_repeated()
