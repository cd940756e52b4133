from odoo import models

CONTACTS = ("phonecall", "meeting")


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """A call or a meeting that reached the customer is told to the maker whose lead it is."""
        reached = self.filtered(
            lambda activity: (
                activity.res_model == "crm.lead"
                and activity.activity_category in CONTACTS
                and (not activity.outcome_id or activity.outcome_id.reached)
            )
        )
        leads = reached._get_leads()
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        if leads:
            leads.exists()._get_referrals()._tell("contacted")
        return result
