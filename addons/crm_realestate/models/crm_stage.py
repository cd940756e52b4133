from odoo import fields, models


class CrmStage(models.Model):
    _inherit = "crm.stage"

    stage_event = fields.Selection(
        selection_add=[
            ("visit_done", "Visit done"),
            ("booked", "Booked"),
            ("contracted", "Contract signed"),
            ("valued", "Property valued"),
            ("mandated", "Mandate signed"),
        ],
        ondelete=dict.fromkeys(("visit_done", "booked", "contracted", "valued", "mandated"), "set null"),
    )
