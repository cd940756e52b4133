from odoo import api, models
from odoo.fields import Domain
from odoo.tools import email_normalize

from ...tools import mail_links


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """An incoming mail may answer one that is followed."""
        answered = self._get_answered_traces(message_dict)
        result = super()._message_route_process(message, message_dict, routes)
        if answered:
            answered._note("answered")
        return result

    @api.model
    def _get_answered_traces(self, message_dict):
        traces = self.env["crm.mail.trace"].sudo()
        named = mail_links.references(message_dict.get("in_reply_to"), message_dict.get("references"))
        if not named or not traces._is_used():
            return traces
        sender = Domain("partner_id", "=", message_dict.get("author_id") or 0)
        if email := email_normalize(message_dict.get("email_from")):
            sender |= Domain("partner_id.email_normalized", "=", email)
        return traces.search(Domain("message_id.message_id", "in", named) & sender)

    def _routing_handle_bounce(self, email_message, message_dict):
        """A followed mail may come back."""
        result = super()._routing_handle_bounce(email_message, message_dict)
        message = message_dict.get("bounced_message")
        traces = self.env["crm.mail.trace"].sudo()
        if message and traces._is_used():
            who = Domain("partner_id", "in", message_dict["bounced_partner"].ids)
            who |= Domain("partner_id.email_normalized", "=", message_dict["bounced_email"])
            traces.search(Domain("message_id", "=", message.id) & who)._note("bounced")
        return result
