from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.sql import column_exists, create_column


class CrmLead(models.Model):
    _inherit = "crm.lead"

    pipeline_id = fields.Many2one(
        "crm.pipeline",
        compute="_compute_pipeline_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        check_company=True,
        domain="['|', ('team_ids', '=', False), ('team_ids', 'in', team_id)]",
        help="The process this opportunity follows; empty: the standard one.",
    )
    stage_id = fields.Many2one(
        domain="['|', ('team_ids', '=', False), ('team_ids', 'in', team_id), ('pipeline_id', '=', pipeline_id)]"
    )

    def _auto_init(self):
        """Make the column first: no opportunity there is already gets a pipeline by the installation."""
        if not column_exists(self.env.cr, self._table, "pipeline_id"):
            create_column(self.env.cr, self._table, "pipeline_id", "int4")
        return super()._auto_init()

    @api.depends("team_id")
    def _compute_pipeline_id(self):
        """Propose the pipeline of the team; what was chosen stays."""
        for lead in self:
            # sudo: the pipeline of a team is no secret.
            lead.pipeline_id = lead.pipeline_id or lead.team_id.sudo().pipeline_id.sudo(False)

    @api.depends("pipeline_id")
    def _compute_stage_id(self):
        super()._compute_stage_id()
        for lead in self:
            if lead.stage_id.pipeline_id != lead.pipeline_id:
                same = lead.pipeline_id._match_stage(lead.stage_id)
                lead.stage_id = same or lead._stage_find(domain=[("fold", "=", False)])

    @api.model_create_multi
    def create(self, vals_list):
        """A card made in a column of a pipeline belongs to that pipeline."""
        leads = super().create(vals_list)
        leads._align_pipeline()
        return leads

    def write(self, vals):
        """As in :meth:`create`, for a card that is dragged there."""
        result = super().write(vals)
        if vals.get("stage_id"):
            self._align_pipeline()
        return result

    def _align_pipeline(self):
        """Let the pipeline follow the stage; both are in the cache already, and stages are few."""
        if not self.pipeline_id and not self.stage_id.sudo().pipeline_id:
            return  # the host's own stages
        for stage, leads in self.grouped("stage_id").items():
            # sudo: the pipeline of a stage is no secret.
            own = stage.sudo().pipeline_id.sudo(False)
            for pipeline, some in leads.grouped("pipeline_id").items():
                if stage and pipeline != own:
                    some.pipeline_id = own

    def _stage_find(self, team_id=False, domain=None, order="sequence, id", limit=1):
        """Look among the stages of the leads' pipeline; without one, among the host's."""
        own = Domain("pipeline_id", "in", self.pipeline_id.ids or [False])
        return super()._stage_find(team_id, list(Domain(domain or []) & own), order, limit)

    @api.model
    def _read_group_stage_ids(self, stages, domain):
        """Show the columns of the pipelines a list is about; those of several say whose they are."""
        pipelines = self._get_shown_pipelines(domain) or self._get_only_pipelines(stages)
        if pipelines:
            shown = Domain("id", "in", stages.ids) | Domain("pipeline_id", "in", pipelines.ids)
            columns = stages.browse(stages.sudo()._search(shown, order=f"pipeline_id, {stages._order}"))
        else:
            host = super()._read_group_stage_ids(stages, domain)
            columns = host.filtered(lambda stage: not stage.sudo().pipeline_id or stage in stages)
        # sudo: the pipeline of a stage is no secret.
        several = len(columns.sudo().grouped("pipeline_id")) > 1
        return columns.with_context(crm_core_name_pipeline=True) if several else columns

    @api.model
    def _get_shown_pipelines(self, domain):
        """Return the pipelines that a list of opportunities is about: its action's, and those searched for."""
        pipelines = self.env["crm.pipeline"].browse(self.env.context.get("default_pipeline_id") or [])
        for condition in Domain(domain).optimize(self).iter_conditions():
            if condition.field_expr == "pipeline_id" and condition.operator in ("in", "any"):
                wanted = condition.value if condition.operator == "any" else Domain("id", "in", condition.value)
                pipelines |= pipelines.search(wanted)
        return pipelines

    @api.model
    def _get_only_pipelines(self, stages):
        """Return the pipelines of stages when nothing is in the standard one: its columns would be empty.

        :param stages: those of the opportunities that were found
        """
        # sudo: the pipeline of a stage is no secret.
        stages = stages.sudo()
        return stages.pipeline_id if all(stage.pipeline_id for stage in stages) else stages.pipeline_id.browse()

    def action_set_won(self):
        """Win each opportunity in its own pipeline: stages of several must not mix."""
        for leads in self.grouped("pipeline_id").values():
            super(CrmLead, leads).action_set_won()
        return True

    # ------------------------------------------------------------
    # Events
    # ------------------------------------------------------------

    def _on_stage_event(self, event):
        """Move open opportunities to the stage of their pipeline that waits for this event.

        Only forward; an opportunity without a pipeline, closed or already further stays.

        :param event: a value of ``crm.stage.stage_event``
        :return: the leads that moved
        """
        moved = self.browse()
        for pipeline, leads in self.filtered("pipeline_id").grouped("pipeline_id").items():
            target = pipeline.sudo().stage_ids.filtered(lambda stage: stage.stage_event == event)[:1]
            if not target:
                continue
            behind = leads.filtered(
                lambda lead, target=target: (
                    lead.won_status == "pending" and lead.active and lead.stage_id.sequence < target.sequence
                )
            )
            behind.write({"stage_id": target.id})
            moved |= behind
        self._ensure_next_step()
        return moved
