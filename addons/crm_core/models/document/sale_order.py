from odoo import models


class SaleOrder(models.Model):
    """Quotes have documents."""

    _name = "sale.order"
    _inherit = ["sale.order", "crm.document.mixin"]

    def _get_document_parties(self):
        """Those of the opportunity, but the quote's own customer buys and its invoice contact pays."""
        parties = super()._get_document_parties()
        return {**parties, "buyer": self.partner_id, "payer": parties.get("payer") or self.partner_invoice_id}

    def _on_document_signed(self, document):
        """A signed document moves the opportunity of the quote."""
        self.opportunity_id._on_stage_event("document_signed")
        return super()._on_document_signed(document)
