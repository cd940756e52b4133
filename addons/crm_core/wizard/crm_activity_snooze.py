from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmActivitySnooze(models.TransientModel):
    """Put activities or opportunities off, with the reason."""

    _name = "crm.activity.snooze"
    _description = "Put off"

    activity_ids = fields.Many2many("mail.activity")
    lead_ids = fields.Many2many("crm.lead")
    delay = fields.Selection(
        [
            ("tomorrow", "Tomorrow"),
            ("week", "Next week"),
            ("month", "Next month"),
            ("date", "Another day"),
        ],
        default="tomorrow",
        required=True,
    )
    until = fields.Date(compute="_compute_until", store=True, readonly=False, required=True)
    reason = fields.Char(required=True)

    @api.depends("delay")
    def _compute_until(self):
        delays = {
            "tomorrow": timedelta(days=1),
            "week": timedelta(weeks=1),
            "month": relativedelta(months=1),
        }
        for wizard in self:
            today = fields.Date.context_today(wizard)
            wizard.until = today + delays[wizard.delay] if wizard.delay in delays else wizard.until or today

    @api.model
    def _get_action(self, activity_ids=(), lead_ids=()):
        """Return the action that opens the dialog for some activities or opportunities."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Put off"),
            "res_model": self._name,
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_activity_ids": list(activity_ids),
                "default_lead_ids": list(lead_ids),
                "dialog_size": "medium",
            },
        }

    def action_confirm(self):
        """Put off to the chosen day.

        :raise UserError: the day is not in the future
        """
        for wizard in self:
            if wizard.until <= fields.Date.context_today(wizard):
                raise UserError(self.env._("Put it off to a day after today, not to %(day)s.", day=wizard.until))
            wizard.activity_ids._snooze(wizard.until, wizard.reason)
            wizard.lead_ids._snooze(wizard.until, wizard.reason)
        return {"type": "ir.actions.act_window_close"}
