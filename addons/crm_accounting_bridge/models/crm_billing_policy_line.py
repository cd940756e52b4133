from odoo import fields, models

from .crm_billing_policy import DUE


class CrmBillingPolicyLine(models.Model):
    """One instalment before the last, as a share of the accepted total."""

    _name = "crm.billing.policy.line"
    _description = "Instalment of a billing policy"
    _inherit = ["crm.cached.mixin"]
    _order = "sequence, id"

    policy_id = fields.Many2one("crm.billing.policy", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="policy_id.company_id")
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [("deposit", "Deposit"), ("milestone", "Milestone"), ("instalment", "Instalment")],
        required=True,
        default="deposit",
    )
    name = fields.Char("What for", required=True, translate=True, default=lambda self: self.env._("Deposit"))
    percent = fields.Float("Share (%)", digits=(16, 4), required=True)
    due = fields.Selection(DUE, required=True, default="trigger")
    milestone_event = fields.Selection(
        selection=lambda self: self.env["crm.billing.policy"]._get_milestone_events(), string="What happens"
    )
    delay_days = fields.Integer("Days later")

    _percent_range = models.Constraint(
        "CHECK(percent > 0 AND percent < 100)", "An instalment is more than 0 and less than 100 percent."
    )
    _event_named = models.Constraint(
        "CHECK(due != 'milestone' OR milestone_event IS NOT NULL)", "Say what has to happen for this instalment."
    )
    _delay_positive = models.Constraint("CHECK(delay_days >= 0)", "An instalment cannot be due before the event.")

    def _prepare_share(self):
        """Return the values of the instalment of an order."""
        self.ensure_one()
        return {
            "kind": self.kind,
            "name": self.name,
            "percent": self.percent,
            "due": self.due,
            "milestone_event": self.milestone_event if self.due == "milestone" else False,
            "delay_days": self.delay_days,
        }
