import doctest

from odoo.tests import BaseCase, tagged

from odoo.addons.crm_realestate.tools import answers, feed_file, geo, kyero, kyero_schema, openimmo, slots, units


@tagged("post_install", "-at_install")
class TestTools(BaseCase):
    def test_doctests(self):
        for module in (answers, feed_file, geo, kyero, kyero_schema, openimmo, slots, units):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted, module.__name__)
            self.assertFalse(result.failed, module.__name__)
