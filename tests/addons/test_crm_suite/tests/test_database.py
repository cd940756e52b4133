"""What the models of the addons promise together, read from the database."""

from odoo.tests import TransactionCase, tagged

SUITE = (
    "crm_core",
    "crm_web_forms",
    "crm_web_forms_survey",
    "crm_accounting_bridge",
    "crm_realestate",
    "crm_automotive_dealer",
)


@tagged("post_install", "-at_install")
class TestDatabase(TransactionCase):
    def _models(self):
        """Return our stored models."""
        return [
            self.env[name]
            for name, model in self.registry.items()
            if model._original_module in SUITE and model._auto and not model._abstract and not model._transient
        ]

    def test_every_constraint_and_index_is_really_there(self):
        """The host only logs a constraint that PostgreSQL refused."""
        self.env.cr.execute("SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes")
        there = {row[0] for row in self.env.cr.fetchall()}
        for model in self._models():
            for name in model._table_objects:
                with self.subTest(model=model._name, object=name):
                    self.assertIn(name, there)

    def test_the_inverse_of_every_one2many_is_indexed(self):
        for name, model in self.registry.items():
            for field in model._fields.values():
                if field.type != "one2many":
                    continue
                inverse = self.env[field.comodel_name]._fields.get(field.inverse_name or "")
                if inverse is not None and set(inverse._modules) & set(SUITE) and inverse.store and inverse.column_type:
                    with self.subTest(model=name, field=field.name):
                        self.assertTrue(inverse.index, f"{inverse} has no index")

    def test_every_model_with_a_company_has_a_company_rule(self):
        rules = self.env["ir.rule"].search([("global", "=", True), ("domain_force", "like", "company_id")])
        guarded = set(rules.mapped("model_id.model"))
        for model in self._models():
            if "company_id" in model._fields:
                with self.subTest(model=model._name):
                    self.assertIn(model._name, guarded)

    def test_the_public_has_no_rights(self):
        ours = [model._name for model in self._models()]
        rights = self.env["ir.model.access"].search([("model_id.model", "in", ours)])
        outside = self.env.ref("base.group_public") + self.env.ref("base.group_portal")
        self.assertFalse(rights.filtered(lambda right: not right.group_id or right.group_id in outside))

    def test_everybody_may_copy_records_of_the_host(self):
        """A copy reads every field that is copied: one for some groups only would refuse it to the others."""
        everybody = {"crm.lead": (None, "base.group_user", "sales_team.group_sale_salesman")}
        for name, model in self.registry.items():
            if model._original_module in SUITE:
                continue
            for field in model._fields.values():
                if field.copy and field.store and set(field._modules) & set(SUITE):
                    with self.subTest(model=name, field=field.name):
                        self.assertIn(field.groups, everybody.get(name, (None, "base.group_user")))

    def test_nothing_is_asked_of_records_of_the_host(self):
        """The host's own code and tests make them while the suite is not loaded yet."""
        for name, model in self.registry.items():
            if model._original_module in SUITE or not model._auto:
                continue
            for field in model._fields.values():
                if field.store and field.column_type and set(field._modules) <= set(SUITE) and field._modules:
                    with self.subTest(model=name, field=field.name):
                        self.assertFalse(field.required)
