from odoo import models
from odoo.fields import Domain


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _crm_timeline_sources(self):
        """Opportunities in which the contact takes part, as what."""
        partners = self._crm_timeline_partners()
        return [
            *super()._crm_timeline_sources(),
            {
                "kind": "party",
                "label": self.env._("Takes part in"),
                "icon": "fa-users",
                "model": "crm.lead.party",
                # Whose opportunity it is anyway needs no second entry.
                "domain": Domain("partner_id", "in", partners.ids)
                & Domain("lead_id.partner_id", "not in", partners.ids),
                "date": "create_date",
                "fields": ["create_date", "lead_id", "partner_id", "role"],
                "prepare": self._prepare_party_entry,
            },
        ]

    def _prepare_party_entry(self, party):
        return {
            "title": self._get_name(party.lead_id),
            "text": f"{party._get_role_label()}: {self._get_name(party.partner_id)}",
            "res_model": "crm.lead",
            "res_id": party.lead_id.id,
        }
