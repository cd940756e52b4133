from odoo import fields, models


class CrmSurveyResult(models.Model):
    """What so many points of a survey mean for the lead that is made of its answers."""

    _name = "crm.survey.result"
    _description = "Survey Result for Leads"
    _inherit = "crm.web.form.result.mixin"

    survey_id = fields.Many2one("survey.survey", required=True, index=True, ondelete="cascade")
