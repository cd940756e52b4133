import base64
import csv
import io
import zipfile
from decimal import Decimal

import openpyxl
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..tools import ledger_format
from .common import BillingCommon


@tagged("post_install", "-at_install")
class TestExports(BillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(cls.env, "mila", "account.group_account_manager", company_id=cls.company.id)
        cls.firm = cls.env["res.partner"].create(
            {"name": "=cmd|' /C calc'!A0", "vat": "ESA12345674", "is_company": True}
        )
        cls.moves = cls._invoice(100) | cls._invoice(33.33, quantity=3) | cls._invoice(50, "out_refund")

    @classmethod
    def _invoice(cls, price, move_type="out_invoice", quantity=1):
        move = cls.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": cls.firm.id,
                "invoice_date": "2026-03-10",
                "invoice_line_ids": [
                    fields.Command.create(
                        {
                            "product_id": cls.service.id,
                            "name": "-2+3 Peña",
                            "price_unit": price,
                            "quantity": quantity,
                            "tax_ids": [fields.Command.set(cls.tax_21.ids)],
                        }
                    )
                ],
            }
        )
        move.action_post()
        return move

    def _profile(self, file_format="xlsx", **values):
        return self.env["crm.export.profile"].create({"name": "Adviser", "file_format": file_format, **values})

    def _export(self, profile, **values):
        action = profile.with_user(self.accountant).action_new_export()
        batch = self.env["crm.export.batch"].with_user(self.accountant).browse(action["res_id"])
        if values:
            batch.write(values)
        batch.action_export()
        return batch, base64.b64decode(batch.attachment_id.datas)

    def test_once(self):
        """What has left does not leave again, except as a new version; the database refuses it too."""
        profile = self._profile()
        batch, content = self._export(profile)
        self.assertEqual(batch.line_ids.move_id, self.moves)
        self.assertEqual((batch.state, batch.exported_by_id, len(batch.sha256)), ("done", self.accountant, 64))
        with self.assertRaises(UserError):
            self._export(profile)
        with self.assertRaises(UserError):
            batch.action_export()
        late = self._invoice(7)
        second, _content = self._export(profile)
        self.assertEqual(second.line_ids.move_id, late)
        self.assertEqual((second.number, second.version), (2, 1))
        again = self.env["crm.export.batch"].with_user(self.accountant).browse(batch.action_new_version()["res_id"])
        again.action_export()
        self.assertEqual((again.number, again.version, again.line_ids.move_id), (1, 2, self.moves))
        self.assertEqual(again.sha256, batch.sha256, "the same entries are the same file")
        self.assertEqual(base64.b64decode(again.attachment_id.datas), content)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env["crm.export.line"].sudo().create({"batch_id": batch.id, "move_id": late.id, "version": 1}).copy()
        other, _content = self._export(self._profile())
        self.assertEqual(other.line_ids.move_id, self.moves | late, "every profile has its own memory")

    def test_only_the_export_exports(self):
        """Nobody marks an export as done by hand."""
        batch = self.env["crm.export.batch"].with_user(self.accountant).create({"profile_id": self._profile().id})
        with self.assertRaises(UserError):
            batch.state = "done"
        with self.assertRaises(UserError):
            batch.create({"profile_id": batch.profile_id.id, "state": "done"})

    def test_kept(self):
        batch, _content = self._export(self._profile())
        with self.assertRaises(UserError):
            batch.date_to = "2026-01-01"
        with self.assertRaises(UserError):
            batch.unlink()

    def test_deterministic(self):
        """The same entries make the same bytes, in every format."""
        profile = self._profile(account_length=8, customer_prefix="430")
        batch = self.env["crm.export.batch"].create({"profile_id": profile.id})
        entries = batch._get_entries()
        for name, (writer, _extension) in ledger_format.FORMATS.items():
            self.assertEqual(writer(entries), writer(batch._get_entries()), name)

    def test_workbook(self):
        """Four sheets; totals as in the books; text is text, numbers are numbers."""
        _batch, content = self._export(self._profile())
        book = openpyxl.load_workbook(io.BytesIO(content))
        self.assertEqual(book.sheetnames, ["invoices", "taxes", "items", "customers"])
        items = list(book["items"].values)
        head = items[0]
        debit = sum(Decimal(str(row[head.index("debit")])) for row in items[1:])
        credit = sum(Decimal(str(row[head.index("credit")])) for row in items[1:])
        self.assertEqual(debit, credit)
        self.assertEqual(float(debit), round(sum(self.moves.line_ids.mapped("debit")), 2))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        self.assertFalse([cell for cell in cells if cell.data_type == "f"], "no formula")
        self.assertIn("=cmd|' /C calc'!A0", [cell.value for cell in cells])
        self.assertEqual(sum(row[-2] for row in list(book["taxes"].values)[1:]), 21 + 21 - 10.5)

    def test_csv(self):
        """Text that a spreadsheet would run is disarmed; amounts are not."""
        _batch, content = self._export(self._profile("csv"))
        archive = zipfile.ZipFile(io.BytesIO(content))
        rows = list(csv.DictReader(io.StringIO(archive.read("invoices.csv").decode("utf-8-sig"))))
        self.assertEqual(rows[0]["customer"], "'=cmd|' /C calc'!A0")
        self.assertEqual(rows[0]["description"], "'-2+3 Peña")
        items = list(csv.DictReader(io.StringIO(archive.read("items.csv").decode("utf-8-sig"))))
        self.assertTrue(any(row["amount_currency"].startswith("-") for row in items))

    def test_xero(self):
        """Quantity times price is the untaxed amount to the cent; credit notes are negative."""
        tax_code = fields.Command.create({"tax_id": self.tax_21.id, "code": "OUTPUT2"})
        _batch, content = self._export(self._profile("xero", map_ids=[tax_code]))
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        total = sum(Decimal(row["*Quantity"]) * Decimal(row["*UnitAmount"]) for row in rows)
        self.assertEqual(total, Decimal("149.99"))
        self.assertEqual({row["*TaxType"] for row in rows}, {"OUTPUT2"})
        self.assertEqual(rows[0]["*InvoiceDate"], "10/03/2026")

    def test_contaplus(self):
        """Lines of one width, sub-accounts of the asked digits, each entry balanced, taxes with their counterpart."""
        batch, content = self._export(self._profile("contaplus", account_length=8, customer_prefix="430"))
        lines = content.decode("cp850").splitlines()
        self.assertEqual({len(line) for line in lines}, {297})
        places = {}
        start = 0
        for name, width, _kind, _decimals in ledger_format.CONTAPLUS:
            places[name] = slice(start, start + width)
            start += width
        rows = [{name: line[place].strip() for name, place in places.items()} for line in lines]
        self.assertEqual({len(row["SUBCTA"]) for row in rows}, {8})
        self.assertTrue(all(row["CONTRA"] for row in rows))
        for number in {row["ASIEN"] for row in rows}:
            entry = [row for row in rows if row["ASIEN"] == number]
            self.assertEqual(
                sum(Decimal(row["EURODEBE"]) for row in entry), sum(Decimal(row["EUROHABER"]) for row in entry)
            )
        tax = next(row for row in rows if Decimal(row["IVA"]))
        self.assertEqual((tax["IVA"], tax["BASEEURO"]), ("21.00", "100.00"))
        self.assertEqual(batch.attachment_id.name, "XDiario_0001_v1.txt")

    def test_contasol(self):
        _batch, content = self._export(self._profile("contasol", account_length=8))
        rows = list(openpyxl.load_workbook(io.BytesIO(content))["APU"].values)
        self.assertEqual(len(rows), len(self.moves.line_ids))
        self.assertEqual(round(sum(row[8] - row[9] for row in rows), 2), 0)

    def test_account_does_not_fit(self):
        """The preview says it, the export refuses it, nothing is marked."""
        profile = self._profile(account_length=1)
        batch = self.env["crm.export.batch"].create({"profile_id": profile.id})
        self.assertIn("does not fit", batch.problems)
        with self.assertRaises(UserError):
            batch.action_export()
        self.assertFalse(batch.line_ids)

    def test_other_codes(self):
        account = self.moves.invoice_line_ids.account_id[0]
        profile = self._profile(map_ids=[fields.Command.create({"account_id": account.id, "code": "7777"})])
        batch = self.env["crm.export.batch"].create({"profile_id": profile.id})
        codes = {item["account"] for entry in batch._get_entries() for item in entry["items"]}
        self.assertIn("7777", codes)
        self.assertNotIn(account.code, codes)

    def test_forms(self):
        with Form(self.env["crm.export.profile"].with_user(self.manager)) as form:
            form.name = "Adviser"
        with Form(self.env["crm.export.batch"].with_user(self.accountant)) as form:
            form.profile_id = self.env["crm.export.profile"].browse(form.id) or self._profile()
            self.assertEqual(form.move_count, 3)
            self.assertIn("Debit", str(form.preview_html))

    def test_roles(self):
        """Accountants export, managers make profiles, salespeople see nothing; companies are apart."""
        profile = self._profile()
        batch, _content = self._export(profile)
        for model in ("crm.export.profile", "crm.export.profile.map", "crm.export.batch", "crm.export.line"):
            self.assertFalse(self.env[model].with_user(self.seller).has_access("read"), model)
            self.assertTrue(self.env[model].with_user(self.accountant).has_access("read"), model)
        self.assertFalse(self.env["crm.export.line"].with_user(self.manager).has_access("create"))
        self.assertFalse(profile.with_user(self.accountant).has_access("write"))
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env, "stan", "account.group_account_manager", company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        with self.assertRaises(AccessError):
            batch.with_user(stranger).read(["name"])
        self.assertFalse(self.env["crm.export.line"].with_user(stranger).search([]))
