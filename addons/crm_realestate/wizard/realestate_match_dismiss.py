from odoo import fields, models


class RealestateMatchDismiss(models.TransientModel):
    """Ask why a property is nothing for a client."""

    _name = "realestate.match.dismiss"
    _description = "Dismiss a Match"

    match_ids = fields.Many2many(
        "realestate.match", required=True, default=lambda self: self.env.context.get("active_ids")
    )
    reason = fields.Selection(lambda self: self.env["realestate.match"]._selection_dismiss_reason(), required=True)
    note = fields.Char("In their words")

    def action_apply(self):
        """Dismiss with the reason."""
        self.match_ids.action_dismiss(self.reason, self.note)
