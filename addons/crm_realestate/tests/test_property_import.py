"""Properties from a sheet, through the host's import and its test run."""

import io

import openpyxl

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_realestate.controllers.import_sheet import XLSX

from .common import RealEstateCase

OPTIONS = {"has_headers": True, "quoting": '"', "separator": ",", "encoding": "utf-8", "date_format": "", "skip": 0}


@tagged("post_install", "-at_install")
class TestPropertyImport(RealEstateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.harbour = cls.env["realestate.zone"].create({"name": "Quay", "parent_id": cls.zone.id})
        cls.owner = cls.env["res.partner"].create(
            {"name": "Olga Owner", "email": "olga@example.com", "vat": "ES00000000T"}
        )
        cls.properties = cls.env["realestate.property"].with_user(cls.coordinator)

    def _import(self, content, kind="text/csv", dryrun=False):
        """Import the way the screen does: columns by their names, then the run; return its answer."""
        file = content.encode() if isinstance(content, str) else content
        values = {"res_model": "realestate.property", "file": file, "file_type": kind, "file_name": "homes"}
        wizard = self.env["base_import.import"].with_user(self.coordinator).create(values)
        preview = wizard.parse_preview(dict(OPTIONS))
        self.assertNotIn("error", preview)
        matches = preview["matches"]
        columns = ["/".join(matches[place]) if place in matches else False for place in range(len(preview["headers"]))]
        self.assertTrue(all(columns), (columns, preview["headers"]))
        return wizard.execute_import(columns, preview["headers"], {**OPTIONS, **preview["options"]}, dryrun=dryrun)

    def test_the_sheet_we_offer_can_be_read_back(self):
        template = self.properties.get_import_templates()[0]
        self.assertIn(".xlsx", template["template"])
        sheet = self.properties._make_import_sheet()
        headers = [cell.value for cell in next(openpyxl.load_workbook(io.BytesIO(sheet)).active.rows)]
        self.assertEqual(headers[:4], ["Reference", "Title", "Type", "Operation"])
        result = self._import(sheet, XLSX, dryrun=True)
        self.assertFalse(result["messages"])
        self.assertFalse(self.properties.search([("ref", "=like", "EX-%")]), "a test run keeps nothing")
        result = self._import(sheet, XLSX)
        self.assertFalse(result["messages"])
        flat, parking = self.properties.search([("ref", "=like", "EX-%")], order="ref")
        self.assertEqual((flat.operation, flat.price_sale, flat.beds), ("sale", 250000, 3))
        self.assertEqual((parking.operation, parking.price_rent), ("rent", 80))
        self.assertTrue(flat.zone_id and flat.type_id and len(flat.feature_ids) == 2)

    def test_people_and_places_by_what_people_write(self):
        """A zone by its path, an owner by e-mail or tax number, a choice by its word."""
        result = self._import(
            "Reference,Title,Type,Operation,Sale price,Zone,Owners and others/Contact\n"
            "CSV-1,Sea view,Flat,Sale,200000,Harbour / Quay,olga@example.com\n"
            "CSV-2,Garden,House,Sale or rent,300000,Harbour,ES00000000T\n"
            ",,,,,,otto@example.com\n"
        )
        self.assertFalse(result["messages"])
        first, second = self.properties.browse(result["ids"])
        self.assertEqual((first.zone_id, second.zone_id, second.operation), (self.harbour, self.zone, "both"))
        self.assertEqual(first.party_ids.partner_id, self.owner)
        self.assertEqual(second.party_ids.partner_id, self.owner | self.other_buyer)
        queue = self.env["realestate.match.queue"].search([("property_id", "in", (first | second).ids)])
        self.assertEqual(len(queue.property_id), 2)

    @mute_logger("odoo.sql_db")
    def test_bad_lines_are_named_and_nothing_is_kept(self):
        content = (
            "Reference,Title,Type,Sale price,Zone\n"
            "CSV-1,Good,Flat,200000,Harbour\n"
            "CSV-2,Bad type,Cave,200000,Harbour\n"
            "CSV-3,Bad zone,Flat,200000,Nowhere\n"
            "CSV-4,,Flat,200000,Harbour\n"
        )
        for dryrun in (True, False):
            result = self._import(content, dryrun=dryrun)
            told = {message["rows"]["from"]: message["message"] for message in result["messages"]}
            self.assertIn("Cave", told[1])
            self.assertIn("Nowhere", told[2])
            self.assertIn("Title", told[3])
            self.assertFalse(self.properties.search([("ref", "=like", "CSV-%")]))

    @mute_logger("odoo.sql_db")
    def test_what_the_database_refuses_is_a_sentence(self):
        for line, told in (("T-1,Again,1", "has this reference"), ("CSV-5,Less than nothing,-1", "cannot be negative")):
            result = self._import(f"Reference,Title,Sale price\n{line}\n")
            self.assertIn(told, result["messages"][0]["message"])

    def test_who_may(self):
        reader = self._make_user("reader", "base.group_user", company_ids=[Command.set(self.company.ids)])
        with self.assertRaises(AccessError):
            self.env["realestate.property"].with_user(reader).check_access("create")
