from odoo import api, models

from .automotive_feedback import PURPOSE


class CrmPrivacyConsent(models.Model):
    _inherit = "crm.privacy.consent"

    @api.model_create_multi
    def create(self, vals_list):
        """A withdrawal reaches the maker, too."""
        consents = super().create(vals_list)
        taken_back = consents.filtered(
            lambda c: c.purpose_id.code == PURPOSE and c.decision != "granted" and c.partner_id
        )
        for consent in taken_back:
            # sudo: whoever records a withdrawal need not be a dealer.
            feedback = self.env["automotive.feedback"].sudo().with_company(consent.company_id)
            companies = [("company_id", "=", consent.company_id.id)] if consent.company_id else []
            feedback.search([("partner_id", "=", consent.partner_id.id), *companies])._exchange_withdraw()
        return consents
