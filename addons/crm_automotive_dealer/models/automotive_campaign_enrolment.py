from odoo import api, fields, models

from ..exceptions import ExchangeRejected
from .automotive_campaign import FIGURES

MOST = 10**7


class AutomotiveCampaignEnrolment(models.Model):
    """What one dealer decided about a maker's campaign, and how it goes there: figures only."""

    _name = "automotive.campaign.enrolment"
    _description = "Campaign at a Dealer"
    _order = "campaign_id desc, id"
    _rec_name = "peer_id"

    campaign_id = fields.Many2one("automotive.campaign", required=True, index=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="campaign_id.company_id", store=True, index=True)
    peer_id = fields.Many2one("crm.exchange.peer", "Dealer", required=True, index=True, readonly=True)
    decision = fields.Selection(
        [("proposed", "Not decided"), ("accepted", "Takes part"), ("declined", "Does not")],
        default="proposed",
        required=True,
        readonly=True,
    )
    selected = fields.Integer("Chosen", readonly=True)
    contacted = fields.Integer(readonly=True)
    responded = fields.Integer("Answered", readonly=True)
    sold = fields.Integer(readonly=True)
    opted_out = fields.Integer("Said no", readonly=True)
    reported_at = fields.Datetime("Reported on", readonly=True)

    _dealer_unique = models.UniqueIndex("(campaign_id, peer_id)")

    @api.model
    def _exchange_receive_report(self, content, entry):
        """Take a dealer's decision and figures in; they are cumulative, the last ones hold."""
        campaign = self.env["automotive.campaign"].search(
            [
                ("uuid", "=", content["subject"]),
                ("origin_peer_id", "=", False),
                ("company_id", "=", entry.company_id.id),
            ]
        )
        enrolment = self.search([("campaign_id", "in", campaign.ids), ("peer_id", "=", entry.peer_id.id)])
        if not enrolment:
            raise ExchangeRejected(self.env._("This campaign was not offered to you."))
        data = content["data"]
        campaign._require_data("decision", data.get("decision") in ("proposed", "accepted", "declined"))
        for figure in FIGURES:
            value = data.get(figure)
            campaign._require_data(figure, type(value) is int and 0 <= value <= MOST)
        figures = {figure: data[figure] for figure in FIGURES}
        enrolment.write({**figures, "decision": data["decision"], "reported_at": fields.Datetime.now()})
        return enrolment, campaign.name
