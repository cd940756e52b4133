from odoo import fields, models


class CrmLostReason(models.Model):
    _inherit = "crm.lost.reason"

    customer_choice = fields.Boolean(
        "Customers can choose it", help="Offered on the page where a customer refuses a quote."
    )
