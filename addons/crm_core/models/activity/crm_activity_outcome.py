from datetime import timedelta

from odoo import fields, models


class CrmActivityOutcome(models.Model):
    """How an activity ended, and what that means for the next step.

    "No answer" asks for another call tomorrow, "Not interested" for nothing.
    """

    _name = "crm.activity.outcome"
    _description = "Outcome of an activity"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Leave empty to share the outcome among all companies.")
    activity_type_ids = fields.Many2many(
        "mail.activity.type", string="Activities", help="Offered for these activities; empty: for all."
    )
    reached = fields.Boolean(
        "Reached the person", default=True, help="Whether a call that ends like this counts as contact with the person."
    )
    next_step = fields.Selection(
        [
            ("pipeline", "As the pipeline says"),
            ("activity", "This activity"),
            ("none", "Nothing"),
        ],
        string="Then",
        default="pipeline",
        required=True,
        help="What happens next with an open opportunity when an activity ends like this.",
    )
    next_type_id = fields.Many2one("mail.activity.type", "Next activity", ondelete="restrict")
    next_summary = fields.Char("What", translate=True)
    next_days = fields.Integer("In days", default=1)

    _next_days_not_negative = models.Constraint("CHECK(next_days >= 0)", "The next step cannot be due before today.")

    def _prepare_next_step(self):
        """Return the values of the activity this outcome asks for; empty when it asks for none."""
        if self.next_step != "activity":
            return {}
        kind = self.next_type_id or self.env.ref("mail.mail_activity_data_todo")
        return {
            "activity_type_id": kind.id,
            "summary": self.next_summary or kind.summary or kind.name,
            "date_deadline": fields.Date.context_today(self) + timedelta(days=self.next_days),
        }
