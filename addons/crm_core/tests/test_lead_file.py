from odoo import fields, http
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

    def _drop(self, file, *uploads):
        """Send files as the browser does when they are dropped on a line; return the answer."""
        data = {"csrf_token": http.Request.csrf_token(self)}
        sent = [("ufile", upload) for upload in uploads]
        return self.url_open(f"/crm/lead_file/{file.id}/drop", data=data, files=sent).json()

    def test_dropped_in_the_office(self):
        lead = self._lead(partner_id=self.ann.id)
        file = self._files(lead)
        self.authenticate("sam", "sam" * 3)
        script = ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
        self.assertIn("Choose a PDF", self._drop(file, ("card.pdf", PDF), script)["error"])
        self.assertFalse(file.attachment_ids, "all of them or none")
        self.assertFalse(self.env["ir.attachment"].search([("res_model", "=", file._name), ("res_id", "=", file.id)]))
        self.assertEqual(self._drop(file, ("card.pdf", PDF), ("back.pdf", PDF)), {})
        self.env.invalidate_all()
        self.assertEqual((file.state, len(file.attachment_ids)), ("received", 2))
        self.assertIn("card.pdf, back.pdf", lead.message_ids[0].body)
        self.assertEqual(lead.message_ids[0].author_id, self.seller.partner_id)
        foreign = self._lead(user_id=self.manager.id, partner_id=self.ann.id)
        foreign._add_needed_files()
        self.assertIn("error", self._drop(foreign.file_ids, ("card.pdf", PDF)))
        self.assertFalse(foreign.file_ids.attachment_ids)

    def test_taken_from_a_message(self):
        lead = self._lead(partner_id=self.ann.id)
        file = self._files(lead)
        message = lead.message_post(
            body="Here it is",
            author_id=self.ann.id,
            message_type="email",
            attachments=[("card.pdf", PDF), ("x.bin", b"1")],
        )
        wizard = Form.from_action(file.env, file.action_choose_from_messages())
        self.assertEqual(set(wizard.found_ids.ids), set(message.attachment_ids.ids))
        card = message.attachment_ids.filtered(lambda one: one.name == "card.pdf")
        wizard.attachment_ids.set(card.with_env(file.env))
        wizard.save().action_take()
        self.assertEqual((file.state, file.attachment_ids.mapped("name")), ("received", ["card.pdf"]))
        message.attachment_ids.unlink()
        self.assertEqual(file.attachment_ids.raw, PDF, "who deletes the message does not delete the paper")

    def test_tour(self):
        """A salesperson drops a file on the line of the checklist, and takes another from a message."""
        lead = self._lead(partner_id=self.ann.id, name="Roof with files")
        lead._on_stage_event("quote_sent")
        lead.message_post(
            body="My payslip", author_id=self.ann.id, message_type="email", attachments=[("pay.pdf", PDF)]
        )
        self.start_tour(f"/odoo/crm.lead/{lead.id}", "crm_core_lead_file_tour", login="sam")
        self.env.invalidate_all()
        states = {file.name: file.state for file in lead.file_ids}
        self.assertEqual(states, {"Identity card": "received", "Payslip": "received", "Plan": "missing"})

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
