from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    quote_followup_days = fields.Integer(related="company_id.quote_followup_days", readonly=False)
    quote_expiry_days = fields.Integer(related="company_id.quote_expiry_days", readonly=False)
    mail_tracking = fields.Boolean(related="company_id.mail_tracking", readonly=False)
