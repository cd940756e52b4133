from odoo import api, fields, models
from odoo.exceptions import UserError

from .realestate_booking import LIVE


class RealestateBookingLine(models.Model):
    """One property of a booking. A flat and its parking are two lines: neither can be booked again."""

    _name = "realestate.booking.line"
    _description = "Booked Property"
    _order = "booking_id, sequence, id"
    _rec_name = "property_id"
    _check_company_auto = True

    booking_id = fields.Many2one("realestate.booking", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    property_id = fields.Many2one(
        "realestate.property", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="booking_id.company_id", store=True)
    currency_id = fields.Many2one(related="property_id.currency_id")
    price = fields.Monetary(related="property_id.price")
    availability = fields.Selection(related="property_id.availability")

    # Copies of the booking's, for the constraint
    state = fields.Selection(related="booking_id.state", store=True)
    date_hold = fields.Datetime(related="booking_id.date_hold", store=True)
    date_expiry = fields.Datetime(related="booking_id.date_expiry", store=True)

    _once = models.UniqueIndex("(booking_id, property_id)", "The booking has this property already.")
    # int4range makes plain integers fit for GiST without the btree_gist extension.
    _no_double_booking = models.Constraint(
        "EXCLUDE USING gist (int4range(property_id, property_id, '[]') WITH =,"
        " tsrange(date_hold, date_expiry, '[)') WITH &&)"
        " WHERE (state IN ('held', 'confirmed', 'contracted', 'done'))",
        "A property of this booking is already booked at that time. Join the waiting list or choose another.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """A property that joins a live booking must be free."""
        for vals in vals_list:
            booking = self.env["realestate.booking"].browse(vals.get("booking_id"))
            booking._take_for_line(self.env["realestate.property"].browse(vals.get("property_id")))
        return super().create(vals_list)

    def write(self, vals):
        """A property that takes another's place in a live booking must be free."""
        if "property_id" in vals:
            for booking in self.booking_id:
                booking._take_for_line(self.env["realestate.property"].browse(vals["property_id"]))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_live(self):
        for line in self:
            if line.booking_id.state in LIVE:
                raise UserError(
                    self.env._(
                        "%(booking)s is live and keeps %(property)s. Cancel it and make another.",
                        booking=line.booking_id.display_name,
                        property=line.property_id.display_name,
                    )
                )
