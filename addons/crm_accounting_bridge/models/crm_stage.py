from odoo import fields, models


class CrmStage(models.Model):
    _inherit = "crm.stage"

    stage_event = fields.Selection(
        selection_add=[("invoice_paid", "Invoices paid")], ondelete={"invoice_paid": "set null"}
    )
