import doctest

from odoo.tests import BaseCase, tagged

from odoo.addons.crm_realestate.tools import answers


@tagged("post_install", "-at_install")
class TestTools(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(answers)
        self.assertTrue(result.attempted)
        self.assertFalse(result.failed)
