from odoo import models
from odoo.fields import Command


class RealestateBooking(models.Model):
    """Who books a building books what lies in it: one line for each, so that the database sees every clash."""

    _inherit = "realestate.booking"

    def _get_priced_properties(self):
        """Return what is priced here: the price of a building is not the sum of its units."""
        properties = self.property_id._origin | self.line_ids.property_id._origin
        return properties.filtered(lambda prop: prop.parent_id not in properties)

    def _ensure_main_line(self, before=None):
        """Bring the parts along with the whole."""
        super()._ensure_main_line(before)
        for booking in self:
            booking._ensure_parts()

    def _ensure_parts(self):
        """Add the lines of everything that lies in what is booked."""
        missing = self.line_ids.property_id._get_parts() - self.line_ids.property_id
        if missing:
            self.line_ids = [Command.create({"property_id": prop.id, "sequence": 20}) for prop in missing]
