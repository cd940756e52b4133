from odoo import fields, models


class RealestateBookingCancel(models.TransientModel):
    """Ask why a booking is given up."""

    _name = "realestate.booking.cancel"
    _description = "Cancel a Booking"

    booking_ids = fields.Many2many(
        "realestate.booking", required=True, default=lambda self: self.env.context.get("active_ids")
    )
    reason = fields.Selection(lambda self: self.env["realestate.booking"]._selection_cancel_reason(), required=True)
    note = fields.Text("Anything to remember?")

    def action_apply(self):
        """Cancel with the reason."""
        self.booking_ids.action_cancel(self.reason, self.note)
