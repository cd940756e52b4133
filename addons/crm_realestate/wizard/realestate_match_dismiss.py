from odoo import fields, models


class RealestateMatchDismiss(models.TransientModel):
    """Ask why a property is nothing for a client."""

    _name = "realestate.match.dismiss"
    _description = "Dismiss a Match"

    reason = fields.Selection(lambda self: self.env["realestate.match"]._selection_dismiss_reason(), required=True)
    note = fields.Char("In their words")

    def action_apply(self):
        """Dismiss what it was opened for, with the reason."""
        # No list of its own: each of the hundred thousands of matches that go would be looked up there.
        matches = self.env["realestate.match"].browse(self.env.context.get("active_ids", ()))
        matches.action_dismiss(self.reason, self.note)
