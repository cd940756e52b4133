from odoo import fields, models

from ..tools import ledger


class CrmExportProfile(models.Model):
    """How the books go to an outside ledger: format, accounts and taxes as they are called there.

    Each journal entry leaves once through a profile; again only as a new version of its export.
    """

    _name = "crm.export.profile"
    _description = "Ledger export profile"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    file_format = fields.Selection(
        [
            ("xlsx", "Workbook (invoices, taxes, journal items, customers)"),
            ("csv", "CSV files (invoices, taxes, journal items, customers)"),
            ("xero", "Xero: sales invoices"),
            ("contaplus", "ContaPlus: diary"),
            ("contasol", "ContaSol: diary"),
        ],
        "Format",
        required=True,
        default="xlsx",
    )
    journal_ids = fields.Many2many(
        "account.journal", string="Journals", check_company=True, help="By default all journals for sales."
    )
    account_length = fields.Integer(
        "Digits of an account",
        help="Codes are filled up with zeros, or zeros at their end are cut; 0 leaves them alone.",
    )
    customer_prefix = fields.Char(
        "Account of a customer begins with",
        help="For example 430: each customer gets an account of the prefix and a number. Empty for the common account.",
    )
    map_ids = fields.One2many("crm.export.profile.map", "profile_id", "Other codes", copy=True)
    batch_ids = fields.One2many("crm.export.batch", "profile_id", "Exports")

    _length_sane = models.Constraint(
        "CHECK(account_length BETWEEN 0 AND 12)", "An account has at most 12 digits; 0 leaves the codes alone."
    )
    _prefix_needs_length = models.Constraint(
        "CHECK(customer_prefix IS NULL OR customer_prefix = '' OR account_length > 0)",
        "Say how many digits an account has: the number of the customer fills the rest.",
    )

    def action_new_export(self):
        """Begin an export of what is not exported yet; nothing leaves before it is confirmed."""
        self.ensure_one()
        batch = self.env["crm.export.batch"].create({"profile_id": self.id})
        return batch._open_form()

    def _get_journals(self):
        """Return the journals whose entries are exported."""
        self.ensure_one()
        return self.journal_ids or self.env["account.journal"].search(
            [("company_id", "=", self.company_id.id), ("type", "=", "sale")]
        )

    def _get_codes(self):
        """Return {account or tax: its code in the other ledger}."""
        self.ensure_one()
        return {line.account_id or line.tax_id: line.code for line in self.map_ids}

    def _get_account_code(self, account, codes):
        """Return the code of an account in the other ledger.

        :raise ValueError: it does not fit
        """
        code = codes.get(account) or account.with_company(self.company_id).code or ""
        return ledger.fit_account(code, self.account_length)

    def _get_customer_account(self, partner, account, codes):
        """Return the account of a customer in the other ledger.

        :raise ValueError: it does not fit
        """
        if not self.customer_prefix or not partner:
            return self._get_account_code(account, codes)
        return ledger.customer_account(self.customer_prefix, partner.id, self.account_length)
