from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from odoo.addons.crm_web_forms.tools import proof

from .common import WebFormsCase


@tagged("post_install", "-at_install")
class TestCrmWebForm(WebFormsCase):
    def test_created_with_only_a_name(self):
        form = self.env["crm.web.form"].create({"name": "Enquiry"})
        self.assertEqual(form.field_ids.mapped("name"), ["name", "email", "phone", "message"])
        self.assertEqual(form.field_ids.mapped("maps_to"), ["contact_name", "email", "phone", "message"])
        self.assertEqual(len(form.uuid), 36)
        self.assertEqual(form.state, "draft")

    def test_publishing_keeps_a_version_of_each_state(self):
        self.form.action_publish()
        first = self.form.version_id
        self.form.action_publish()
        self.assertEqual(self.form.version_id, first, "nothing changed, nothing new")
        self.assertFalse(self.form.has_changes)
        self.form.field_ids[0].label = "Your name"
        self.form.invalidate_recordset()
        self.assertTrue(self.form.has_changes)
        self.form.action_publish()
        self.assertEqual(self.form.version_id.number, 2)
        self.assertEqual(first.schema["fields"][0]["label"]["en_US"], "Name")
        self.form.action_unpublish()
        self.assertEqual(self.form.state, "draft")

    def test_what_is_remembered_is_never_old(self):
        """Visitors' requests read no form again until somebody changes it."""
        live = self.env["crm.web.form"]._find_live
        self.assertFalse(live(self.form.uuid))
        self.form.team_id = self.env["crm.team"].create({"name": "Gone soon", "company_id": self.company_a.id})
        self.form.action_publish()
        self.assertEqual(live(self.form.uuid).rate_form, 1200)
        self.form.rate_form = 7
        self.env.invalidate_all()
        self.assertEqual(live(self.form.uuid).rate_form, 7)
        self.form.team_id.unlink()
        self.env.invalidate_all()
        self.assertFalse(live(self.form.uuid).team_id, "the database emptied it by itself")
        self.form.active = False
        self.assertFalse(live(self.form.uuid))
        copy = self.form.copy({"active": True})
        copy.action_publish()
        number = copy.uuid
        self.assertTrue(live(number))
        copy.unlink()
        self.assertFalse(live(number))

    def test_a_submission_goes_to_the_team_there_is(self):
        """Even if a team is deleted while the form is remembered."""
        self.form.team_id = self.env["crm.team"].create({"name": "Gone soon", "company_id": self.company_a.id})
        self.form.owner_id = self.manager
        self.form.action_publish()
        teams = []
        for number in range(2):
            form = self.env["crm.web.form"]._find_live(self.form.uuid)
            form._take(form.version_id, {"email": f"team{number}@wf.example"}, "en_US", f"team-{number}")
            taken = self.env["crm.intake"].search([("form_id", "=", form.id)], limit=1)
            self.assertEqual(taken.job_user_id, self.manager)
            teams.append(taken.team_id.name)
            taken.team_id.unlink()
            self.env.invalidate_all()
        self.assertEqual(teams, ["Gone soon", False])

    def test_a_submission_costs_few_queries(self):
        """As many as it keeps rows: an attempt, the used challenge, the submission; and whether the worker is awake."""
        self.form.proof_mode = "require"
        self.form.action_publish()
        challenges = self.env["crm.web.challenge"]
        solved = [proof.solve(challenges._make(self.form)) for _number in range(2)]
        uuid = self.form.uuid
        for number, payload in enumerate(solved):
            self.env.flush_all()
            self.env.invalidate_all()
            with self.assertQueryCount(4 if number else 20):
                form = self.env["crm.web.form"]._find_live(uuid)
                clean = {"name": "Ana", "email": f"few{number}@wf.example", "message": "Hello"}
                self.assertFalse(form._wait_for_turn(form.version_id, clean, form._hash_network("192.0.2.1")))
                self.assertEqual(form._weigh_proof(payload), "solved")
                signs = form._judge(form.version_id, clean, False, proof="solved")
                receipt = form._take(form.version_id, clean, "en_US", f"few-{number}", signs)
                self.env.flush_all()
            self.assertTrue(receipt)

    def test_version_is_immutable(self):
        self.form.action_publish()
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            self.form.version_id.schema = {}

    def test_what_is_incomplete_is_not_published(self):
        choice = self._add_field(self.form, "choice", "Which?")
        with self.assertRaisesRegex(UserError, "nothing to choose from"):
            self.form.action_publish()
        choice.options = "One\n Two \n\nOne"
        consent = self._add_field(self.form, "consent", False, name="agree")
        with self.assertRaisesRegex(UserError, "what people agree to"):
            self.form.action_publish()
        consent.purpose_id = self.purpose
        self.form.action_publish()
        fields = {field["key"]: field for field in self.form.version_id.schema["fields"]}
        self.assertEqual([option["value"] for option in fields["which"]["options"]], ["One", "Two"])
        self.assertEqual(fields["agree"]["label"]["en_US"], "Send me news.")
        self.form.field_ids.unlink()
        with self.assertRaisesRegex(UserError, "no fields"):
            self.form.action_publish()

    def test_technical_keys(self):
        first = self._add_field(self.form, "text", "Property ref.")
        second = self._add_field(self.form, "text", "Property ref?")
        self.assertEqual((first.name, second.name), ("property_ref", "property_ref_2"))
        self.assertEqual(first.maps_to, "answer")
        for key in ("lang", "Name", "_token", "a-b", "x" * 41):
            with self.subTest(key=key), self.assertRaises(ValidationError), self.cr.savepoint():
                first.name = key

    def test_texts_in_every_language(self):
        self.env["res.lang"]._activate_lang("ca_ES")
        self.form.with_context(lang="ca_ES").name = "Contacte"
        self.form.action_publish()
        self.assertEqual(self.form.version_id.schema["title"]["ca_ES"], "Contacte")

    def test_websites_and_redirect(self):
        elsewhere = "https://shop.example.com/thanks"
        for values, message in (
            ({"allowed_origins": "shop"}, "not the address of a website"),
            ({"redirect_url": elsewhere}, "Add that of"),
            ({"redirect_url": "javascript:alert(1)"}, "Add that of"),
        ):
            with self.assertRaisesRegex(ValidationError, message), self.cr.savepoint():
                self.form.write(values)
            self.form.invalidate_recordset()
        self.form.write({"allowed_origins": "https://shop.example.com", "redirect_url": elsewhere})
        self.form.redirect_url = self.form.get_base_url() + "/thanks"

    def test_snippets_escape_the_title(self):
        self.form.name = '"><script>alert(1)</script>'
        self.form.action_publish()
        self.assertNotIn("<script>alert", self.form.snippet_iframe)
        self.assertIn(self.form.public_url, self.form.snippet_html)
        self.assertIn('name="email"', self.form.snippet_html)

    def test_used_form_is_not_deleted(self):
        spare = self.form.copy()
        self.assertEqual(spare.name, "Contact us (copy)")
        self.assertNotEqual(spare.uuid, self.form.uuid)
        spare.action_publish()
        spare.unlink()
        self.form.action_publish()
        self.env["crm.intake"]._receive(
            "web_form",
            "lead",
            {},
            company_id=self.company_a.id,
            form_id=self.form.id,
            version_id=self.form.version_id.id,
        )
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            self.form.unlink()

    def test_form_view_opens(self):
        with Form(self.env["crm.web.form"].with_user(self.manager)) as view:
            view.name = "Built by hand"
            with view.field_ids.new() as line:
                line.label = "How many rooms?"
                line.type = "choice"
                line.options = "One\nTwo"
        form = view.record
        self.assertEqual(form.field_ids[-1].name, "how_many_rooms")
        form.action_publish()
        self.assertEqual(form.state, "published")

    def test_counters_cost_the_same_for_many_forms(self):
        forms = self.form
        for number in range(10):
            forms |= self.form.copy({"name": f"Form {number}"})
        counters = ["submission_count", "lead_count", "won_count"]
        forms[:1].read(counters)
        self.env.invalidate_all()
        with self.assertQueryCount(__system__=4):
            forms.read(counters)

    def test_taking_a_submission_costs_few_queries(self):
        self.form.action_publish()
        clean = {"name": "Ana", "email": "ana.wf@example.com", "phone": "", "message": ""}
        uuid = self.form.uuid

        def take(key):
            form = self.env["crm.web.form"]._find_live(uuid)
            self.env["crm.web.rate.event"].sudo()._hit(form, "network")
            form._take(form.version_id, clean, "en_US", key)
            self.env.flush_all()

        take("first")
        self.env.invalidate_all()
        with self.assertQueryCount(__system__=3):
            take("second")
