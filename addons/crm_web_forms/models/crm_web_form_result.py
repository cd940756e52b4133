from odoo import fields, models


class CrmWebFormResult(models.Model):
    """What so many points mean: what the visitor reads, and what happens with the lead."""

    _name = "crm.web.form.result"
    _description = "Web Form Result"
    _inherit = "crm.web.form.result.mixin"
    _order = "points_from desc, id"
    _check_company_auto = True

    form_id = fields.Many2one("crm.web.form", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="form_id.company_id", store=True)
    thanks = fields.Text("The visitor reads", translate=True, help="Empty: the thank-you text of the form.")
