from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class AutomotiveOemCaseGroup(models.TransientModel):
    """Put cases that are alike under one known issue, so that one answer serves them all."""

    _name = "automotive.oem.case.group"
    _description = "Group Cases"

    case_ids = fields.Many2many(
        "automotive.oem.case",
        string="Cases",
        default=lambda self: [Command.set(self.env.context.get("active_ids", []))],
    )
    issue_id = fields.Many2one(
        "automotive.known.issue", "Known issue", domain=[("origin_peer_id", "=", False)], help="Empty: a new one."
    )
    name = fields.Char("Name of the new one", compute="_compute_name", store=True, readonly=False)

    @api.model
    def _default_cases(self):
        """Return the cases that were chosen in the list."""
        return [Command.set(self.env.context.get("active_ids", []))]

    @api.depends("case_ids")
    def _compute_name(self):
        for wizard in self:
            first = wizard.case_ids[:1]
            wizard.name = wizard.name or ": ".join(filter(None, [first.model, first.topic]))

    def action_group(self):
        """Group them, and open the issue to write the answer."""
        self.ensure_one()
        if len(self.case_ids.company_id) > 1 or not self.case_ids:
            raise UserError(self.env._("Choose cases of one company."))
        issue = self.issue_id or self.issue_id.create(self._prepare_issue())
        self.case_ids.issue_id = issue
        return issue.get_formview_action()

    def _prepare_issue(self):
        """Return the values of a new issue: what all of the cases have in common."""
        if not self.name:
            raise UserError(self.env._("Give the new issue a name."))
        common = {name: set(self.case_ids.mapped(name)) for name in ("model", "topic")}
        shared = {name: values.pop() for name, values in common.items() if len(values) == 1}
        return {"name": self.name, "company_id": self.case_ids.company_id.id, **shared}
