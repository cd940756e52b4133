import doctest

from odoo.tests import BaseCase, tagged

from odoo.addons.crm_web_forms.tools import answers, body, conditions, openapi, origin, proof, schema, spam, upload


@tagged("post_install", "-at_install")
class TestTools(BaseCase):
    def test_doctests(self):
        for module in (answers, body, conditions, openapi, origin, proof, schema, spam, upload):
            with self.subTest(module=module.__name__):
                result = doctest.testmod(module)
                self.assertTrue(result.attempted)
                self.assertFalse(result.failed)

    def test_origin_tricks(self):
        allowed = ["https://shop.example.com"]
        for trick in (
            "https://shop.example.com.evil.test",
            "https://evil.test/https://shop.example.com",
            "http://shop.example.com",
            "https://shop.example.com:8443",
            "https://user@evil.test",
            "null",
            "",
            None,
            "https://[::1",
        ):
            with self.subTest(trick=trick):
                self.assertFalse(origin.is_allowed(trick, allowed))

    def test_one_line_fields_refuse_control_characters(self):
        form = {"fields": [{"key": "email", "type": "email", "required": True}]}
        for bad in ("a@b.example\r\nBcc: x@y.example", "a\x00@b.example", "a\x0b@b.example"):
            with self.subTest(bad=bad):
                self.assertEqual(answers.validate(form, {"email": bad})[1], {"email": "control"})

    def test_any_type_of_value_is_survived(self):
        kinds = ("text", "email", "phone", "textarea", "checkbox", "consent", "hidden")
        form = {"fields": [{"key": kind, "type": kind, "required": False} for kind in kinds]}
        for value in (None, 0, 1.5, True, [], ["a"], {}, {"a": 1}, "\ud800", "x" * 100_000, float("nan")):
            with self.subTest(value=str(value)[:20]):
                clean, _errors = answers.validate(form, dict.fromkeys(kinds, value))
                self.assertEqual(set(clean), set(kinds))
