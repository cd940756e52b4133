from odoo import fields, models


class CrmWebForm(models.Model):
    """What a form writes to the address somebody typed."""

    _inherit = "crm.web.form"

    confirm = fields.Selection(
        [
            ("no", "No"),
            ("consent", "For consents: they count once the person confirms"),
            ("all", "For everything: nothing happens until the person confirms"),
        ],
        "Confirm by e-mail",
        default="no",
        required=True,
        help="The person gets a mail with a button. It proves that the address is theirs.",
    )
    reply = fields.Boolean("Send an answer", help="At once, to whoever sent the form.")
    reply_subject = fields.Char("Subject", translate=True)
    reply_body = fields.Html(
        "Text", translate=True, help="Nothing of what the person wrote is in it: nobody can use the form to advertise."
    )
    mail_limit = fields.Integer("Mails an hour", default=100, help="Confirmations and answers of this form together.")
    notify_ids = fields.Many2many(
        "res.users", string="Tell", domain="[('share', '=', False)]", help="About each new one."
    )

    def _send_mail(self, email, lang, kind, subject, body):
        """Put a mail in the queue, if the limits allow it.

        :return: the ``mail.mail``, empty if it must not be sent
        """
        self.ensure_one()
        # sudo: the count of mails is nobody's to read, the queue of mails the system's.
        mails = self.env["mail.mail"].sudo()
        if not self.env["crm.web.mail"].sudo()._claim(self, email, kind):
            return mails
        sender = self.company_id.email_formatted or self.env.user.email_formatted
        return mails.create(
            {
                "subject": subject,
                "body_html": body,
                "email_to": email,
                "email_from": sender,
                "reply_to": self.owner_id.email_formatted or sender,
                "auto_delete": True,
                # Robots do not answer each other.
                "headers": repr({"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}),
            }
        )

    def _send_confirmation(self, email, lang, url):
        """Ask whoever has this address to confirm; returns the mail, empty if it must not be sent."""
        form = self.with_context(lang=lang)
        values = {"title": form.name, "company": form.company_id.name, "url": url}
        # sudo: the template is the addon's own.
        body = form.env["ir.qweb"].sudo()._render("crm_web_forms.mail_confirm", values)
        return form._send_mail(email, lang, "confirm", self.env._("Please confirm: %(title)s", title=form.name), body)

    def _send_reply(self, email, lang):
        """Answer with the form's own text; returns the mail, empty if there is none to send."""
        form = self.with_context(lang=lang)
        if not (form.reply and form.reply_body):
            return self.env["mail.mail"]
        return form._send_mail(email, lang, "reply", form.reply_subject or form.name, form.reply_body)

    def _get_confirm_words(self):
        """Return the texts of the page the button of the mail leads to."""
        return {
            "question": self.env._("Is this your e-mail address, and did you send this form?"),
            "button": self.env._("Yes, confirm"),
            "confirmed": self.env._("Thank you. Your address is confirmed."),
        }
