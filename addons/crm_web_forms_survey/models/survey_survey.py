from odoo import fields, models


class SurveySurvey(models.Model):
    _inherit = "survey.survey"

    intake_target = fields.Selection(
        lambda self: self.env["crm.intake"]._selection_target(),
        "Answers become",
        help="What is made of each finished survey, beside its answers here. Empty: nothing.",
    )
    crm_result_ids = fields.One2many(
        "crm.survey.result", "survey_id", "Points mean", copy=True, help="For the lead that is made."
    )
