from odoo import api, fields, models
from odoo.fields import Domain


class CrmPipeline(models.Model):
    """A process with stages of its own: selling, letting, after-sales...

    An opportunity without a pipeline behaves as the host's.
    """

    _name = "crm.pipeline"
    _description = "Pipeline"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="Stable name that forms and imports use, for example: property_sale.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer(export_string_translation=False)
    company_id = fields.Many2one("res.company", help="Leave empty to share the pipeline among all companies.")
    team_ids = fields.Many2many("crm.team", string="Sales Teams", help="Who works with it; empty: everybody.")
    stage_ids = fields.One2many(
        "crm.stage", "pipeline_id", "Stages", default=lambda self: self._default_stage_ids(), copy=True
    )
    loop_policy = fields.Selection(
        [
            ("off", "Off"),
            ("suggest", "Suggest the next step"),
            ("auto", "Create the next step"),
        ],
        string="Next step",
        default="off",
        required=True,
        help="What happens when an open opportunity has nothing planned any more.",
    )
    next_step_type_id = fields.Many2one(
        "mail.activity.type",
        "Next activity",
        domain="[('res_model', 'in', (False, 'crm.lead'))]",
        help="The activity that is created when nothing else is planned; by default a to-do.",
    )
    next_step_days = fields.Integer("Due in (days)", default=2)
    activity_plan_id = fields.Many2one(
        "mail.activity.plan",
        domain="[('res_model', '=', 'crm.lead')]",
        check_company=True,
        ondelete="restrict",
        help="Its activities are the next steps, one after the other.",
    )
    company_currency = fields.Many2one("res.currency", compute="_compute_company_currency")
    opportunity_count = fields.Integer("Open opportunities", compute="_compute_opportunities")
    expected_revenue = fields.Monetary(compute="_compute_opportunities", currency_field="company_currency")
    idle_count = fields.Integer("Without next step", compute="_compute_opportunities")

    _next_step_days_not_negative = models.Constraint(
        "CHECK(next_step_days >= 0)", "The next step cannot be due before today."
    )
    _code_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0)) WHERE code IS NOT NULL", "Another pipeline has the same code."
    )

    def _default_stage_ids(self):
        """A process is usable at once: it begins and it can be won."""
        return [
            fields.Command.create({"name": self.env._("New"), "sequence": 100}),
            fields.Command.create({"name": self.env._("Won"), "sequence": 190, "is_won": True}),
        ]

    def _compute_company_currency(self):
        self.company_currency = self.env.company.currency_id

    def _compute_opportunities(self):
        """Count what is open, in two queries for all pipelines."""
        leads = self.env["crm.lead"]
        domain = Domain([("pipeline_id", "in", self.ids), ("type", "=", "opportunity"), ("won_status", "=", "pending")])
        totals = leads._read_group(domain, ["pipeline_id"], ["__count", "expected_revenue:sum"])
        missing = domain & leads._get_next_step_missing_domain()
        idle = dict(leads._read_group(missing, ["pipeline_id"], ["__count"]))
        found = {pipeline: (count, revenue) for pipeline, count, revenue in totals}
        for pipeline in self:
            pipeline.opportunity_count, pipeline.expected_revenue = found.get(pipeline, (0, 0))
            pipeline.idle_count = idle.get(pipeline, 0)

    @api.model
    def _is_loop_used(self, policies=("suggest", "auto")):
        """Tell whether some pipeline, of whatever company, has one of these policies."""
        # sudo: that there is one tells nothing.
        return bool(self.sudo().search_count([("loop_policy", "in", policies)], limit=1))

    def _match_stage(self, stage):
        """Return the stage here that corresponds best to one of another pipeline.

        The one reached by the same event, else won for won, else the one of the same name, else the one as far
        from the beginning. None for the standard pipeline (``self`` empty): the host finds its own.

        :param stage: the ``crm.stage`` an opportunity comes from
        """
        # sudo: stages of pipelines of other companies are read to be left.
        stage, stages = stage.sudo(), self.sudo().stage_ids.sorted("sequence")
        if not stages or not stage:
            return stages[:1].sudo(False)
        same_event = stages.filtered(lambda one: stage.stage_event and one.stage_event == stage.stage_event)
        won = stages.filtered(lambda one: stage.is_won and one.is_won)
        still_open = stages.filtered(lambda one: not one.is_won)
        same_name = still_open.filtered(lambda one: one.name.casefold() == stage.name.casefold())
        siblings = stage.pipeline_id.stage_ids.sorted("sequence").filtered(lambda one: not one.is_won)
        position = list(siblings).index(stage) if stage in siblings else 0
        as_far = still_open[min(position, len(still_open) - 1)] if still_open else stages[:1]
        return (same_event[:1] or won[:1] or same_name[:1] or as_far).sudo(False)

    def action_open_opportunities(self):
        """Open the kanban of this pipeline."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_core.crm_lead_action_pipeline")
        action["display_name"] = self.name
        action["domain"] = [("type", "=", "opportunity"), ("pipeline_id", "=", self.id)]
        action["context"] = {"default_type": "opportunity", "default_pipeline_id": self.id}
        return action
