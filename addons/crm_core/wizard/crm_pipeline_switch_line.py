from odoo import fields, models


class CrmPipelineSwitchLine(models.TransientModel):
    """Where the opportunities of one stage go."""

    _name = "crm.pipeline.switch.line"
    _description = "Stage of a move to another pipeline"

    switch_id = fields.Many2one("crm.pipeline.switch", required=True, index=True, ondelete="cascade")
    pipeline_id = fields.Many2one(related="switch_id.pipeline_id")
    stage_id = fields.Many2one("crm.stage", "From", required=True, ondelete="cascade")
    lead_count = fields.Integer("Opportunities")
    target_stage_id = fields.Many2one(
        "crm.stage", "To", domain="[('pipeline_id', '=', pipeline_id)]", ondelete="cascade"
    )
