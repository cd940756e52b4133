from odoo import api, fields, models
from odoo.exceptions import UserError


class RealestateCommission(models.Model):
    """Somebody's share of the fee of a deal. All shares of a deal make 100 % once they are approved."""

    _name = "realestate.commission"
    _description = "Share of a Fee"
    _order = "booking_id, percent desc, id"
    _rec_name = "role"

    booking_id = fields.Many2one("realestate.booking", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="booking_id.company_id", store=True)
    currency_id = fields.Many2one(related="booking_id.currency_id")
    role = fields.Selection(
        [
            ("listing", "Brought the property"),
            ("selling", "Found the client"),
            ("showing", "Showed it"),
            ("co_broker", "Other agency"),
            ("referral", "Recommended us"),
            ("agency", "The agency"),
        ],
        required=True,
        default="selling",
    )
    user_id = fields.Many2one("res.users", "Agent", index="btree_not_null", domain="[('share', '=', False)]")
    partner_id = fields.Many2one("res.partner", "Somebody outside", index="btree_not_null", ondelete="restrict")
    percent = fields.Float("Share (%)", digits=(5, 2), required=True)
    amount = fields.Monetary(compute="_compute_amount", store=True)

    _percent_range = models.Constraint(
        "CHECK (percent > 0 AND percent <= 100)", "A share is more than 0 and up to 100 %."
    )
    _one_taker = models.Constraint(
        "CHECK (user_id IS NULL OR partner_id IS NULL)", "A share goes to an agent or to somebody outside, not to both."
    )

    @api.depends("percent", "booking_id.fee_amount")
    def _compute_amount(self):
        for line in self:
            amount = line.booking_id.fee_amount * line.percent / 100
            line.amount = line.currency_id.round(amount) if line.currency_id else amount

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_open()
        return lines

    def write(self, vals):
        if vals.keys() & {"role", "user_id", "partner_id", "percent", "booking_id"}:
            self._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_approved(self):
        self._check_open()

    def _check_open(self):
        """Refuse to change what is approved.

        :raise UserError: names the booking
        """
        for booking in self.booking_id.filtered(lambda booking: booking.commission_state == "approved"):
            raise UserError(
                self.env._("The shares of %(booking)s are approved. Reopen them first.", booking=booking.display_name)
            )
