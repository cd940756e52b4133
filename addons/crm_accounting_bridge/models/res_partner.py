from odoo import models
from odoo.fields import Domain
from odoo.tools import formatLang


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _crm_timeline_sources(self):
        """Show posted invoices and credit notes to those who may read them."""
        partners = self._crm_timeline_partners()
        invoices = {
            "kind": "invoice",
            "label": self.env._("Invoices"),
            "icon": "fa-file-text-o",
            "model": "account.move",
            "domain": Domain("partner_id", "in", partners.ids)
            & Domain("move_type", "in", ("out_invoice", "out_refund"))
            & Domain("state", "=", "posted"),
            "date": "invoice_date",
            "fields": ["invoice_date", "name", "amount_total", "currency_id", "payment_state", "move_type"],
            "prepare": self._prepare_invoice_entry,
        }
        return [*super()._crm_timeline_sources(), invoices]

    def _prepare_invoice_entry(self, move):
        """Return the parts of a timeline entry."""
        paid = dict(move._fields["payment_state"]._description_selection(self.env)).get(move.payment_state, "")
        amount = formatLang(self.env, move.amount_total, currency_obj=move.currency_id)
        return {"title": move.name, "text": f"{amount} · {paid}"}
