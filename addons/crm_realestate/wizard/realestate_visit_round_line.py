from datetime import timedelta

from odoo import fields, models
from odoo.fields import Command


class RealestateVisitRoundLine(models.TransientModel):
    """One property of the row, and when it is seen."""

    _name = "realestate.visit.round.line"
    _description = "Visit in a Row"
    _order = "sequence, id"

    round_id = fields.Many2one("realestate.visit.round", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer()
    property_id = fields.Many2one("realestate.property", required=True, ondelete="cascade")
    start = fields.Datetime("When", readonly=True)

    def _prepare_visit(self):
        """Return the values of the visit; a hook."""
        self.ensure_one()
        made = self.round_id
        return {
            "property_id": self.property_id.id,
            "user_id": made.user_id.id,
            "partner_ids": [Command.set(made.partner_ids.ids)],
            "lead_id": made.lead_id.id,
            "start": self.start,
            "stop": self.start + timedelta(minutes=made.minutes),
            "buffer_min": made.travel,
            "state": "planned",
        }
