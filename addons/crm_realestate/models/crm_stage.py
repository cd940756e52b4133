from odoo import fields, models


class CrmStage(models.Model):
    _inherit = "crm.stage"

    stage_event = fields.Selection(
        selection_add=[("visit_done", "Visit done"), ("booked", "Booked"), ("contracted", "Contract signed")],
        ondelete={"visit_done": "set null", "booked": "set null", "contracted": "set null"},
    )
