from odoo import models


class CrmLead(models.Model):
    """Opportunities have documents."""

    _name = "crm.lead"
    _inherit = ["crm.lead", "crm.document.mixin"]

    def _get_document_parties(self):
        """The parties of the opportunity; the customer buys, the company sells, unless somebody else was named."""
        parties = {role: self._get_parties(role) for role in set(self.party_ids.mapped("role")) | {"buyer"}}
        parties.setdefault("seller", self._get_document_company().partner_id)
        return parties

    def _on_document_signed(self, document):
        """A signed document is an event of the pipeline."""
        self._on_stage_event("document_signed")
        return super()._on_document_signed(document)

    def _merge_dependences(self, opportunities):
        """Merged opportunities bring their documents."""
        super()._merge_dependences(opportunities)
        self.env["crm.document"]._follow(opportunities, self)
