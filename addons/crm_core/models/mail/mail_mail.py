from odoo import api, fields, models
from odoo.tools.urls import urljoin

from ...tools import mail_links

# What a person or a rule of ours writes to a customer; not what the system notes.
FOLLOWED_TYPES = ("comment", "email_outgoing", "auto_comment")


class MailMail(models.Model):
    _inherit = "mail.mail"

    crm_template_id = fields.Many2one("mail.template", "Written from", ondelete="set null")

    @api.model_create_multi
    def create(self, vals_list):
        """Remember the template a mail was written from; the host forgets it."""
        template_id = self.env.context.get("crm_mail_template_id")
        if template_id:
            vals_list = [{"crm_template_id": template_id, **vals} for vals in vals_list]
        return super().create(vals_list)

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        """Where the company follows its mails, give each recipient a body of their own that tells when it is read.

        The plain text of the mail is left as it is.
        """
        emails = super()._prepare_outgoing_list(mail_server=mail_server, doc_to_followers=doc_to_followers)
        if self.env["crm.mail.trace"]._is_used() and self._is_followed():
            self._follow(emails)
        return emails

    def _is_followed(self):
        """Tell whether this is a mail about a record to somebody outside; mass mailings count for themselves."""
        message = self.mail_message_id
        mass = "mailing_id" in self._fields and self.mailing_id
        return bool(
            not mass
            and self.model
            and self.res_id
            and self.model != "discuss.channel"
            and message.message_type in FOLLOWED_TYPES
            and not message.is_internal
            and self._get_following_company().mail_tracking
        )

    def _get_following_company(self):
        message = self.mail_message_id
        return message.record_company_id or message.author_id.user_ids[:1].company_id

    def _follow(self, emails):
        """Put the pixel and the links into the bodies of the recipients that may be followed.

        :param emails: what ``_prepare_outgoing_list`` returns; the bodies are replaced in place
        """
        traces = self.env["crm.mail.trace"].sudo()
        partners = self.env["res.partner"].union(*(email["partner_id"] for email in emails if email["partner_id"]))
        followed = traces._filter_followed(partners, self._get_following_company())
        # A mail that is sent again after a failure keeps its trace.
        known = traces.search([("message_id", "=", self.mail_message_id.id), ("partner_id", "in", followed.ids)])
        missing = followed - known.partner_id
        traces = known + traces.create([self._prepare_trace(partner) for partner in missing])
        by_partner = {trace.partner_id: trace for trace in traces}
        for email in emails:
            trace = by_partner.get(email["partner_id"])
            if trace and email["body"]:
                email["body"], trace.links = self._decorate(email["body"], trace)

    def _decorate(self, body, trace):
        base = urljoin(self.get_base_url(), f"crm/mail/{trace.token}/")
        decorated, links = mail_links.decorate(body, f"{base}o.gif", lambda place: f"{base}l/{place}")
        return body.__class__(decorated), links

    def _prepare_trace(self, partner):
        """Return the values of the trace of one recipient."""
        template = self.crm_template_id
        return {
            "message_id": self.mail_message_id.id,
            "partner_id": partner.id,
            "user_id": self.mail_message_id.author_id.user_ids[:1].id,
            "template_id": template.id if template.model == self.model else False,
            "company_id": self._get_following_company().id,
        }
