import doctest

from odoo.tests import BaseCase, tagged

from odoo.addons.crm_realestate.tools import answers, geo, kyero, openimmo, slots, units


@tagged("post_install", "-at_install")
class TestTools(BaseCase):
    def test_doctests(self):
        for module in (answers, geo, kyero, openimmo, slots, units):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted, module.__name__)
            self.assertFalse(result.failed, module.__name__)
