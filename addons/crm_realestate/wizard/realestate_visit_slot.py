from odoo import fields, models


class RealestateVisitSlot(models.TransientModel):
    """One moment the finder found."""

    _name = "realestate.visit.slot"
    _description = "Free Time for a Visit"
    _order = "start, id"
    _rec_name = "start"

    finder_id = fields.Many2one("realestate.visit.finder", required=True, index=True, ondelete="cascade")
    start = fields.Datetime(required=True)

    def action_take(self):
        """Plan the visit then.

        :return: the action that opens the visit
        :raise ValidationError: somebody was faster
        """
        self.ensure_one()
        visit = self.finder_id._take(self.start)
        return {
            "type": "ir.actions.act_window",
            "res_model": "realestate.visit",
            "res_id": visit.id,
            "views": [(False, "form")],
        }
