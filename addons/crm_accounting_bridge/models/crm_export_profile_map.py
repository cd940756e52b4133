from odoo import api, fields, models


class CrmExportProfileMap(models.Model):
    """What an account or a tax is called in the other ledger."""

    _name = "crm.export.profile.map"
    _description = "Code in the other ledger"
    _order = "id"

    profile_id = fields.Many2one("crm.export.profile", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="profile_id.company_id")
    account_id = fields.Many2one("account.account", ondelete="cascade")
    tax_id = fields.Many2one("account.tax", ondelete="cascade")
    code = fields.Char("Code there", required=True)

    _one_source = models.Constraint(
        "CHECK((account_id IS NULL) != (tax_id IS NULL))", "A code belongs to an account or to a tax."
    )
    _account_unique = models.UniqueIndex(
        "(profile_id, COALESCE(account_id, 0), COALESCE(tax_id, 0))", "This account or tax already has a code."
    )

    @api.depends("code")
    def _compute_display_name(self):
        for line in self:
            line.display_name = line.code
