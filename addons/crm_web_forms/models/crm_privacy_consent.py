from odoo import fields, models


class CrmPrivacyConsent(models.Model):
    _inherit = "crm.privacy.consent"

    intake_id = fields.Many2one("crm.intake", "Submission", readonly=True, index="btree_not_null", ondelete="set null")
    form_version_id = fields.Many2one(
        "crm.web.form.version", readonly=True, ondelete="restrict", help="The form exactly as the person saw it."
    )
    page_url = fields.Char("Page", readonly=True)
    confirmed_on = fields.Datetime(readonly=True, help="When the person confirmed it by e-mail.")
