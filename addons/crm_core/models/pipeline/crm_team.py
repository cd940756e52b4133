from odoo import fields, models


class CrmTeam(models.Model):
    _inherit = "crm.team"

    pipeline_id = fields.Many2one(
        "crm.pipeline",
        "Default pipeline",
        check_company=True,
        ondelete="set null",
        help="The process new opportunities of this team follow; empty: the standard one.",
    )
