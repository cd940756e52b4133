from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _crm_timeline_sources(self):
        """Add what the customer did with our quotes."""
        partners = self._crm_timeline_partners()
        shown = ("sent", "viewed", "accepted", "refused", "expired", "superseded")
        return [
            *super()._crm_timeline_sources(),
            {
                "kind": "quote_event",
                "label": self.env._("Quote events"),
                "icon": "fa-file-text-o",
                "model": "crm.quote.event",
                "domain": [("order_id.partner_id", "in", partners.ids), ("kind", "in", shown)],
                "date": "date",
                "fields": ["date", "kind", "note", "times", "order_id", "user_id"],
                "prepare": self._prepare_quote_event_entry,
            },
        ]

    def _prepare_quote_event_entry(self, event):
        title = self.env._("Quote %(quote)s: %(what)s", quote=event.order_id.name, what=self._get_label(event, "kind"))
        often = self.env._("%(count)s times", count=event.times) if event.times > 1 else ""
        return {
            "title": title,
            "text": ", ".join(filter(None, (event.note, often))),
            "res_model": "sale.order",
            "res_id": event.order_id.id,
            "author": self._get_name(event.user_id),
        }
