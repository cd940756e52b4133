from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmPipelineSwitch(models.TransientModel):
    """Move opportunities to another pipeline, stage by stage."""

    _name = "crm.pipeline.switch"
    _description = "Move to another pipeline"

    lead_ids = fields.Many2many("crm.lead", required=True)
    pipeline_id = fields.Many2one("crm.pipeline", "Move to", help="Empty: the standard pipeline.")
    line_ids = fields.One2many(
        "crm.pipeline.switch.line", "switch_id", compute="_compute_line_ids", store=True, readonly=False
    )

    @api.depends("pipeline_id", "lead_ids")
    def _compute_line_ids(self):
        """Propose a stage there for each stage the opportunities are in."""
        for switch in self:
            stages = switch.lead_ids.stage_id.sorted("sequence")
            counts = {stage: len(leads) for stage, leads in switch.lead_ids.grouped("stage_id").items()}
            switch.line_ids = [
                fields.Command.clear(),
                *(
                    fields.Command.create(
                        {
                            "stage_id": stage.id,
                            "lead_count": counts[stage],
                            "target_stage_id": switch._match_stage(stage).id,
                        }
                    )
                    for stage in stages
                ),
            ]

    def _match_stage(self, stage):
        """Return the proposed stage; in the standard pipeline won for won, else the first."""
        if self.pipeline_id:
            return self.pipeline_id._match_stage(stage)
        domain = [("pipeline_id", "=", False), ("is_won", "=", stage.is_won), ("fold", "=", stage.is_won)]
        stages = self.env["crm.stage"]
        return stages.search(domain, limit=1) or stages.search(domain[:2], limit=1)

    def action_confirm(self):
        """Move them.

        :raise UserError: a stage has no counterpart yet
        """
        self.ensure_one()
        incomplete = self.line_ids.filtered(lambda line: not line.target_stage_id)
        if incomplete:
            raise UserError(
                self.env._("Choose where the opportunities in “%(stage)s” go.", stage=incomplete[0].stage_id.name)
            )
        targets = {line.stage_id: line.target_stage_id for line in self.line_ids}
        for stage, leads in self.lead_ids.grouped("stage_id").items():
            leads.write({"pipeline_id": self.pipeline_id.id, "stage_id": targets[stage].id})
        self.lead_ids._trigger_loop()
        return {"type": "ir.actions.act_window_close"}
