import doctest
import random

from odoo.tests import BaseCase, tagged

from ..tools import canonical, ledger, ledger_format, split


@tagged("post_install", "-at_install")
class TestTools(BaseCase):
    def test_doctests(self):
        """The examples in the documentation of the tools are true."""
        for module in (canonical, ledger, ledger_format, split):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted, module.__name__)
            self.assertFalse(result.failed, module.__name__)

    def test_parts_add_up(self):
        """The parts are multiples of the step, add up exactly and are at most one step off their share."""
        dice = random.Random(19)
        for _run in range(2000):
            step = dice.choice([0.01, 1.0, 0.001, 0.05])
            units = dice.randrange(1, 10**7)
            weights = [dice.randrange(1, 10000) / 100 for _part in range(dice.randrange(1, 7))]
            parts = split.split(units * step, weights, step)
            self.assertEqual(sum(round(part / step) for part in parts), units)
            for part, weight in zip(parts, weights, strict=True):
                self.assertLess(abs(part / step - units * weight / sum(weights)), 1.000001)
