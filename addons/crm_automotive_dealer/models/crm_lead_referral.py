from odoo import api, fields, models

from .automotive_lead_referral import EVENTS

DEALER = "crm_automotive_dealer.group_crm_automotive_dealer_user"
# What of a written opportunity may end it, or begin it again.
ENDING = {"active", "stage_id", "probability", "lost_reason_id", "won_status"}


class CrmLead(models.Model):
    """What becomes of a maker's lead goes back by itself."""

    _inherit = "crm.lead"

    referral_ids = fields.One2many("automotive.lead.referral", "lead_id", "Leads of makers", groups=DEALER)
    referral_text = fields.Char("From the maker", compute="_compute_referral_text", groups=DEALER)
    referral_waits = fields.Boolean(compute="_compute_referral_text", groups=DEALER)

    @api.depends("referral_ids.outcome", "referral_ids.is_withdrawn")
    def _compute_referral_text(self):
        labels = dict(self.env["automotive.lead.referral"]._fields["outcome"]._description_selection(self.env))
        for lead in self:
            current = lead.referral_ids.filtered(lambda record: not record.is_withdrawn)
            told = [f"{record.peer_id.name} {record.number}: {labels[record.outcome]}" for record in current]
            lead.referral_text = ", ".join(told)
            lead.referral_waits = any(record.outcome in ("sent", "late") for record in current)

    def action_accept_referral(self):
        """Tell the maker that we look after it."""
        self.referral_ids.action_accept()

    def _get_referrals(self):
        # sudo: whoever moves the opportunity need not be a dealer.
        return self.env["automotive.lead.referral"].sudo().search([("lead_id", "in", self.ids)])

    def _on_stage_event(self, event):
        """A test drive, a quote, a delivery: the maker knows."""
        moved = super()._on_stage_event(event)
        if event in EVENTS:
            self._get_referrals()._tell(EVENTS[event])
        return moved

    def write(self, vals):
        """Won, lost or taken up again: the maker knows."""
        result = super().write(vals)
        if ENDING & vals.keys():
            self._tell_end("active" in vals)
        return result

    def _tell_end(self, again):
        """Tell ends; a lost opportunity that was taken up again as well.

        :param again: whether it may have been taken up again
        """
        ended = self.filtered(lambda lead: lead.won_status != "pending")
        if again or ended:
            (self if again else ended)._get_referrals()._tell_end()

    def _message_post_after_hook(self, message, msg_vals):
        """A mail to the customer is a contact."""
        result = super()._message_post_after_hook(message, msg_vals)
        if message.message_type in ("comment", "email_outgoing") and not message.is_internal:
            written = self.partner_id and self.partner_id in message.partner_ids
            if written:
                self._get_referrals()._tell("contacted")
        return result

    def _merge_dependences(self, opportunities):
        """Merged opportunities keep answering their makers."""
        super()._merge_dependences(opportunities)
        opportunities._get_referrals().write({"lead_id": self.id})
