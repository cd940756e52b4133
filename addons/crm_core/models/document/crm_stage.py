from odoo import fields, models


class CrmStage(models.Model):
    _inherit = "crm.stage"

    stage_file_ids = fields.One2many("crm.stage.file", "stage_id", "Files needed", copy=True)

    stage_event = fields.Selection(
        selection_add=[("document_signed", "Document signed")], ondelete={"document_signed": "set null"}
    )
