from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import CrmCoreCommon

# What somebody might try, and a word of the sentence that refuses it.
ATTACKS = {
    "{{ buyer.__class__ }}": "no placeholder",
    "{{ record.env.cr }}": "no field",
    "{{ env }}": "cannot begin",
    "{{ self.pool }}": "cannot begin",
    "{{ buyer.unlink() }}": "no placeholder",
    "{{ __import__('os') }}": "no placeholder",
    "{{ 7*7 }}": "no placeholder",
    "{{ buyer['name'] }}": "no placeholder",
    "{{ buyer.sudo }}": "no field",
    "{{ record._fields }}": "no placeholder",
    "{{ record.user_id.password }}": "cannot be used",
    "{{ record.user_id.login }}": "cannot be used",
    "{{ record.user_id.group_ids }}": "cannot be used",
    "{{ record.message_ids.body }}": "cannot be used",
    "{{ buyer.signup_token }}": "no field",
    "{{ buyer.user_ids.totp_secret }}": "cannot be used",
    "{{ record.create_uid.api_key_ids }}": "cannot be used",
    "{{ company.logo }}": "cannot be used",
    "{{ today | exec }}": "unknown display",
    "{{ buyer.parent_id.parent_id.parent_id.parent_id.name }}": "too many",
    '<a href="{{ buyer.website }}">x</a>': "address of a link",
    '<img src="x" alt="{{ buyer.name }}">': "address of a link",
    "{{ clause.nothing }}": "no such clause",
}


@tagged("post_install", "-at_install")
class TestDocumentTemplate(CrmCoreCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann, cls.bob = cls.env["res.partner"].create(
            [
                {
                    "name": "Ann Buyer",
                    "vat": "X1",
                    "street": "Long Lane 1",
                    "city": "Brisamar",
                    "email": "a@example.com",
                },
                {"name": "Bob Bank", "email": "b@example.com"},
            ]
        )
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "A project",
                "type": "opportunity",
                "partner_id": cls.ann.id,
                "user_id": cls.seller.id,
                "company_id": cls.company.id,
                "expected_revenue": 1500,
                "date_deadline": "2026-03-01",
            }
        )

    def _template(self, body, **values):
        values = {"name": "Contract", "body": body, "company_id": self.company.id, **values}
        return self.env["crm.document.template"].with_user(self.manager).create(values)

    def _render(self, body, record=None, **values):
        record = (record or self.lead).with_user(self.seller)
        html, missing = self._template(body, **values).with_user(self.seller)._render_for(record)
        return str(html), [one["label"] for one in missing]

    def _text(self, body, **values):
        return self._render(f"<p>{body}</p>", **values)[0].removeprefix("<p>").removesuffix("</p>")

    # ------------------------------------------------------------
    # Filling in
    # ------------------------------------------------------------

    def test_values_of_every_kind(self):
        spanish = self.env.ref("base.lang_es")
        for body, expected in {
            "{{ buyer.name }}": "Ann Buyer",
            "{{ buyer.name | upper }}": "ANN BUYER",
            "{{ seller.name }} {{ company.name }}": "Company A Company A",
            "{{ record.date_deadline }}": "1 de marzo de 2026",
            "{{ record.type }}": "Opportunity",
            "{{ record.user_id.name }}": self.seller.name,
            "{{ user.name }}": self.seller.name,
            "{{ buyer.street2? }}": "",
            "{{ record.stage_id }}": self.lead.stage_id.name,
        }.items():
            with self.subTest(body=body):
                self.assertEqual(self._text(body, lang_id=spanish.id), expected)

    def test_an_amount_has_the_currency_of_the_record(self):
        self.assertIn("1,500.00", self._text("{{ record.expected_revenue }}"))
        self.assertIn(self.lead.company_currency.symbol, self._text("{{ record.expected_revenue }}"))

    def test_several_buyers(self):
        self.ann.lang = "en_US"
        for partner in self.ann + self.bob:
            self.env["crm.lead.party"].create({"lead_id": self.lead.id, "partner_id": partner.id, "role": "buyer"})
        self.assertEqual(self._text("{{ buyer.name }}"), "Ann Buyer and Bob Bank")
        html, missing = self._render("<p>{{ buyer | identification }}</p>")
        self.assertIn("<strong>Ann Buyer</strong>, tax number X1, of Long Lane 1, Brisamar", html)
        self.assertEqual(missing, ["Buyer: Tax number, Address"])

    def test_a_table_of_lines(self):
        product = self.env["product.product"].create({"name": "Advice", "type": "service"})
        line = (0, 0, {"product_id": product.id, "product_uom_qty": 3, "price_unit": 10, "tax_ids": False})
        order = self.env["sale.order"].create(
            {"partner_id": self.ann.id, "company_id": self.company.id, "user_id": self.seller.id, "order_line": [line]}
        )
        html, missing = self._render(
            "<p>{{ record.order_line | table: product_id, product_uom_qty, price_subtotal }}</p>",
            order,
            model_id=self.env["ir.model"]._get_id("sale.order"),
        )
        self.assertIn("Advice", html)
        self.assertIn("30.00", html)
        self.assertFalse(missing)

    def test_what_is_missing_is_named_with_whose_it_is(self):
        template = self._template("<p>{{ buyer.vat }} {{ seller.vat }} {{ guarantor.name }} {{ record.referred }}</p>")
        html, missing = template._render_for(self.lead)
        self.assertEqual(
            [(one["label"], one["res_model"]) for one in missing],
            [
                ("Seller: Tax ID", "res.partner"),
                ("Guarantor: nobody chosen", "crm.lead"),
                ("Lead: Referred By", "crm.lead"),
            ],
        )
        self.assertEqual(missing[0]["res_id"], self.company.partner_id.id)
        self.assertIn("[Seller: Tax ID]", html)

    def test_what_a_customer_wrote_is_text(self):
        self.ann.name = "<script>alert(1)</script>{{ company.vat }}<b>x</b>"
        html, _missing = self._render("<p>{{ buyer.name }}</p>")
        self.assertNotIn("<script", html)
        self.assertNotIn("<b>", html)
        self.assertIn("{{ company.vat }}", html, "a value is never read as a template")
        self.lead.description = '<p>Hi<img src="http://evil.example.com/x.png"></p>'
        self.assertEqual(self._text("{{ record.description }}"), "Hi")

    # ------------------------------------------------------------
    # What is refused
    # ------------------------------------------------------------

    def test_attacks_are_refused_when_saved(self):
        for body, word in ATTACKS.items():
            with self.subTest(body=body), self.assertRaisesRegex(ValidationError, word):
                self._template(f"<p>{body}</p>")

    def test_attacks_are_refused_for_the_superuser_and_when_rendered(self):
        template = self._template("<p>x</p>").sudo()
        for body in ATTACKS:
            # As if it had been saved before somebody tightened the rules.
            self.env.cr.execute(
                "UPDATE crm_document_template SET body = %s WHERE id = %s", (f"<p>{body}</p>", template.id)
            )
            template.invalidate_recordset()
            with self.subTest(body=body):
                try:
                    html = str(template._render_for(self.lead.sudo())[0])
                except ValueError as error:
                    self.assertTrue(str(error))
                except UserError as error:
                    self.assertTrue(error.args[0])
                else:
                    self.assertTrue("href" in body or "img" in body or "clause" in body or "…" in html, html)

    def test_a_field_the_user_may_not_read(self):
        field = self.env["res.partner"]._fields["ref"]
        self.patch(field, "groups", "account.group_account_manager")
        with self.assertRaises(AccessError):
            self._template("<p>{{ buyer.ref }}</p>")
        template = self.env["crm.document.template"].create({"name": "T", "body": "<p>{{ buyer.ref? }}</p>"})
        with self.assertRaises(AccessError):
            template.with_user(self.seller)._render_for(self.lead.with_user(self.seller))

    def test_a_record_the_user_may_not_read(self):
        other = self.lead.copy({"user_id": self.manager.id})
        template = self._template("<p>{{ record.name }}</p>")
        with self.assertRaises(AccessError):
            template.with_user(self.seller)._render_for(other.with_user(self.seller))

    def test_unknown_fields_are_explained(self):
        with self.assertRaisesRegex(ValidationError, "“buyer.vatt”.*no field “vatt”.*Did you mean “vat”"):
            self._template("<p>{{ buyer.vatt }}</p>")
        with self.assertRaisesRegex(ValidationError, "remove the bold"):
            self._template("<p>{{ buyer<b>.name</b> }}</p>")
        with self.assertRaisesRegex(ValidationError, "no documents are made"):
            self._template("<p>x</p>", model_id=self.env["ir.model"]._get_id("res.users"))

    def test_only_managers_edit_templates(self):
        template = self._template("<p>x</p>")
        for change in ({"body": "<p>y</p>"}, {"name": "z"}):
            with self.assertRaises(AccessError):
                template.with_user(self.seller).write(change)
        with self.assertRaises(AccessError):
            self.env["crm.document.template"].with_user(self.seller).create({"name": "T"})
        with self.assertRaises(AccessError):
            template.with_user(self.seller_b).read(["name"])

    # ------------------------------------------------------------
    # Clauses
    # ------------------------------------------------------------

    def _clause(self, code, **values):
        return (
            self.env["crm.document.clause"]
            .with_user(self.manager)
            .create(
                {
                    "name": code.title(),
                    "code": code,
                    "body": f"<p>{code}</p>",
                    "company_id": self.company.id,
                    **values,
                }
            )
        )

    def test_clauses_with_conditions(self):
        model = self.env["ir.model"]._get_id("crm.lead")
        big = self._clause("big", sequence=1, model_id=model, condition="[('expected_revenue', '>', 1000)]")
        small = self._clause("small", sequence=2, model_id=model, condition="[('expected_revenue', '<', 1000)]")
        always = self._clause("always", sequence=3, body="<p>For {{ buyer.name }}</p>")
        values = {"clause_ids": [(6, 0, (big + small + always).ids)]}
        html, _missing = self._render("<div>{{ clauses }}</div>", **values)
        self.assertIn("1. Big", html)
        self.assertIn("2. Always", html)
        self.assertIn("For Ann Buyer", html)
        self.assertNotIn("small", html)
        self.assertIn("For Ann Buyer", self._render("<div>{{ clause.always }}</div>", **values)[0])

    def test_conditions_are_data(self):
        model = self.env["ir.model"]._get_id("crm.lead")
        for condition in (
            "[('name', '=', __import__('os').getcwd())]",
            "env['res.users'].search([])",
            "[('user_id.password', '!=', False)]",
            "[('nothing', '=', 1)]",
        ):
            with self.subTest(condition=condition), self.assertRaises(UserError):
                self._clause("c", model_id=model, condition=condition)
        with self.assertRaisesRegex(ValidationError, "choose which records"):
            self._clause("c", condition="[('name', '=', 'x')]")

    def test_a_clause_is_checked_with_its_templates(self):
        clause = self._clause("c")
        self._template("<p>{{ clauses }}</p>", clause_ids=[(6, 0, clause.ids)])
        with self.assertRaises(ValidationError):
            clause.body = "<p>{{ record.nothing }}</p>"
        with self.assertRaises(ValidationError):
            clause.body = "<p>{{ clauses }}</p>"
        self._template("<p>{{ clause.c }}</p>", clause_ids=[(6, 0, clause.ids)])
        with self.assertRaises(ValidationError):
            clause.code = "d"

    # ------------------------------------------------------------
    # The form
    # ------------------------------------------------------------

    def test_form_with_live_preview_and_list_of_placeholders(self):
        form = Form(self.env["crm.document.template"].with_user(self.manager))
        form.name = "Offer"
        form.body = "<p>Dear {{ buyer.name }}</p>"
        form.preview_ref = f"crm.lead,{self.lead.id}"
        self.assertIn("Dear Ann Buyer", form.preview)
        form.body = "<p>Dear {{ buyer.nmae }}</p>"
        self.assertIn("Did you mean", form.preview)
        form.body = "<p>Dear {{ buyer.name }}</p>"
        template = form.save()
        texts = [entry["text"] for entry in template.placeholders]
        self.assertIn("{{ buyer.vat }}", texts)
        self.assertIn("{{ record.expected_revenue }}", texts)
        self.assertFalse([text for text in texts if "password" in text or "token" in text])
        self._template("".join(f"<p>{text}</p>" for text in texts), clause_ids=[(6, 0, template.clause_ids.ids)])

    # ------------------------------------------------------------
    # The library
    # ------------------------------------------------------------

    def test_every_template_of_the_library_can_be_filled(self):
        templates = self.env["crm.document.template"].with_context(active_test=False)
        shipped = self.env["ir.model.data"].search([("module", "=", "crm_core"), ("model", "=", templates._name)])
        library = templates.browse(shipped.mapped("res_id")).exists().with_user(self.manager)
        self.assertEqual(len(library), 12)
        order = self.env["sale.order"].create({"partner_id": self.ann.id, "company_id": self.company.id})
        self.env["crm.lead.party"].create({"lead_id": self.lead.id, "partner_id": self.bob.id, "role": "guarantor"})
        records = {"crm.lead": self.lead, "sale.order": order, "res.partner": self.ann}
        for template in library:
            with self.subTest(template=template.name):
                html, _missing = template._render_for(records[template.model].with_user(self.manager))
                self.assertIn("Ann Buyer", html)
                self.assertNotIn("{{", html)
                if template.clause_ids:
                    self.assertIn("Bob Bank", html, "there is a guarantor, so the clause is there")
                self.assertTrue(template.signer_ids)
