from datetime import timedelta

from odoo import fields, models

CALL_AGAIN = timedelta(days=1)


class AutomotiveCampaignTarget(models.Model):
    """One call of a campaign: what to say, and what came of it."""

    _inherit = "automotive.campaign.target"

    call_script = fields.Text(related="campaign_id.call_script")
    caller_id = fields.Many2one("res.users", "Calls", readonly=True, index="btree_not_null")
    claimed_at = fields.Datetime(readonly=True)
    call_count = fields.Integer("Calls without answer", readonly=True, aggregator=None)
    call_after = fields.Datetime("Call again after", readonly=True)

    def _may_be_called(self):
        """Tell whether the customer may be called; who said no meanwhile is out."""
        if self.partner_id not in self.campaign_id._filter_allowed(self.partner_id):
            self.action_opted_out()
            return False
        return not self.partner_id.phone_sanitized_blacklisted

    def _get_call_action(self):
        """Return the action that shows the call: what to say, and the buttons for what came of it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.campaign_id.name,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref("crm_automotive_dealer.automotive_campaign_target_view_form").id, "form")],
        }

    def action_call_interested(self):
        """The customer is interested: an opportunity begins; the next call."""
        self._close_call()
        self.action_responded()
        return self.campaign_id.action_call_next()

    def action_call_refused(self):
        """The customer said no; the next call."""
        self._close_call()
        self.action_opted_out()
        return self.campaign_id.action_call_next()

    def action_call_again(self):
        """Nobody answered: again tomorrow; the next call."""
        self.write({"call_count": self.call_count + 1, "call_after": fields.Datetime.now() + CALL_AGAIN})
        self.caller_id = False
        return self.campaign_id.action_call_next()

    def _close_call(self):
        """The customer was reached."""
        if self.state == "selected":
            self.state = "contacted"
        self.caller_id = False
