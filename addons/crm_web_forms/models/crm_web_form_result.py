from odoo import fields, models


class CrmWebFormResult(models.Model):
    """What so many points mean: what the visitor reads, and what happens with the lead."""

    _name = "crm.web.form.result"
    _description = "Web Form Result"
    _order = "points_from desc, id"
    _check_company_auto = True

    form_id = fields.Many2one("crm.web.form", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="form_id.company_id", store=True)
    name = fields.Char("Result", required=True, translate=True, help="For colleagues, for example: very interested.")
    points_from = fields.Float("From points", required=True)
    thanks = fields.Text("The visitor reads", translate=True, help="Empty: the thank-you text of the form.")
    priority = fields.Selection(
        [("0", "Low"), ("1", "Medium"), ("2", "High"), ("3", "Very high")], help="Of the lead that is made."
    )
    tag_ids = fields.Many2many("crm.tag", string="Tags")
    next_step = fields.Char(translate=True, help="What the salesperson does first. Empty: answer the enquiry.")
