import doctest
import importlib
import pkgutil

from odoo.tests import BaseCase, tagged

from odoo.addons.crm_core import tools
from odoo.addons.crm_core.tools import payload


@tagged("post_install", "-at_install")
class TestTools(BaseCase):
    def test_doctests(self):
        for info in pkgutil.iter_modules(tools.__path__, f"{tools.__name__}."):
            with self.subTest(module=info.name):
                result = doctest.testmod(importlib.import_module(info.name))
                self.assertTrue(result.attempted)
                self.assertFalse(result.failed)

    def test_direction_marks_are_removed(self):
        self.assertEqual(payload.clean_line("safe\u202egpj.exe"), "safe gpj.exe")

    def test_every_shape_of_payload_is_survived(self):
        for value in (None, [], {}, 3.5, True, "x" * 10**6, {"a": {"b": []}}):
            cleaned = payload.clean_payload({"name": value, "utm": value, "tags": value, "answers": value})
            self.assertLessEqual(len(cleaned["name"]), payload.LINE_LIMIT)
