from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date


class RealestateBooking(models.Model):
    """Whose client it is: who brought a client to a promoter first earns the fee."""

    _inherit = "realestate.booking"

    registration_id = fields.Many2one("realestate.registration", compute="_compute_registration_id")
    registration_note = fields.Char(compute="_compute_registration_id", export_string_translation=False)

    @api.depends("property_id.development_id", "partner_ids")
    def _compute_registration_id(self):
        """Find, in one query for all, the clients whom another agency registered with the promoter."""
        others = self.env["realestate.registration"].search(
            Domain("development_id", "in", self.property_id.development_id.ids)
            & Domain("partner_id", "in", self.partner_ids.ids)
            & Domain("broker_id", "!=", False)
            & Domain("state", "=", "registered")
            & Domain("date_end", ">=", fields.Date.context_today(self))
        )
        for booking in self:
            development, clients = booking.property_id.development_id, booking.partner_ids._origin
            booking.registration_id = others.filtered(
                lambda one, development=development, clients=clients: (
                    one.development_id == development and one.partner_id in clients
                )
            )[:1]
            booking.registration_note = booking._get_registration_note()

    def _get_registration_note(self):
        """Return what to know about whose client it is; False if nobody else's."""
        registration = self.registration_id
        if not registration:
            return False
        return self.env._(
            "%(agency)s registered %(client)s with the promoter until %(until)s: share the fee with them.",
            agency=registration.broker_id.name,
            client=registration.partner_id.name,
            until=format_date(self.env, registration.date_end),
        )

    def _prepare_commissions(self):
        """The agency that registered the client has a share."""
        shares = super()._prepare_commissions()
        if not self.registration_id:
            return shares
        agency = {"role": "co_broker", "partner_id": self.registration_id.broker_id.id, "percent": 50.0}
        return [*({**share, "percent": share["percent"] / 2} for share in shares), agency]
