from odoo import models

RECEIVABLE_READERS = (
    "crm_accounting_bridge.group_crm_accounting_bridge_receivable",
    "account.group_account_invoice",
    "account.group_account_readonly",
)


class ResUsers(models.Model):
    _inherit = "res.users"

    def _may_read_receivables(self):
        """Tell whether this user may see what customers owe."""
        self.ensure_one()
        return any(self.has_group(group) for group in RECEIVABLE_READERS)
