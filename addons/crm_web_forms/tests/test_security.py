from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WebFormsCase

MODELS = ("crm.web.form", "crm.web.form.field", "crm.web.form.version")


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
        for model in MODELS:
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.employee).search([])

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
