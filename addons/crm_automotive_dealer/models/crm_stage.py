from odoo import fields, models


class CrmStage(models.Model):
    _inherit = "crm.stage"

    stage_event = fields.Selection(
        selection_add=[("test_drive_done", "Test drive done"), ("vehicle_delivered", "Car delivered")],
        ondelete={"test_drive_done": "set null", "vehicle_delivered": "set null"},
    )
