from odoo import fields, models


class CrmIntakeDiscard(models.TransientModel):
    """Why submissions are given up: one click for many, kept with each."""

    _name = "crm.intake.discard"
    _description = "Discard Submissions"

    intake_ids = fields.Many2many("crm.intake", string="Submissions", required=True)
    discard_reason = fields.Selection(
        lambda self: self.env["crm.intake"]._fields["discard_reason"]._description_selection(self.env),
        "Because",
        required=True,
        default="spam",
    )
    discard_note = fields.Char("Remark")

    def action_discard(self):
        """Give up what is still open, and keep the reason."""
        self.intake_ids._discard(self.discard_reason, self.discard_note)
        return {"type": "ir.actions.act_window_close"}
