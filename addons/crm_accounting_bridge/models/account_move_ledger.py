from odoo import fields, models

NO_AMOUNT = ("line_section", "line_subsection", "line_note")


class AccountMove(models.Model):
    """Entries as plain data for outside ledgers."""

    _inherit = "account.move"

    export_line_ids = fields.One2many("crm.export.line", "move_id", "Exports", readonly=True)

    def _prepare_ledger_entry(self, profile, codes):
        """Return this entry as :mod:`..tools.ledger` describes it; a hook.

        :param profile: the ``crm.export.profile`` it leaves through
        :param codes: {account or tax: code there}
        :raise ValueError: an account does not fit into the digits of the profile
        """
        self.ensure_one()
        kinds = {"out_invoice": "invoice", "out_refund": "refund"}
        return {
            "number": self.name or "",
            "date": fields.Date.to_string(self.date),
            "due": fields.Date.to_string(self.invoice_date_due) or "",
            "journal": self.journal_id.code,
            "ref": self.ref or "",
            "kind": kinds.get(self.move_type, "other"),
            "currency": self.currency_id.name,
            "partner": self._prepare_ledger_partner(profile, codes),
            "items": [
                line._prepare_ledger_item(profile, codes)
                for line in self.line_ids.sorted("id")
                if line.display_type not in NO_AMOUNT
            ],
            "products": [
                line._prepare_ledger_product(profile, codes)
                for line in self.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))
                if line.display_type == "product"
            ],
            "taxes": self._prepare_ledger_taxes(),
        }

    def _prepare_ledger_partner(self, profile, codes):
        partner = self.commercial_partner_id
        receivable = self.line_ids.account_id.filtered(lambda account: account.account_type == "asset_receivable")[:1]
        return {
            "code": partner.ref or str(partner.id or ""),
            "account": profile._get_customer_account(partner, receivable, codes) if receivable else "",
            "name": partner.name or "",
            "vat": partner.vat or "",
            "email": partner.email or "",
            "street": partner.street or "",
            "zip": partner.zip or "",
            "city": partner.city or "",
            "country": partner.country_id.code or "",
        }

    def _prepare_ledger_taxes(self):
        """Return base and amount of each tax, in the currency of the document; of a credit note below zero."""
        lines = self.line_ids.filtered("tax_line_id").sorted("id")
        return [
            {
                "name": line.tax_line_id.name,
                "base": line._get_ledger_amount(line._get_ledger_base()),
                "amount": line._get_ledger_amount(-line.amount_currency),
            }
            for line in lines
        ]
