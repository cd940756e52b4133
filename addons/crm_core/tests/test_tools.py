import doctest

from odoo.tests import BaseCase, tagged

from odoo.addons.crm_core.tools import backoff, payload, quote_diff, timeline


@tagged("post_install", "-at_install")
class TestTools(BaseCase):
    def test_doctests(self):
        for module in (backoff, payload, quote_diff, timeline):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted, module.__name__)
            self.assertFalse(result.failed, module.__name__)

    def test_direction_marks_are_removed(self):
        self.assertEqual(payload.clean_line("safe\u202egpj.exe"), "safe gpj.exe")

    def test_every_shape_of_payload_is_survived(self):
        for value in (None, [], {}, 3.5, True, "x" * 10**6, {"a": {"b": []}}):
            cleaned = payload.clean_payload({"name": value, "utm": value, "tags": value, "answers": value})
            self.assertLessEqual(len(cleaned["name"]), payload.LINE_LIMIT)
