from odoo import fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    party_ids = fields.One2many(
        "crm.lead.party", "lead_id", "Parties", groups="sales_team.group_sale_salesman", copy=True
    )

    def _get_parties(self, role):
        """Return the contacts that have a role in this opportunity, in order.

        Where nobody was named, the customer of the opportunity is the buyer.

        :param role: a value of ``crm.lead.party.role``
        :return: ``res.partner``, maybe none
        """
        self.ensure_one()
        partners = self.party_ids.filtered(lambda party: party.role == role).partner_id
        return partners or (self.partner_id if role == "buyer" else partners)

    def _merge_dependences(self, opportunities):
        """Merged opportunities bring their parties."""
        super()._merge_dependences(opportunities)
        # sudo: who may merge may not see every opportunity; nothing may be lost with those that go.
        parties = self.env["crm.lead.party"].sudo().search([("lead_id", "in", (self | opportunities).ids)])
        known = {party._key() for party in parties if party.lead_id == self}
        for party in parties.filtered(lambda party: party.lead_id != self):
            if party._key() not in known:
                known.add(party._key())
                party.lead_id = self
