from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from odoo.addons.crm_web_forms.tools import answers, schema

from .common import WebFormsCase


@tagged("post_install", "-at_install")
class TestBuilder(WebFormsCase):
    """What a consultant can ask, when, and who gets the answer."""

    def _publish(self):
        self.form.action_publish()
        return self.form.version_id.schema

    def _field(self, key):
        return next(field for field in self.form.version_id.schema["fields"] if field["key"] == key)

    def _process(self, **values):
        clean, errors = answers.validate(
            self.form.version_id.schema, {"name": "Ana", "email": "ana@wf.example", **values}
        )
        self.assertFalse(errors)
        receipt = self.form._take(self.form.version_id, clean, "en_US")
        intake = self.env["crm.intake"].search([("receipt", "=", receipt)])
        intake._job_attempt()
        self.assertEqual(intake.job_state, "done", intake.error_message)
        return intake

    def test_every_template_can_be_published(self):
        codes = dict(self.env["crm.web.form"]._fields["template"].selection)
        self.assertEqual(set(codes), set(self.form._get_templates()))
        for code in codes:
            with self.subTest(code=code):
                with Form(self.env["crm.web.form"].with_user(self.manager)) as view:
                    view.name = code
                    view.template = code
                    if code == "newsletter":
                        with view.field_ids.edit(1) as line:
                            line.purpose_id = self.purpose
                form = view.record
                form.action_publish()
                self.assertTrue(form._get_public_schema("en_US")["html"])

    def test_every_kind_is_shown(self):
        for kind, label in self.env["crm.web.form.field"]._fields["type"].selection:
            more = {"options": "One\nTwo"} if kind in schema.CHOICES else {}
            more |= {"purpose_id": self.purpose.id} if kind == "consent" else {}
            more |= {"sequence": 40} if kind == "step" else {}
            self._add_field(self.form, kind, f"{label} here", name=f"kind_{kind}", help_text="Help", **more)
        self._publish()
        html = self.form._get_public_schema("en_US")["html"]
        for kind, _label in self.env["crm.web.form.field"]._fields["type"].selection:
            if kind not in ("hidden", "step"):
                self.assertIn(f'data-field="kind_{kind}"', html)
        self.assertIn('autocomplete="postal-code"', html)
        self.assertIn("Page 2 of 2", html)

    def test_address_fills_the_contact(self):
        self._add_field(self.form, "address", "Address", required=True)
        self._publish()
        _clean, errors = answers.validate(self.form.version_id.schema, {"address.country_code": "Spain"})
        self.assertEqual(errors["address.country_code"], "country")
        self.assertEqual(errors["address.street"], "required")
        parts = {"street": "Carrer Nou 1", "zip": "17001", "city": "Girona", "country_code": "es"}
        intake = self._process(**{f"address.{part}": value for part, value in parts.items()})
        partner = intake.partner_id
        self.assertEqual((partner.street, partner.zip, partner.country_id.code), ("Carrer Nou 1", "17001", "ES"))

    def test_phone_with_country(self):
        self.form.field_ids.filtered(lambda field: field.name == "phone").ask_country = True
        self._publish()
        intake = self._process(phone="06 12 34 56 78", **{"phone.country": "FR"})
        self.assertEqual(intake.payload["phone"], "+33 6 12 34 56 78")
        self.assertNotIn("phone.country", intake.payload["answers"])

    def test_condition(self):
        want = self._add_field(self.form, "radio", "Want", options="Buy\nSell")
        size = self._add_field(self.form, "number", "Size", required=True, sequence=60)
        size.write({"condition_field_id": want.id, "condition_value": "Sell"})
        self.assertEqual(size.condition_text, "Want: Sell")
        self.assertFalse(want.condition_text)
        size.condition_operator = "is_not"
        self.assertEqual(size.condition_text, "Want: not Sell")
        size.condition_operator = "is"
        self._publish()
        who = {"name": "Ana", "email": "ana@wf.example"}
        self.assertFalse(answers.validate(self.form.version_id.schema, {**who, "want": "Buy"})[1])
        _clean, errors = answers.validate(self.form.version_id.schema, {**who, "want": "Sell"})
        self.assertEqual(errors, {"size": "required"})
        clean, _errors = answers.validate(self.form.version_id.schema, {**who, "want": "Buy", "size": "90"})
        self.assertNotIn("size", clean, "what was not asked does not count")
        self.assertIn('[name="want"][value="Sell"]:checked', self.form._get_public_schema("en_US")["style"])

    def test_impossible_conditions_and_limits_are_not_published(self):
        want = self._add_field(self.form, "radio", "Want", options="Buy\nSell", sequence=60)
        size = self._add_field(self.form, "number", "Size", sequence=50, condition_field_id=want.id)
        with self.assertRaisesRegex(UserError, "comes later"):
            self.form.action_publish()
        size.write({"sequence": 70, "condition_value": "Rent"})
        with self.assertRaisesRegex(UserError, "nobody can choose"):
            self.form.action_publish()
        size.write({"condition_value": "Sell", "minimum": "few"})
        with self.assertRaisesRegex(UserError, "is no limit"):
            self.form.action_publish()
        size.minimum = "1"
        want.option_points = "1, 2, 3"
        with self.assertRaisesRegex(UserError, "one number of points"):
            self.form.action_publish()
        want.option_points = "1, 2"
        self.form.action_publish()

    def test_files_are_asked_on_the_last_page(self):
        self._add_field(self.form, "file", "Plan")
        self._add_field(self.form, "step", "More", sequence=90)
        self._add_field(self.form, "text", "Last", sequence=91)
        with self.assertRaisesRegex(UserError, "last page"):
            self.form.action_publish()

    def test_copy_depends_on_its_own_fields(self):
        want = self._add_field(self.form, "radio", "Want", options="Buy\nSell")
        self._add_field(self.form, "number", "Size", sequence=60, condition_field_id=want.id, condition_value="Sell")
        self.form.rule_ids = [(0, 0, {"field_id": want.id, "value": "Sell", "user_id": self.seller.id})]
        copied = self.form.copy()
        source = copied.field_ids.filtered("condition_field_id").condition_field_id
        self.assertEqual((source.form_id, source.name), (copied, "want"))
        self.assertEqual(copied.rule_ids.field_id, source)
        copied.action_publish()

    def test_rule_of_an_answer_decides_who_gets_it(self):
        want = self._add_field(self.form, "multi", "Want", options="Buy\nSell")
        tag = self.env["crm.tag"].create({"name": "wf seller"})
        every = self.env["crm.tag"].create({"name": "wf website"})
        team = self.env["crm.team"].create({"name": "Sellers", "company_id": self.company_a.id})
        self.form.tag_ids = every
        self.form.rule_ids = [
            (
                0,
                0,
                {
                    "field_id": want.id,
                    "value": "sell",
                    "team_id": team.id,
                    "user_id": self.seller.id,
                    "tag_ids": tag.ids,
                },
            )
        ]
        self._publish()
        lead = self._process(want=["Buy", "Sell"]).lead_id
        self.assertEqual((lead.user_id, lead.team_id, lead.tag_ids), (self.seller, team, tag | every))
        other = self._process(want=["Buy"], email="bea@wf.example").lead_id
        self.assertEqual(other.tag_ids, every)
        self.assertNotEqual(other.user_id, self.seller)
        self.assertIn("Want: Buy", other.description, "the question, not its technical key")

    def test_members_take_turns(self):
        team = self.env["crm.team"].create({"name": "Turns", "company_id": self.company_a.id})
        team.member_ids = self.seller | self.manager
        self.form.write({"team_id": team.id, "take_turns": True})
        self._publish()
        owners = [self._process(email=f"turn{number}@wf.example").user_id for number in range(4)]
        self.assertEqual(set(owners[:2]), {self.seller, self.manager})
        self.assertEqual(owners[:2], owners[2:])

    def test_number_and_rating(self):
        self._add_field(self.form, "number", "Size", minimum="10", maximum="1000")
        self._add_field(self.form, "rating", "Stars", maximum="3")
        self._add_field(self.form, "date", "When", minimum="today")
        self._publish()
        who = {"name": "Ana", "email": "ana@wf.example"}
        bad = {"size": "9", "stars": "4", "when": "2001-01-01"}
        self.assertEqual(
            answers.validate(self.form.version_id.schema, {**who, **bad})[1],
            {"size": "min", "stars": "choice", "when": "early"},
        )
        good = {"size": "10,50", "stars": "3", "when": "2999-01-01"}
        self.assertEqual(answers.validate(self.form.version_id.schema, {**who, **good})[1], {})

    def test_question_opens_by_itself(self):
        field = self._add_field(self.form, "rating", "Stars")
        with Form(field.with_user(self.manager)) as view:
            view.help_text = "One is bad"
        self.assertEqual(field.help_text, "One is bad")
        self.assertEqual(field.action_open_details()["res_id"], field.id)

    def test_points_say_what_happens(self):
        self._add_field(self.form, "radio", "When", options="Now\nLater", option_points="10, 1")
        self._add_field(self.form, "rating", "Stars", points=2)
        tag = self.env["crm.tag"].create({"name": "wf hot"})
        self.form.result_ids = [
            (0, 0, {"name": "Cold", "points_from": 0}),
            (
                0,
                0,
                {
                    "name": "Hot",
                    "points_from": 15,
                    "thanks": "We call today.",
                    "priority": "3",
                    "tag_ids": tag.ids,
                    "next_step": "Call now",
                },
            ),
        ]
        self._publish()
        hot = self._process(when="Now", stars="3")
        self.assertEqual((hot.score, hot.result_id.name), (16, "Hot"))
        self.assertEqual((hot.lead_id.priority, hot.lead_id.tag_ids), ("3", tag))
        self.assertFalse(hot.lead_id.activity_ids, "nobody is there to do it")
        self.form.user_id = self.seller
        warm = self._process(when="Now", stars="4", email="warm@wf.example")
        step = warm.lead_id.activity_ids
        self.assertEqual((step.summary, step.user_id), ("Call now", self.seller))
        self.assertEqual(step.date_deadline, fields.Date.today())
        cold = self._process(when="Later", email="cold@wf.example")
        self.assertFalse(cold.lead_id.activity_ids, "the pipeline plans nothing by itself")
        self.assertEqual((cold.score, cold.result_id.name), (1, "Cold"))
        version = self.form.version_id
        self.assertEqual(self.form._get_thanks(version, {"when": "Now", "stars": "3"}, "en_US"), "We call today.")
        self.assertEqual(self.form._get_thanks(version, {"when": "Later"}, "en_US"), self.form.thanks)
