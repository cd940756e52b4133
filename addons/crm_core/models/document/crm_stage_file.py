from odoo import fields, models


class CrmStageFile(models.Model):
    """A file that is needed once an opportunity has reached a stage: an identity card, a payslip, a plan."""

    _name = "crm.stage.file"
    _description = "File needed at a stage"
    _order = "stage_id, sequence, id"

    stage_id = fields.Many2one("crm.stage", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    name = fields.Char("File", required=True, translate=True)
    role = fields.Selection(
        selection="_selection_role", string="From", default="buyer", help="Who has to bring it; empty: we do."
    )
    valid_months = fields.Integer("Valid for (months)", help="It expires so long after it was received; 0: never.")

    _valid_months_positive = models.Constraint("CHECK(valid_months >= 0)", "Months cannot be negative.")

    def _selection_role(self):
        """The roles of an opportunity's parties, those of the verticals with them."""
        return self.env["crm.lead.party"]._fields["role"]._description_selection(self.env)
