from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmExportLog(models.Model):
    """Somebody took contacts or leads out of the system. Append only."""

    _name = "crm.export.log"
    _description = "Export Log"
    _order = "id desc"
    _rec_name = "model_name"

    user_id = fields.Many2one("res.users", "Who", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    date = fields.Datetime("When", default=fields.Datetime.now, required=True, readonly=True)
    model = fields.Char(required=True, readonly=True)
    model_name = fields.Char("What", compute="_compute_model_name")
    record_count = fields.Integer("Records", readonly=True)
    field_names = fields.Text("Fields", readonly=True)
    domain = fields.Text("Filter", readonly=True, help="What was exported; empty when records were picked by hand.")

    @api.depends("model")
    def _compute_model_name(self):
        for log in self:
            log.model_name = self.env["ir.model"]._get(log.model).name or log.model

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse to change a proof."""
        raise UserError(self.env._("The log of exports cannot be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_proof(self):
        raise UserError(self.env._("The log of exports cannot be deleted."))
