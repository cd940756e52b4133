from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain

DEALER = "crm_automotive_dealer.group_crm_automotive_dealer_user"
CALLABLE = ("selected", "contacted")
CLAIM_TIME = timedelta(minutes=30)
LOOKED_AT = 20


class AutomotiveCampaign(models.Model):
    """The call list of a campaign: the next customer, one caller each, with what to say."""

    _inherit = "automotive.campaign"

    call_count = fields.Integer("To call", compute="_compute_call_count", groups=DEALER)

    def _compute_call_count(self):
        domain = Domain("campaign_id", "in", self.ids) & self._get_call_domain()
        counts = dict(self.env["automotive.campaign.target"]._read_group(domain, ["campaign_id"], ["__count"]))
        for campaign in self:
            campaign.call_count = counts.get(campaign, 0)

    def _get_call_domain(self):
        """Return the domain of the customers who can be called now: with a phone, and nobody else on it."""
        now = fields.Datetime.now()
        free = Domain("caller_id", "in", [False, self.env.uid]) | Domain("claimed_at", "<", now - CLAIM_TIME)
        due = Domain("call_after", "=", False) | Domain("call_after", "<=", now)
        return Domain("state", "in", CALLABLE) & Domain("partner_id.phone", "!=", False) & free & due

    def action_call_next(self):
        """Open the next customer to call; two people calling never get the same one."""
        self.ensure_one()
        target = self._claim_next_call()
        if target:
            return target._get_call_action()
        message = self.env._("Nobody is left to call for now.")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": message, "type": "success", "next": self._get_back_action()},
        }

    def _get_back_action(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_automotive_dealer.automotive_campaign_action")
        return {**action, "views": [(False, "form")], "res_id": self.id}

    def _claim_next_call(self):
        """Return the next customer, kept for the caller for half an hour; asked again who may be told.

        What the caller has open comes first, so that going on after a pause loses nobody.
        """
        targets = self.env["automotive.campaign.target"]
        domain = Domain("campaign_id", "=", self.id) & self._get_call_domain()
        waiting = targets.search(domain, order="call_count, id", limit=LOOKED_AT)
        mine = waiting.filtered(lambda target: target.caller_id == self.env.user)
        for target in mine + (waiting - mine):
            if target.try_lock_for_update() and target._may_be_called():
                target.write({"caller_id": self.env.uid, "claimed_at": fields.Datetime.now()})
                return target
        return targets
