from odoo import models

SOURCE = "survey"


class SurveyUserInput(models.Model):
    _inherit = "survey.user_input"

    def _mark_done(self):
        super()._mark_done()
        self._send_to_intake()

    def _create_leads_from_generative_answers(self):
        """Leave to the intake what becomes a lead there; also the only call when a live session ends."""
        taken = self.filtered(lambda answers: answers.survey_id.intake_target in ("lead", "opportunity"))
        taken._send_to_intake()
        return super(SurveyUserInput, self - taken)._create_leads_from_generative_answers()

    def _send_to_intake(self):
        """Hand finished answers to the intake, each once, where the survey says so."""
        for answers in self.filtered(lambda answers: answers.survey_id.intake_target and not answers.test_entry):
            survey = answers.survey_id
            self.env["crm.intake"]._receive(
                SOURCE,
                survey.intake_target,
                answers._prepare_intake_payload(),
                str(answers.id),
                **answers._prepare_intake_meta(),
            )

    def _prepare_intake_meta(self):
        """Return what the intake notes besides the payload; a hook."""
        survey, scored = self.survey_id, self.survey_id.scoring_type != "no_scoring"
        return {
            "company_id": (survey.user_id.company_id or self.env.company).id,
            "team_id": survey.team_id.id,
            "job_user_id": survey.user_id.id,
            "partner_id": self._get_participant().id,
            "survey_input_id": self.id,
            "score": self.scoring_total if scored else 0.0,
            "survey_result_id": survey.crm_result_ids._choose(self.scoring_total).id if scored else False,
        }

    def _prepare_intake_payload(self):
        """Return who answered what, see ``crm.intake``; a hook."""
        partner = self._get_participant()
        payload = {"contact_name": partner.name or self.nickname, "email": partner.email or self.email, "answers": {}}
        for question, lines in self.user_input_line_ids.grouped("question_id").items():
            answer = "\n".join(filter(None, (line._get_intake_text() for line in lines if not line.skipped)))
            key = question._get_intake_key()
            if answer and key and payload.get(key) in (None, False, "", answer):
                payload[key] = answer
            elif answer:
                payload["answers"][question.title] = answer
        who = payload["contact_name"] or payload["email"]
        title = self.survey_id.title
        return {**payload, "name": f"{title} - {who}" if who else title, "lang": self.lang_id.code or partner.lang}

    def _get_lead_answers(self):
        """Return {field of the lead: the answer that fills it}."""
        return {
            question.lead_field: "\n".join(line._get_intake_text() for line in lines if not line.skipped)
            for question, lines in self.user_input_line_ids.grouped("question_id").items()
            if question.lead_field
        }

    def _get_participant(self):
        """Return the contact who was invited or logged in; none for the public user."""
        return self.partner_id.filtered("active")
