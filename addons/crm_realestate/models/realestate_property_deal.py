from odoo import fields, models


class RealestateProperty(models.Model):
    """What is offered for a property and what a deal about it brings us."""

    _inherit = "realestate.property"

    offer_ids = fields.One2many("realestate.offer", "property_id", "Offers", copy=False)
    offer_count = fields.Integer(compute="_compute_offer_count")

    def _compute_offer_count(self):
        groups = self.env["realestate.offer"]._read_group(
            [("property_id", "in", self.ids)], ["property_id"], ["__count"]
        )
        counts = {prop.id: count for prop, count in groups}
        for prop in self:
            prop.offer_count = counts.get(prop.id, 0)

    def _get_price(self, operation):
        """Return the price for an operation, in the property's currency; of a rent, one month."""
        return sum(self.mapped("price_rent" if operation == "rent" else "price_sale"))

    def _get_fee(self, operation, price):
        """Return our fee for a deal: by the mandate in force, else the company's usual one.

        Without a mandate a rent brings one month, a sale the company's percentage.

        :param operation: ``sale`` or ``rent``
        :param price: of the deal, in the property's currency
        """
        if not self:
            return 0.0
        self.ensure_one()
        mandate = self._get_current_mandates().filtered(lambda one: one.operation == operation)[:1]
        if mandate:
            return mandate._get_fee(price)
        amount = price if operation == "rent" else price * self.company_id.realestate_fee_percent / 100
        return self.currency_id.round(amount)

    def _get_owners(self):
        """Return the owners, the first one first, for contracts and quotes."""
        self.ensure_one()
        # sudo: who makes the contract may not be the agent of the property; only names go on paper.
        return self.sudo().party_ids.filtered(lambda party: party.role == "owner").partner_id.sudo(False)

    def action_open_offers(self):
        """Open the offers; the form of a new one if there is none."""
        action = self._open_related("crm_realestate.realestate_offer_action", [("property_id", "=", self.id)])
        if not self.offer_count:
            action.update(view_mode="form", views=[(False, "form")])
        return action
