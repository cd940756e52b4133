from odoo import fields, models


class CrmWebFormResultMixin(models.AbstractModel):
    """What so many points mean for the lead that is made of the answers."""

    _name = "crm.web.form.result.mixin"
    _description = "Result of Points"
    _order = "points_from desc, id"

    name = fields.Char("Result", required=True, translate=True, help="For colleagues, for example: very interested.")
    points_from = fields.Float("From points", required=True)
    priority = fields.Selection(
        [("0", "Low"), ("1", "Medium"), ("2", "High"), ("3", "Very high")], help="Of the lead that is made."
    )
    tag_ids = fields.Many2many("crm.tag", string="Tags")
    next_step = fields.Char(translate=True, help="What the salesperson does first. Empty: answer the enquiry.")

    def _choose(self, points):
        """Return the one of these that so many points reach, or none."""
        return self.filtered(lambda result: result.points_from <= points).sorted("points_from")[-1:]
