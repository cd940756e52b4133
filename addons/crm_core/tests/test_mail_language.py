from odoo.tests import tagged

from .test_quote import QuoteCase

LANGUAGES = {"es_ES": ("Hola", "Ver el presupuesto"), "ca_ES": ("Hola", "Veure el pressupost")}
ENGLISH = ("Hello", "Dear", "Kind regards", " you ", " our ")


@tagged("post_install", "-at_install")
class TestMailLanguage(QuoteCase):
    """What customers read comes in their language, as soon as it is installed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in LANGUAGES:
            cls.env["res.lang"]._activate_lang(code)
        cls.env["ir.module.module"]._load_module_terms(["crm_core"], list(LANGUAGES))

    def test_every_template_is_translated(self):
        found = self.env["ir.model.data"].search([("module", "=", "crm_core"), ("model", "=", "mail.template")])
        templates = self.env["mail.template"].browse(found.mapped("res_id"))
        self.assertGreaterEqual(len(templates), 11)
        for code in LANGUAGES:
            for template in templates.with_context(lang=code):
                with self.subTest(language=code, template=template.name):
                    self.assertNotEqual(template.subject, template.with_context(lang="en_US").subject)
                    for word in ENGLISH:
                        self.assertNotIn(word, template.body_html)

    def test_the_customer_s_language_decides(self):
        template = self.env.ref("crm_core.mail_template_quote_followup")
        for code, words in LANGUAGES.items():
            self.order.partner_id.lang = code
            mail = template._generate_template(self.order.ids, ("subject", "body_html"))[self.order.id]
            for word in words:
                self.assertIn(word, mail["body_html"])
            self.assertIn(self.order.name, mail["body_html"])
            self.assertNotIn("Our quote", mail["subject"])
