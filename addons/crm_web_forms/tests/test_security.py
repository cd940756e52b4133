from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WebFormsCase

MODELS = ("crm.web.form", "crm.web.form.field", "crm.web.form.version")
CLOSED = (
    *MODELS,
    "crm.web.form.rule",
    "crm.web.form.result",
    "crm.web.form.stat",
    "crm.web.form.report",
    "crm.web.challenge",
    "crm.web.mail",
    "crm.web.rate.event",
    "crm.web.form.key",
)


@tagged("post_install", "-at_install")
class TestSecurity(WebFormsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.form.action_publish()

    def test_manager_builds_and_publishes(self):
        form = self.env["crm.web.form"].with_user(self.manager).create({"name": "Mine"})
        self.assertEqual(form.company_id, self.company_a)
        form.action_publish()
        form.field_ids[0].label = "Other"
        form.action_publish()
        self.assertEqual(form.version_id.number, 2)

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_salesperson_reads_only(self):
        form = self.form.with_user(self.seller)
        self.assertTrue(form.public_url)
        self.assertTrue(form.snippet_html)
        for attempt in (lambda: form.write({"name": "x"}), form.action_publish, form.unlink):
            with self.assertRaises(AccessError):
                attempt()

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_other_employees_see_nothing(self):
        for model in CLOSED:
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.employee).search([])

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_attempts_and_keys_are_the_systems(self):
        for user in (self.seller, self.manager):
            with self.assertRaises(AccessError):
                self.env["crm.web.rate.event"].with_user(user).search([])
            with self.assertRaises(AccessError):
                self.form.with_user(user).read(["key_hash"])
        with self.assertRaises(AccessError):
            self.form.with_user(self.seller).action_make_key()
        with self.assertRaises(AccessError):
            self.form.with_user(self.manager_b).action_make_key()

    def test_salesperson_sees_own_submissions_only(self):
        """What a form brings in is the intake's: its rules hold."""
        for user in (self.seller, self.manager):
            self.form.user_id = user
            clean = {"name": "Ana", "email": f"{user.login}@example.com"}
            self.form._take(self.form.version_id, clean, "en_US")
        domain = [("form_id", "=", self.form.id)]
        self.assertEqual(self.env["crm.intake"].with_user(self.seller).search(domain).user_id, self.seller)
        self.assertEqual(self.env["crm.intake"].with_user(self.manager).search_count(domain), 2)
        self.assertFalse(self.env["crm.intake"].with_user(self.manager_b).search(domain))

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_companies_are_apart(self):
        for model in MODELS:
            with self.subTest(model=model):
                self.assertFalse(
                    self.env[model].with_user(self.manager_b).search([("company_id", "=", self.company_a.id)])
                )
        with self.assertRaises(AccessError):
            self.form.with_user(self.manager_b).read(["name"])
        with self.assertRaises(AccessError):
            self.form.version_id.with_user(self.manager_b).read(["schema"])
