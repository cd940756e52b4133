from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    quote_followup_days = fields.Integer(
        "Follow up quotes after (days)", help="A call is planned when a sent quote is not answered; 0: never."
    )
    quote_expiry_days = fields.Integer(
        "Remind before quotes expire (days)", help="A call is planned so many days before; 0: never."
    )
