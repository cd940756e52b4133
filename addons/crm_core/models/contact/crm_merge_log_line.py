from markupsafe import Markup

from odoo import api, fields, models

ROW = "<tr><th class='pe-3'>%s</th><td class='text-break'>%s</td></tr>"


class CrmMergeLogLine(models.Model):
    """One contact that was merged into another: everything it said, in words."""

    _name = "crm.merge.log.line"
    _description = "Merged Contact"

    log_id = fields.Many2one("crm.merge.log", required=True, index=True, ondelete="cascade")
    old_id = fields.Integer("Former ID", readonly=True, help="What links of other programs may still point to.")
    name = fields.Char(readonly=True)
    values = fields.Json(readonly=True, help="What the contact said: {field: text}.")
    values_html = fields.Html("What it said", compute="_compute_values_html", sanitize=False)

    @api.depends("values")
    def _compute_values_html(self):
        fields_of = self.env["res.partner"]._fields
        for line in self:
            rows = [
                Markup(ROW) % (fields_of[name]._description_string(self.env), value)
                for name, value in (line.values or {}).items()
                if name in fields_of
            ]
            line.values_html = Markup("<table class='table table-sm mb-0'>%s</table>") % Markup().join(rows)
