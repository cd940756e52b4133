from odoo.exceptions import AccessError
from odoo.tests import Form, TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestSurvey(TransactionCase):
    """A finished survey is an intake: who, what, how many points."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.survey = cls.env["survey.survey"].create(
            {
                "title": "How was it?",
                "access_mode": "public",
                "scoring_type": "scoring_with_answers",
                "intake_target": "lead",
            }
        )
        cls.mail = cls._ask("Your address", validation_email=True)
        cls.phone = cls._ask("Your phone", intake_key="phone")
        cls.choice = cls._ask(
            "Again?",
            question_type="simple_choice",
            suggested_answer_ids=[
                (0, 0, {"value": "Yes", "answer_score": 7, "is_correct": True}),
                (0, 0, {"value": "No"}),
            ],
        )
        cls.matrix = cls._ask(
            "Marks",
            question_type="matrix",
            suggested_answer_ids=[(0, 0, {"value": "Good"}), (0, 0, {"value": "Bad"})],
            matrix_row_ids=[(0, 0, {"value": "Room"}), (0, 0, {"value": "Food"})],
        )

    @classmethod
    def _ask(cls, title, **values):
        return cls.env["survey.question"].create(
            {"survey_id": cls.survey.id, "title": title, "question_type": "char_box", **values}
        )

    def _answer(self, email="ana.survey@example.com", choice=0, phone="+34 600 000 123"):
        answers = self.survey.sudo()._create_answer(user=self.env.ref("base.public_user"))
        rows, columns = self.matrix.matrix_row_ids, self.matrix.suggested_answer_ids
        answers._save_lines(self.mail, email)
        answers._save_lines(self.phone, phone)
        answers._save_lines(self.choice, str(self.choice.suggested_answer_ids[choice].id))
        answers._save_lines(self.matrix, {str(rows[0].id): [str(columns[0].id)], str(rows[1].id): [str(columns[1].id)]})
        return answers

    def _done(self, answers):
        """Finish it as the public user does and return what arrived, worked off."""
        answers.with_user(self.env.ref("base.public_user")).sudo()._mark_done()
        intake = self.env["crm.intake"].search([("survey_input_id", "in", answers.ids)])
        for one in intake:
            one._job_attempt()
        return intake

    def test_a_finished_survey_becomes_a_lead(self):
        answers = self._answer()
        intake = self._done(answers)
        self.assertEqual(intake.job_state, "done", intake.error_message)
        self.assertEqual((intake.source, intake.score), ("survey", 7.0))
        self.assertEqual(intake.partner_id.email, "ana.survey@example.com")
        self.assertEqual(intake.payload["answers"], {"Again?": "Yes", "Marks": "Room: Good\nFood: Bad"})
        self.assertEqual(intake.payload["phone"], "+34 600 000 123")
        self.assertNotIn("Your address", intake.payload["answers"], "nothing is said twice")
        lead = intake.lead_id
        self.assertIn("Again?: Yes", lead.description)
        self.assertEqual((lead.origin_survey_id, answers.lead_id), (self.survey, lead))
        self.assertFalse(lead.user_id, "nobody in particular until somebody assigns it")
        self.assertIn("intake", [entry["kind"] for entry in intake.partner_id.crm_timeline()])

    def test_points_and_answers_shape_the_lead(self):
        """What so many points mean: priority, tags and the first step; an answer fills a field of the lead."""
        tag = self.env["crm.tag"].create({"name": "Comes again"})
        self.survey.crm_result_ids = [
            (0, 0, {"name": "Cold", "points_from": 0, "next_step": "Send a card"}),
            (
                0,
                0,
                {
                    "name": "Hot",
                    "points_from": 7,
                    "priority": "2",
                    "tag_ids": [(6, 0, tag.ids)],
                    "next_step": "Call today",
                },
            ),
        ]
        self.env["ir.model.fields"].create(
            {
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "name": "x_again",
                "field_description": "Again",
                "ttype": "selection",
                "selection": "[('yes', 'Yes'), ('no', 'No')]",
            }
        )
        self.choice.lead_field = "x_again"
        self.survey.user_id = new_test_user(self.env, "survey_owner", "survey.group_survey_user")
        hot, cold = (
            self._done(self._answer()),
            self._done(self._answer("cold.survey@example.com", 1, "+34 600 999 000")),
        )
        self.assertEqual((hot.survey_result_id.name, cold.survey_result_id.name), ("Hot", "Cold"))
        self.assertEqual((hot.lead_id.priority, hot.lead_id.tag_ids, hot.lead_id.x_again), ("2", tag, "yes"))
        self.assertEqual((cold.lead_id.priority, cold.lead_id.tag_ids, cold.lead_id.x_again), ("0", tag.browse(), "no"))
        steps = [lead.activity_ids.mapped("summary") for lead in (hot.lead_id, cold.lead_id)]
        self.assertEqual(steps, [["Call today"], ["Send a card"]])
        self.assertEqual(hot.lead_id.activity_ids.user_id, self.survey.user_id, "nobody has the lead yet")
        self.assertCountEqual(self.survey.copy().crm_result_ids.mapped("name"), ["Hot", "Cold"])

    def test_every_question_of_text_can_say_where_it_goes(self):
        """The host hides the page with what is kept of an answer for a text of several lines."""
        with Form(self.env["survey.question"].with_context(default_survey_id=self.survey.id)) as question:
            question.title = "Anything else?"
            question.question_type = "text_box"
            question.intake_key = "message"
        self.assertEqual(question.record._get_intake_key(), "message")

    def test_who_may_say_what_points_mean(self):
        """The survey's people write it, salespeople read it, others do not see it."""
        result = self.env["crm.survey.result"].create({"name": "Hot", "points_from": 1, "survey_id": self.survey.id})
        maker = new_test_user(self.env, "survey_maker", "survey.group_survey_user")
        seller = new_test_user(self.env, "survey_seller", "sales_team.group_sale_salesman")
        other = new_test_user(self.env, "survey_other", "base.group_user")
        result.with_user(maker).name = "Very hot"
        self.assertEqual(result.with_user(seller).name, "Very hot")
        with self.assertRaises(AccessError):
            result.with_user(seller).name = "Cold"
        with self.assertRaises(AccessError):
            result.with_user(other).read(["name"])

    def test_taken_once(self):
        answers = self._answer()
        self._done(answers)
        self.assertEqual(len(self._done(answers)), 1)

    def test_who_is_known_stays_who_they_are(self):
        partner = self.env["res.partner"].create({"name": "Eva", "email": "eva.survey@example.com", "phone": "1"})
        answers = self._answer("other.survey@example.com")
        answers.partner_id = partner
        intake = self._done(answers)
        self.assertEqual((intake.partner_id, partner.phone), (partner, "1"))
        self.assertEqual(partner.email, "eva.survey@example.com")

    def test_an_answer_that_generates_a_lead_makes_no_second_one(self):
        self.choice.suggested_answer_ids[0].generate_lead = True
        self._done(self._answer())
        self.assertEqual(self.survey.lead_count, 1)
        self.survey.intake_target = "contact"
        intake = self._done(self._answer("bea.survey@example.com"))
        self.assertFalse(intake.lead_id)
        self.survey.invalidate_recordset(["lead_count"])
        self.assertEqual(self.survey.lead_count, 2, "what only makes contacts leaves the host's leads alone")

    def test_tests_and_other_surveys_do_not_arrive(self):
        answers = self._answer()
        answers.test_entry = True
        self.assertFalse(self._done(answers))
        self.survey.intake_target = False
        self.assertFalse(self._done(self._answer()))
