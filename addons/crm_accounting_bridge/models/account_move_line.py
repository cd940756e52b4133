from decimal import Decimal

from odoo import models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _get_ledger_amount(self, amount, currency=None):
        """Return an amount as ``Decimal`` with the decimals of its currency, by default that of the line."""
        return Decimal(f"{amount or 0:.{(currency or self.currency_id).decimal_places}f}") + Decimal(0)

    def _get_ledger_base(self):
        """Return the base of a tax line in the currency of the document."""
        rate = abs(self.amount_currency / self.balance) if self.balance else 1
        return -self.tax_base_amount * rate

    def _prepare_ledger_item(self, profile, codes):
        """Return this journal item, in the currency of the company."""
        company = self.company_id.currency_id
        customer = self.account_id.account_type == "asset_receivable"
        partner = self.move_id.commercial_partner_id if customer else self.partner_id.browse()
        tax = self.tax_line_id
        return {
            "account": profile._get_customer_account(partner, self.account_id, codes),
            "name": self.account_id.name,
            "label": self.name or "",
            "debit": self._get_ledger_amount(self.debit, company),
            "credit": self._get_ledger_amount(self.credit, company),
            "amount_currency": self._get_ledger_amount(self.amount_currency),
            "partner": customer,
            "tax_base": self._get_ledger_amount(-self.tax_base_amount, company),
            "tax_rate": Decimal(str(tax.amount)) if tax.amount_type == "percent" else Decimal(0),
        }

    def _prepare_ledger_product(self, profile, codes):
        """Return this line of an invoice, in the currency of the document; of a credit note below zero."""
        sign = -1 if self.move_id.move_type == "out_refund" else 1
        taxes = self.tax_ids.sorted("id")
        return {
            "label": self.name or "",
            "quantity": sign * Decimal(str(self.quantity)),
            "price": Decimal(str(self.price_unit)),
            "account": profile._get_account_code(self.account_id, codes),
            "tax": " + ".join(codes.get(tax) or tax.name for tax in taxes),
            "untaxed": self._get_ledger_amount(sign * self.price_subtotal),
            "total": self._get_ledger_amount(sign * self.price_total),
        }
