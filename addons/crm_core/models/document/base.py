from odoo import models


class Base(models.AbstractModel):
    _inherit = "base"

    def _get_document_parties(self):
        """Return who takes part in this record, for the documents made from it; to be overridden.

        By default those of its opportunity, its customer as the buyer and its company as the seller.

        :return: {role: ``res.partner``}, the roles of ``crm.lead.party.role``
        """
        self.ensure_one()
        lead = next((self[name] for name in ("opportunity_id", "lead_id") if self._is_link(name, "crm.lead")), None)
        parties = dict(lead._get_document_parties()) if lead else {}
        if not parties.get("buyer") and self._is_link("partner_id", "res.partner"):
            parties["buyer"] = self.partner_id
        parties.setdefault("seller", self._get_document_company().partner_id)
        return parties

    def _is_link(self, name, model):
        """Tell whether a field of this record leads to one record of a model, and to something."""
        field = self._fields.get(name)
        return bool(field and field.type == "many2one" and field.comodel_name == model and self[name])

    def _get_document_company(self):
        """Return the company in whose name a document of this record is made."""
        self.ensure_one()
        return self.company_id if self._is_link("company_id", "res.company") else self.env.company

    def _on_document_signed(self, document):
        """Everybody has signed a document of this record; to be extended. Must not raise.

        :param document: the ``crm.document``
        """
