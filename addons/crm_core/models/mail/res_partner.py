from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _crm_timeline_sources(self):
        """Add what became of the mails we sent."""
        partners = self._crm_timeline_partners()
        return [
            *super()._crm_timeline_sources(),
            {
                "kind": "mail_trace",
                "label": self.env._("Mails read"),
                "icon": "fa-envelope-open-o",
                "model": "crm.mail.trace",
                "domain": [("partner_id", "in", partners.ids)],
                "date": "event_date",
                "fields": [
                    *("event_date", "message_id", "partner_id", "opened_date", "open_count", "clicked_date"),
                    *("click_count", "answered_date", "bounced_date"),
                ],
                "prepare": self._prepare_mail_trace_entry,
            },
        ]

    def _prepare_mail_trace_entry(self, trace):
        # sudo: the subject of a mail that was sent to the contact whose timeline this is.
        message = trace.message_id.sudo()
        return {
            "title": message.subject or message.record_name or self.env._("Mail"),
            "text": trace._get_summary(),
            "res_model": message.model,
            "res_id": message.res_id,
            "author": self._get_name(trace.partner_id),
        }
