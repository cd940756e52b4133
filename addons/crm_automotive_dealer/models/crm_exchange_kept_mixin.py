from datetime import timedelta

from odoo import api, fields, models

KEPT_DAYS = 90
# The nightly comparison may ask for what was sent a week ago.
LEAST_DAYS = 14
BATCH = 1000


class CrmExchangeKeptMixin(models.AbstractModel):
    """Messages there and back: what they are called, and for how long their words, with names in them, are kept."""

    _name = "crm.exchange.kept.mixin"
    _description = "Message Kept for a While"

    payload = fields.Text(readonly=True)
    title = fields.Char("What", compute="_compute_title")

    @api.depends("type")
    @api.depends_context("lang")
    def _compute_title(self):
        titles = self._get_titles()
        for message in self:
            kind, _dot, _version = (message.type or "").rpartition(".")
            message.title = titles.get(kind, message.type)

    @api.model
    def _get_titles(self):
        """Return what each kind of message is called for people, by its type without the version; a hook."""
        return {
            "automotive.feedback.submitted": self.env._("Feedback of a customer"),
            "automotive.feedback.informed": self.env._("The customer was told"),
            "automotive.feedback.verdict": self.env._("What the customer thinks of the answer"),
            "automotive.feedback.withdrawn": self.env._("Consent withdrawn: take it back"),
            "automotive.feedback.replied": self.env._("Reply to a question"),
            "automotive.feedback.disputed": self.env._("The dealer disagrees"),
            "automotive.feedback.acked": self.env._("Number of the case"),
            "automotive.feedback.question": self.env._("Question about a case"),
            "automotive.feedback.answered": self.env._("Answer to a case"),
            "automotive.issue.published": self.env._("Known issue"),
            "automotive.lead.assigned": self.env._("Lead for the dealer"),
            "automotive.lead.outcome": self.env._("What became of a lead"),
            "automotive.recall.published": self.env._("Recall"),
            "automotive.recall.status": self.env._("Car of a recall"),
            "automotive.catalogue.published": self.env._("Models"),
            "automotive.dealer.published": self.env._("Dealer of the network"),
            "automotive.campaign.published": self.env._("Campaign"),
            "automotive.campaign.report": self.env._("Figures of a campaign"),
            "exchange.digest": self.env._("Nightly comparison: what was delivered"),
            "exchange.compared": self.env._("Nightly comparison: what arrived"),
        }

    def _get_kept_days(self):
        """Return for how many days words are kept: the system parameter ``crm_exchange.kept_days``."""
        text = self.env["ir.config_parameter"].sudo().get_param("crm_exchange.kept_days", "")
        return max(int(text), LEAST_DAYS) if text.isdigit() else KEPT_DAYS

    def _forget_payloads(self, domain):
        """Empty the payload of old messages.

        :return: (how many, whether there are more), as the host's clean-up wants to know
        """
        limit = fields.Datetime.now() - timedelta(days=self._get_kept_days())
        old = self.search([*domain, ("create_date", "<", limit), ("payload", "!=", False)], limit=BATCH)
        old.write({"payload": False})
        return len(old), int(len(old) == BATCH)
