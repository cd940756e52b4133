from odoo import api, fields, models


class CrmStage(models.Model):
    _inherit = "crm.stage"

    pipeline_id = fields.Many2one(
        "crm.pipeline", index="btree_not_null", ondelete="cascade", help="Empty: a stage of the host's own pipeline."
    )
    # Stages are reached by what happened, never by their name; verticals add their events.
    stage_event = fields.Selection(
        [
            ("quote_sent", "Quote sent"),
            ("quote_viewed", "Quote viewed by the customer"),
            ("quote_accepted", "Quote accepted"),
            ("quote_refused", "Quote refused"),
            ("quote_expired", "Quote expired"),
        ],
        string="Reached when",
        help="An opportunity moves here by itself when this happens; it never moves back.",
    )
    gate_mode = fields.Selection(
        [
            ("none", "Nothing"),
            ("warn", "Warn"),
            ("block", "Block"),
        ],
        string="If something is missing",
        default="none",
        help="Warn: it enters and says what is missing. Block: nobody can move it here before that is filled in.",
    )
    required_field_ids = fields.Many2many(
        "ir.model.fields",
        "crm_stage_required_field_rel",
        "stage_id",
        "field_id",
        string="Must be filled in",
        domain="[('model', '=', 'crm.lead'), ('store', '=', True), ('readonly', '=', False)]",
        help="What must be known about an opportunity from this stage on.",
    )

    @api.depends("pipeline_id.name")
    @api.depends_context("crm_core_name_pipeline")
    def _compute_display_name(self):
        """Where the columns of several pipelines stand beside each other, say whose they are."""
        super()._compute_display_name()
        if self.env.context.get("crm_core_name_pipeline"):
            # sudo: the pipeline of a stage is no secret.
            for stage in self.filtered(lambda stage: stage.sudo().pipeline_id):
                stage.display_name = f"{stage.sudo().pipeline_id.name}: {stage.name}"

    def _get_gates(self):
        """Return the gates on the way to this stage, its own included."""
        stages = self.pipeline_id.stage_ids if self.pipeline_id else self
        return stages.filtered(lambda stage: stage.gate_mode in ("warn", "block") and stage.sequence <= self.sequence)

    def _get_entered_gates(self, before):
        """Return the gates between a stage and this one; none on the way back, nor from another pipeline.

        :param before: the ``crm.stage`` the opportunity comes from; empty for a new one
        """
        gates = self._get_gates()
        if not gates or not before:
            return gates
        return gates.filtered(lambda gate: before.pipeline_id == self.pipeline_id and gate.sequence > before.sequence)
