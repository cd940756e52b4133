from odoo import fields, models


class CrmExportLine(models.Model):
    """A journal entry that left through a profile, in one version."""

    _name = "crm.export.line"
    _description = "Exported entry"
    _order = "id"

    batch_id = fields.Many2one("crm.export.batch", "Export", required=True, index=True, ondelete="cascade")
    profile_id = fields.Many2one(related="batch_id.profile_id", store=True, index=True)
    company_id = fields.Many2one(related="batch_id.company_id", store=True)
    move_id = fields.Many2one("account.move", "Entry", required=True, index=True, ondelete="restrict")
    version = fields.Integer(required=True)

    _once = models.UniqueIndex(
        "(profile_id, move_id, version)", "This entry already left through this profile in this version."
    )
