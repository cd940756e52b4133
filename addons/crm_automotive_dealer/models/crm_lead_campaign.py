from odoo import models


class CrmLead(models.Model):
    """A sale that began with a call is the campaign's success."""

    _inherit = "crm.lead"

    def _tell_end(self, again):
        """Count what was won for its campaign."""
        super()._tell_end(again)
        won = self.filtered(lambda lead: lead.won_status == "won")
        if won:
            # sudo: whoever wins the opportunity need not work on campaigns.
            targets = self.env["automotive.campaign.target"].sudo()
            targets.search([("lead_id", "in", won.ids), ("state", "=", "responded")]).action_sold()
