from odoo import models
from odoo.fields import Domain
from odoo.tools import escape_psql


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _privacy_erase(self):
        """Erase what is kept about these persons beside the contact itself; what a request to be forgotten calls.

        A hook: an addon that keeps personal data empties it and adds to the result. The contact, its leads and its
        consents (the proof of what was allowed) are the request's own business.

        :return: {name of the model: how many records were emptied}, for the log of the request
        """
        # sudo: the officer of privacy needs no right on sales.
        intakes = self.env["crm.intake"].sudo().search(self._get_intake_domain())
        intakes = intakes.filtered(lambda intake: not intake._is_forgotten())
        intakes._forget()
        return {"crm.intake": len(intakes)}

    def _get_intake_domain(self):
        """Return the submissions of these persons: linked to them, or still waiting under their address."""
        addresses = set(self.mapped("email_normalized")) - {False}
        by_address = Domain.OR(Domain("email", "=ilike", escape_psql(address)) for address in addresses)
        return Domain("partner_id", "in", self.ids) | Domain("partner_id", "=", False) & by_address
