from odoo import api, fields, models


class RealestateBookingCancel(models.TransientModel):
    """Ask why a booking is given up and what becomes of its deposit."""

    _name = "realestate.booking.cancel"
    _description = "Cancel a Booking"

    booking_ids = fields.Many2many(
        "realestate.booking", required=True, default=lambda self: self.env.context.get("active_ids")
    )
    reason = fields.Selection(lambda self: self.env["realestate.booking"]._selection_cancel_reason(), required=True)
    note = fields.Text("Anything to remember?")
    has_deposit = fields.Boolean(compute="_compute_has_deposit")
    deposit_outcome = fields.Selection(
        [
            ("returned", "Return it to the client"),
            ("kept", "Keep it"),
            ("doubled", "Return it twice: the owner withdrew from penitential arras"),
            ("none", "Nothing was paid"),
        ],
        "Deposit",
    )

    @api.depends("booking_ids")
    def _compute_has_deposit(self):
        for wizard in self:
            bookings = wizard.booking_ids._origin
            wizard.has_deposit = any(booking._is_deposit_accepted() for booking in bookings)

    def action_apply(self):
        """Cancel with the reason."""
        self.booking_ids.action_cancel(self.reason, self.note, self.deposit_outcome)
