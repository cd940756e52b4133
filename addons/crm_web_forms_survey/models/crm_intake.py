from odoo import fields, models


class CrmIntake(models.Model):
    _inherit = "crm.intake"

    survey_input_id = fields.Many2one(
        "survey.user_input", "Survey answers", readonly=True, index="btree_not_null", ondelete="set null"
    )

    survey_result_id = fields.Many2one("crm.survey.result", "Result of the survey", readonly=True, ondelete="set null")

    def _get_meta_fields(self):
        return (*super()._get_meta_fields(), "partner_id", "survey_input_id", "survey_result_id")

    def _get_result(self):
        return self.survey_result_id or super()._get_result()

    def _get_chosen_answers(self):
        # sudo: the survey's maker chose which answers go to the lead.
        return super()._get_chosen_answers() | self.sudo().survey_input_id._get_lead_answers()

    def _process(self):
        blocked = super()._process()
        # sudo: the answers belong to the survey's people; that a lead came of them is noted there.
        for intake in self.sudo().filtered(lambda intake: intake.survey_input_id and intake.lead_id):
            intake.survey_input_id.lead_id = intake.lead_id
        return blocked

    def _prepare_lead_values(self, data, kind):
        values = super()._prepare_lead_values(data, kind)
        # sudo: which survey it was is no secret of its answers.
        survey = self.sudo().survey_input_id.survey_id
        return {**values, "origin_survey_id": survey.id} if survey else values
