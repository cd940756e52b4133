from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    realestate_visit_buffer = fields.Integer(related="company_id.realestate_visit_buffer", readonly=False)
    realestate_hold_hours = fields.Integer(related="company_id.realestate_hold_hours", readonly=False)
    realestate_max_extensions = fields.Integer(related="company_id.realestate_max_extensions", readonly=False)
    realestate_reopen_percent = fields.Float(related="company_id.realestate_reopen_percent", readonly=False)
    realestate_deposit_percent = fields.Float(related="company_id.realestate_deposit_percent", readonly=False)
    realestate_mandate_required = fields.Boolean(related="company_id.realestate_mandate_required", readonly=False)
    realestate_fee_percent = fields.Float(related="company_id.realestate_fee_percent", readonly=False)
    realestate_visit_mails = fields.Boolean(related="company_id.realestate_visit_mails", readonly=False)
    realestate_public = fields.Boolean(related="company_id.realestate_public", readonly=False)
