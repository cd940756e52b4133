from odoo import models


class ResPartner(models.Model):
    """Contacts have documents."""

    _name = "res.partner"
    _inherit = ["res.partner", "crm.document.mixin"]

    def _get_document_parties(self):
        """A contact itself is the buyer."""
        return {**super()._get_document_parties(), "buyer": self}

    def _get_document_address(self):
        """Return the address as a contract names it, a list of parts; a hook for countries that differ."""
        self.ensure_one()
        place = " ".join(filter(None, [self.zip, self.city]))
        state = self.state_id.name if self.state_id and self.state_id.name != self.city else False
        street = self.street and ", ".join(filter(None, [self.street, self.street2]))
        return list(filter(None, [street, place, state, self.country_id.name])) if street or place else []

    def _crm_timeline_sources(self):
        """Documents that name the contact as a signer."""
        partners = self._crm_timeline_partners()
        return [
            *super()._crm_timeline_sources(),
            {
                "kind": "document",
                "label": self.env._("Documents"),
                "icon": "fa-file-text-o",
                "model": "crm.document",
                "domain": ["|", ("partner_id", "in", partners.ids), ("signer_ids.partner_id", "in", partners.ids)],
                "date": "create_date",
                "fields": ["create_date", "name", "reference", "state", "user_id"],
                "prepare": self._prepare_document_entry,
            },
        ]

    def _prepare_document_entry(self, document):
        return {
            "title": f"{document.reference} {document.name}",
            "text": self._get_label(document, "state"),
            "author": self._get_name(document.user_id),
        }
