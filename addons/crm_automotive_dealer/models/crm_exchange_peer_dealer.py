from odoo import fields, models


class CrmExchangePeer(models.Model):
    """Where the dealer at the other end of a link is."""

    _inherit = "crm.exchange.peer"

    dealer_ids = fields.One2many("automotive.dealer", "peer_id", "Dealer's data")

    def _get_zip(self):
        """Return the postcode of the dealer, as far as it is known; asked with sudo."""
        self.ensure_one()
        return self.dealer_ids[:1].zip or self.remote_company_id.zip or ""
