from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged

from .common import CrmCoreCommon

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n"


@tagged("post_install", "-at_install")
class TestLeadFile(CrmCoreCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann = cls.env["res.partner"].create({"name": "Ann", "email": "ann@example.com"})
        first, second = cls.pipeline.stage_ids[:2]
        first.stage_file_ids = [(0, 0, {"name": "Identity card", "role": "buyer", "valid_months": 12})]
        second.stage_file_ids = [(0, 0, {"name": "Payslip", "role": "buyer"}), (0, 0, {"name": "Plan", "role": False})]

    def _files(self, lead):
        lead.with_user(self.seller).action_open_files()
        return lead.with_user(self.seller).file_ids

    def test_needed_by_the_stages_reached(self):
        lead = self._lead(partner_id=self.ann.id)
        self.assertEqual(lead.missing_file_count, 1)
        self.assertFalse(lead.file_ids, "nothing is written while stages move")
        lead._on_stage_event("quote_sent")
        lead.invalidate_recordset(["missing_file_count"])
        self.assertEqual(lead.missing_file_count, 3)
        files = self._files(lead)
        self.assertEqual([(file.name, file.partner_id) for file in files], [
            ("Identity card", self.ann), ("Payslip", self.ann), ("Plan", self.env["res.partner"]),
        ])  # fmt: skip
        self.assertEqual(self._files(lead), files, "once each")

    def test_received_and_expired(self):
        lead = self._lead(partner_id=self.ann.id)
        file = self._files(lead)
        with Form(file) as form:
            form.attachment_ids.add(file.env["ir.attachment"].create({"name": "card.pdf", "raw": PDF}))
        self.assertEqual((file.state, file.received_on), ("received", fields.Date.today()))
        self.assertEqual(file.expires_on, fields.Date.add(fields.Date.today(), months=12))
        lead.invalidate_recordset()
        self.assertEqual(lead.missing_file_count, 0)
        file.expires_on = fields.Date.subtract(fields.Date.today(), days=1)
        self.assertEqual((file.state, lead.missing_file_count), ("expired", 0))
        lead.invalidate_recordset()
        self.assertEqual(lead.missing_file_count, 1)

    def test_never_blocks_the_host(self):
        lead = self._lead(partner_id=self.ann.id)
        lead.with_user(self.seller).action_set_won()
        self.assertEqual(lead.won_status, "won")

    def test_merge_keeps_them(self):
        kept, merged = self._lead(probability=90), self._lead(partner_id=self.ann.id)
        file = self._files(merged)
        result = (kept + merged).with_user(self.seller).merge_opportunity()
        self.assertEqual(file.lead_id, result)

    def test_seen_as_the_opportunity_is(self):
        lead = self._lead(user_id=self.manager.id)
        lead._add_needed_files()
        with self.assertRaises(AccessError):
            lead.file_ids.with_user(self.seller).read(["name"])
        self.assertFalse(self.env["crm.lead.file"].with_user(self.seller_b).search([]))
        with self.assertRaises(AccessError):
            self.env["crm.stage.file"].with_user(self.seller).create({"stage_id": lead.stage_id.id, "name": "x"})

    def test_asked_and_brought_in_the_portal(self):
        lead = self._lead(partner_id=self.ann.id)
        file = self._files(lead)
        mails = self.env["mail.mail"].search([])
        file.action_ask()
        mail = self.env["mail.mail"].search([]) - mails
        self.assertEqual(mail.recipient_ids, self.ann)
        path = file._get_path()
        self.assertIn(path, mail.body_html)
        page = self.url_open(path)
        self.assertIn("Identity card", page.text)
        data = {"csrf_token": page.text.split('name="csrf_token" value="')[1].split('"')[0], "file_id": file.id}
        bad = self.url_open(path, data=data, files={"file": ("x.pdf", b"<svg xmlns='http://www.w3.org/2000/svg'/>")})
        self.assertEqual(bad.status_code, 400)
        other = self._files(self._lead(partner_id=self.ann.id))
        self.url_open(path, data={**data, "file_id": other.id}, files={"file": ("y.pdf", PDF)})
        good = self.url_open(path, data=data, files={"file": ("card.pdf", PDF)})
        self.assertEqual(good.status_code, 200)
        self.env.invalidate_all()
        self.assertEqual((file.state, file.attachment_ids.mapped("name")), ("received", ["card.pdf"]))
        self.assertFalse(other.attachment_ids, "a link is for its own opportunity")
        with self.assertRaisesRegex(UserError, "Nothing to ask"):
            file.action_ask()

    def test_wrong_and_old_links(self):
        lead = self._lead(partner_id=self.ann.id)
        path = self._files(lead)._get_path()
        stranger = self.env["res.partner"].create({"name": "Eve"})
        for wrong in (path[:-1], path.replace(f"/{self.ann.id}/", f"/{stranger.id}/")):
            response = self.url_open(wrong)
            self.assertEqual(response.status_code, 404)
            self.assertNotIn("Identity", response.text)
        lead.action_set_lost()
        self.assertEqual(self.url_open(path).status_code, 410)
