import doctest
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from odoo.addons.crm_automotive_dealer.tools import (
    disclosure,
    envelope,
    network,
    pull,
    referral,
    schema,
    vin,
    vin_hint,
    webhook,
)

# Structurally sound numbers as makers write them; the check digit of the European ones is anything.
EUROPEAN = (
    "WVWZZZ1KZAW123456", "VSSZZZ5FZHR012345", "TMBJJ7NE5J0123456", "WAUZZZ8K1DA006278", "VF1RFB00361234567",
    "WBA3B3C50EJ123456", "ZFA31200000123456", "UU1HSDAG543210987", "SALWA2FE7EA123456", "YV1BW84S8F1234567",
)  # fmt: skip
AMERICAN = ("1M8GDM9AXKP042788", "1HGCM82633A004352", "5YJSA1E18HF000337")
CHINESE = ("LSJA24U62JS000001", "LGXC16DF4A0000000", "LRW3E7EK1MC123456")
# Who built them, and when; the last one by nobody known.
MADE_BY = {
    "WVWZZZ1KZAW123456": ("Volkswagen", 2010),
    "VSSZZZ5FZHR012345": ("SEAT", 2017),
    "WBA3B3C50EJ123456": ("BMW", 2014),
    "1HGCM82633A004352": ("Honda", 2003),
    "5YJSA1E18HF000337": ("Tesla", 2017),
    "LSJA24U62JS000001": ("SAIC MG", 2018),
    "LRW3E7EK1MC123456": ("Tesla China", 2021),
    "XA1NVA00ZS1100437": (None, 2025),
}


@tagged("post_install", "-at_install")
class TestTools(BaseCase):
    def test_doctests(self):
        modules = (disclosure, envelope, network, pull, referral, schema, vin, vin_hint, webhook)
        for module in modules:
            with self.subTest(module=module.__name__):
                self.assertEqual(doctest.testmod(module).failed, 0)

    def test_european_numbers_pass(self):
        for number in EUROPEAN:
            with self.subTest(vin=number):
                self.assertIsNone(vin.problem(number))
                self.assertIn(vin.check_hint(number), ("valid", "not_used"))

    def test_check_digit_of_america_and_china(self):
        for number in AMERICAN:
            with self.subTest(vin=number):
                self.assertEqual(vin.check_hint(number), "valid")
                wrong = number[:8] + ("1" if number[8] != "1" else "2") + number[9:]
                self.assertEqual(vin.check_hint(wrong), "failed")
        for number in CHINESE:
            self.assertIsNone(vin.problem(number))
            self.assertIn(vin.check_hint(number), ("valid", "failed"))

    def test_pattern_names_no_single_car(self):
        for number in EUROPEAN + AMERICAN + CHINESE:
            other = number[:11] + "999999"
            self.assertEqual(vin.pattern(number), vin.pattern(other))
            self.assertNotIn(number[-6:], vin.pattern(number))

    def test_who_built_it_is_a_hint(self):
        for number, (maker, year) in MADE_BY.items():
            with self.subTest(vin=number):
                found = vin_hint.hint(number)
                self.assertEqual(found.get("maker"), maker)
                self.assertIn(year, found.get("years", [None]))

    def test_without_the_package_there_is_no_hint(self):
        with patch.object(vin_hint, "vininfo", None):
            self.assertEqual(vin_hint.hint("WVWZZZ1KZAW123456"), {})
