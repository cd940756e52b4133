from odoo import fields, models


class CrmActivityReport(models.Model):
    _inherit = "crm.activity.report"

    pipeline_id = fields.Many2one("crm.pipeline", readonly=True)

    def _select(self):
        return f"{super()._select()}, l.pipeline_id"
