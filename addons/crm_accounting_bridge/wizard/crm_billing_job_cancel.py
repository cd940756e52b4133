from odoo import fields, models


class CrmBillingJobCancel(models.TransientModel):
    """Ask why before billing jobs are given up."""

    _name = "crm.billing.job.cancel"
    _description = "Cancel billing jobs"

    job_ids = fields.Many2many("crm.billing.job", required=True)
    reason = fields.Char(required=True)

    def action_cancel(self):
        """Cancel the jobs with the reason; for accountants and approvers."""
        self.ensure_one()
        self.job_ids._check_approver()
        # sudo: after the check; people never write jobs themselves.
        self.job_ids.sudo()._cancel(self.reason)
        return {"type": "ir.actions.act_window_close"}
