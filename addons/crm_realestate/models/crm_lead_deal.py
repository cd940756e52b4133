from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain

from .crm_lead import AGENT

ALTERNATIVES = 3


class CrmLead(models.Model):
    """What an opportunity about a property brings: our fee, not the price of the property."""

    _inherit = "crm.lead"

    realestate_side = fields.Selection(
        [("client", "Buys or rents"), ("owner", "Sells or lets")],
        "Side",
        copy=False,
        groups=AGENT,
        help="Owner: the opportunity is to win the mandate.",
    )
    realestate_currency_id = fields.Many2one(
        related="property_id.currency_id", string="Currency of the property", groups=AGENT
    )
    realestate_price = fields.Monetary(
        "Price of the deal",
        currency_field="realestate_currency_id",
        copy=False,
        groups=AGENT,
        help="What the client pays for the property. The expected revenue is our fee.",
    )
    offer_ids = fields.One2many("realestate.offer", "lead_id", "Offers", groups=AGENT)

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._expect_fee()
        return leads

    def write(self, vals):
        result = super().write(vals)
        if vals.get("property_id"):
            self._expect_fee()
        return result

    def _expect_fee(self):
        """Expect our fee where nobody said what to expect."""
        # sudo: an intake or a salesperson without estate rights may set the property.
        for lead in self.sudo().filtered(lambda lead: lead.property_id and not lead.expected_revenue):
            operation = "rent" if lead.property_id.operation == "rent" else "sale"
            lead._expect_deal(operation, lead.property_id._get_price(operation))

    def _expect_deal(self, operation, price, fee=None):
        """Note the price of the deal and what it brings us.

        :param operation: ``sale`` or ``rent``
        :param price: in the property's currency
        :param fee: in the property's currency, by default the one of the mandate
        """
        self.ensure_one()
        prop = self.property_id
        fee = prop._get_fee(operation, price) if fee is None else fee
        company = self.company_id or prop.company_id
        self.realestate_price = price
        self.expected_revenue = prop.currency_id._convert(
            fee, company.currency_id, company, fields.Date.context_today(self)
        )

    def _merge_real_estate(self, opportunities):
        """Merged opportunities keep their offers."""
        super()._merge_real_estate(opportunities)
        # sudo: who may merge may not be an agent.
        opportunities.sudo().offer_ids.write({"lead_id": self.id})

    def action_open_offers(self):
        """Open the offers of the opportunity; the form of a new one if there is none."""
        action = self._open_real_estate("crm_realestate.realestate_offer_action", self.offer_ids)
        action["context"]["default_partner_id"] = self.partner_id.id
        return action

    # ------------------------------------------------------------
    # The property goes to another
    # ------------------------------------------------------------

    @api.model
    def _on_property_taken(self, properties, winners):
        """Have the agents of the others propose something else.

        :param properties: what was booked for good
        :param winners: the opportunities that got it
        """
        others = (
            Domain("property_id", "in", properties.ids)
            & Domain("won_status", "=", "pending")
            & Domain("realestate_side", "!=", "owner")
        )
        # sudo: other agents' opportunities as well.
        for lead in self.sudo().search(others & Domain("id", "not in", winners.ids)):
            lead.activity_schedule(
                "mail.mail_activity_data_call",
                summary=self.env._(
                    "%(property)s went to another client: propose something else", property=lead.property_id.ref
                ),
                note=lead._get_alternatives_note(),
                user_id=lead.user_id.id or self.env.uid,
            )

    def _get_alternatives_note(self):
        """Return the best matches of the client's demands as HTML, one a line; empty if nothing fits."""
        self.ensure_one()
        demands = self.demand_ids | self.partner_id.demand_ids
        matches = self.env["realestate.match"].search(
            Domain("demand_id", "in", demands.ids)
            & Domain("is_current", "=", True)
            & Domain("property_id", "!=", self.property_id.id)
            & Domain("state", "not in", ("dismissed", "visited")),
            limit=ALTERNATIVES,
        )
        return Markup("<br/>").join(f"{match.property_id.display_name} ({match.score})" for match in matches)
