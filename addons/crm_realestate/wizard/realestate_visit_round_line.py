from odoo import fields, models


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
        made, visits = self.round_id, self.env["realestate.visit"]
        values = visits._prepare_planned(
            self.property_id, made.user_id, made.partner_ids, made.lead_id, self.start, made.minutes
        )
        return {**values, "buffer_min": made.travel}
