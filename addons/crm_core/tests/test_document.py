import base64
import io
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools.misc import file_open
from odoo.tools.pdf import PdfReader

from .common import CrmCoreCommon

with file_open("base/static/img/avatar_grey.png", "rb") as picture:
    SIGNATURE = base64.b64encode(picture.read()).decode()
FACTS = {"ip": "192.0.2.7", "user_agent": "Test", "session": "own device"}


class DocumentCommon(CrmCoreCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann, cls.bob = cls.env["res.partner"].create(
            [
                {"name": "Ann Buyer", "vat": "X1", "email": "ann@example.com"},
                {"name": "Sol Seller", "vat": "X2", "email": "sol@example.com"},
            ]
        )
        cls.template = cls.env["crm.document.template"].create(
            {
                "name": "Sale of a bicycle",
                "company_id": cls.company.id,
                "body": "<p>{{ seller.name }} ({{ seller.vat }}) sells to {{ buyer.name }} ({{ buyer.vat }}).</p>",
                "signer_ids": [(0, 0, {"role": "buyer", "sequence": 1}), (0, 0, {"role": "seller", "sequence": 2})],
            }
        )
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "Bicycle",
                "type": "opportunity",
                "partner_id": cls.ann.id,
                "user_id": cls.seller.id,
                "company_id": cls.company.id,
                "pipeline_id": cls.pipeline.id,
                "party_ids": [(0, 0, {"partner_id": cls.bob.id, "role": "seller"})],
            }
        )

    def _document(self, user=None, **values):
        return self.template.with_user(user or self.seller)._create_documents(
            self.lead.with_user(user or self.seller), **values
        )

    def _sign(self, signer, name=None):
        signer.sudo()._sign(name or signer.name, SIGNATURE, FACTS)

    def _signed(self):
        document = self._document()
        document.action_send()
        for signer in document.signer_ids:
            self._sign(signer)
        return document


@tagged("post_install", "-at_install")
class TestDocument(DocumentCommon):
    def test_filled_in_from_the_parties(self):
        document = self._document()
        self.assertEqual(document.body, "<p>Sol Seller (X2) sells to Ann Buyer (X1).</p>")
        self.assertEqual(document.signer_ids.partner_id, self.ann + self.bob)
        self.assertEqual(document.company_id, self.company)
        self.assertRegex(document.reference, r"^DOC/\d{4}/\d{5}$")
        self.assertEqual(self.lead.with_user(self.seller).crm_document_count, 1)

    def test_made_in_the_form(self):
        action = self.lead.with_user(self.seller).action_open_crm_documents()
        self.assertEqual(action["views"], [(False, "form")])
        form = Form(self.env["crm.document"].with_user(self.seller).with_context(**action["context"]))
        form.template_id = self.template
        document = form.save()
        self.assertEqual(len(document.signer_ids), 2)
        self.assertTrue(document.expires_on)
        again = self.lead.with_user(self.seller).action_open_crm_documents()
        self.assertEqual(again["views"][0][1], "list", "what is there is listed")
        self.assertEqual(self.env[again["res_model"]].search(again["domain"]), document)

    def test_what_is_missing_is_said_before_sending(self):
        self.bob.write({"vat": False, "email": False})
        document = self._document()
        self.assertEqual([one["label"] for one in document.missing], ["Seller: E-mail", "Seller: Tax ID"])
        self.assertEqual(
            {(one["res_model"], one["res_id"]) for one in document.missing}, {("res.partner", self.bob.id)}
        )
        with self.assertRaisesRegex(UserError, "Seller: Tax ID"):
            document.action_send()
        self.assertEqual(document.state, "draft")
        self.bob.write({"vat": "X2", "email": "sol@example.com"})
        document.action_send()
        self.assertEqual(document.state, "sent")
        self.assertIn("(X2)", document.body, "what was filled in since is in the text")

    def test_a_text_changed_by_hand_stays(self):
        self.bob.vat = False
        document = self._document()
        document.body = str(document.body).replace("sells", "gives")
        self.assertIn("yellow gaps", document.missing[0]["label"])
        document.body = "<p>Sol gives Ann a bicycle. {{ company.vat }}</p>"
        document.action_send()
        self.assertEqual(document.body, "<p>Sol gives Ann a bicycle. {{ company.vat }}</p>", "not a template any more")

    def test_signed_in_order(self):
        document = self._document()
        document.action_send()
        first, second = document.signer_ids
        self.assertTrue(first.is_turn and first.asked_on)
        self.assertFalse(second.is_turn or second.asked_on)
        with self.assertRaisesRegex(UserError, "cannot be signed by you now"):
            self._sign(second)
        self._sign(first, "Ann B.")
        self.assertTrue(second.is_turn and second.asked_on)
        self.assertEqual(document.state, "sent")
        self._sign(second)
        self.assertEqual((document.state, document.progress), ("signed", "2/2"))
        with self.assertRaisesRegex(UserError, "cannot be signed by you now"):
            self._sign(second)
        self.assertEqual(first.sudo().evidence["ip"], "192.0.2.7")
        self.assertEqual(second.sudo().evidence["before"], first.evidence_hash)
        self.assertFalse(document._get_problems())

    def test_signed_at_the_same_time_in_any_order(self):
        document = self._document()
        document.signer_ids.sequence = 1
        document.action_send()
        first, second = document.signer_ids
        with freeze_time("2026-03-01 12:00:00"):  # the clock does not tell
            self._sign(second)
            self._sign(first)
        self.assertEqual(document._get_chain(), second.sudo() + first.sudo())
        self.assertFalse(document._get_problems())

    def test_each_is_asked_by_mail_when_it_is_the_turn(self):
        document = self._document()
        mails = self.env["mail.mail"].search([])
        document.action_send()
        mail = self.env["mail.mail"].search([]) - mails
        self.assertEqual(mail.recipient_ids, self.ann)
        self.assertIn(document.signer_ids[0].sudo().access_token, mail.body_html)

    def test_a_signed_document_is_an_event_of_the_pipeline(self):
        stage = self._stage("Agreed")
        stage.stage_event = "document_signed"
        self._signed()
        self.assertEqual(self.lead.stage_id, stage)

    def test_bad_signatures(self):
        document = self._document()
        document.action_send()
        signer = document.signer_ids[0].sudo()
        svg = base64.b64encode(b"<svg onload='alert(1)'/>").decode()
        for name, picture in (
            (" ", SIGNATURE),
            ("Ann", ""),
            ("Ann", "%%%"),
            ("Ann", svg),
            ({}, SIGNATURE),
            ("A" * 200, SIGNATURE),
        ):
            with self.subTest(name=name), self.assertRaises(UserError):
                signer._sign(name, picture, FACTS)
        self.assertEqual(signer.state, "waiting")

    def test_refused_with_a_reason(self):
        document = self._document()
        document.action_send()
        signer = document.signer_ids[0].sudo()
        with self.assertRaisesRegex(UserError, "why"):
            signer._refuse("  ")
        signer._refuse("Too expensive")
        self.assertEqual((document.state, signer.state), ("cancelled", "refused"))
        self.assertIn("Too expensive", document.cancel_reason)
        self.assertEqual(document.activity_ids.user_id, self.seller)

    def test_a_new_version_replaces_the_one_before(self):
        document = self._document()
        document.action_send()
        version = self.env["crm.document"].browse(document.action_new_version()["res_id"])
        self.assertEqual((version.version, version.previous_id, document.state), (2, document, "sent"))
        version.action_send()
        self.assertEqual(document.state, "cancelled")
        self.assertIn(version.reference, document.cancel_reason)

    def test_expired(self):
        document = self._document()
        document.action_send()
        document.expires_on = fields.Date.subtract(fields.Date.today(), days=1)
        self.assertTrue(document.is_expired)
        self.assertIn(document, self.env["crm.document"].search([("is_expired", "=", True)]))
        self.assertNotIn(document, self.env["crm.document"].search([("is_expired", "=", False)]))
        with self.assertRaisesRegex(UserError, "time to sign"):
            self._sign(document.signer_ids[0])

    def test_reminders_where_the_document_says_so(self):
        quiet, loud = self._document(), self._document(reminder_days=3)
        (quiet + loud).action_send()
        before = fields.Datetime.subtract(fields.Datetime.now(), days=4)
        for _ in range(5):
            for document in quiet + loud:
                document.signer_ids[0].asked_on = before
            self._run_cron("crm_core.ir_cron_document_remind")
        self.assertEqual((quiet.signer_ids[0].reminders, loud.signer_ids[0].reminders), (0, 3))

    # ------------------------------------------------------------
    # Frozen
    # ------------------------------------------------------------

    def test_nobody_changes_what_was_sent(self):
        document = self._document()
        document.action_send()
        for record in (document, document.with_user(self.manager), document.sudo()):
            for values in (
                {"body": "<p>x</p>"},
                {"name": "x"},
                {"state": "signed"},
                {"content_hash": "x"},
                {"res_id": 1},
            ):
                with self.subTest(values=values), self.assertRaises(UserError):
                    record.write(values)
            with self.assertRaises(UserError):
                record.signer_ids[0].write({"state": "signed"})
            with self.assertRaises(UserError):
                record.signer_ids[0].write({"partner_id": self.bob.id})
            with self.assertRaises(UserError):
                record.signer_ids[0].unlink()
            with self.assertRaises(UserError):
                record.unlink()
        with self.assertRaises(UserError):
            self.env["crm.document.signer"].create({"document_id": document.id, "partner_id": self.bob.id})

    def test_what_was_signed_cannot_be_smuggled_in(self):
        document = self._document(state="signed", content_hash="x", pdf_hash="y")
        self.assertEqual((document.state, document.content_hash, document.pdf_hash), ("draft", False, False))

    def test_every_change_behind_our_back_is_seen(self):
        document = self._signed()
        document.sudo()._job_attempt()
        first = document.signer_ids[0]
        image = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [("res_model", "=", "crm.document.signer"), ("res_field", "=", "signature"), ("res_id", "=", first.id)]
            )
        )
        pdf = (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", "crm.document"), ("res_field", "=", "pdf"), ("res_id", "=", document.id)])
        )
        self.assertTrue(image and pdf)
        changes = {
            "UPDATE crm_document SET body = '<p>Cheaper</p>' WHERE id = %s": document.id,
            "UPDATE crm_document SET name = 'Another' WHERE id = %s": document.id,
            "UPDATE crm_document SET version = 3 WHERE id = %s": document.id,
            "UPDATE crm_document SET content_hash = 'x' WHERE id = %s": document.id,
            "UPDATE crm_document_signer SET signed_name = 'Mallory' WHERE id = %s": first.id,
            "UPDATE crm_document_signer SET name = 'Mallory' WHERE id = %s": first.id,
            "UPDATE crm_document_signer SET signed_on = '2020-01-01' WHERE id = %s": first.id,
            "UPDATE crm_document_signer SET evidence = '{}' WHERE id = %s": first.id,
            "UPDATE crm_document_signer SET evidence_hash = 'x' WHERE id = %s": first.id,
            "UPDATE crm_document_signer SET state = 'waiting' WHERE id = %s": first.id,
            "DELETE FROM crm_document_signer WHERE id = %s": first.id,
        }
        self.assertFalse(document._get_problems())
        for query, res_id in changes.items():
            with self.subTest(query=query):
                self.env.flush_all()
                savepoint = self.env.cr.savepoint()
                self.env.cr.execute(query, [res_id])
                self.env.invalidate_all()
                self.assertTrue(document._get_problems())
                self.assertEqual(document.action_verify()["params"]["type"], "danger")
                savepoint.rollback()
                self.env.invalidate_all()
        for attachment in image + pdf:
            before = attachment.raw
            attachment.raw = before + b"x"
            self.env.invalidate_all()
            self.assertTrue(document._get_problems())
            attachment.raw = before
            self.env.invalidate_all()
        self.assertFalse(document._get_problems())

    def test_pdf_frozen_with_evidence(self):
        document = self._signed()
        self.assertFalse(document.pdf_hash)
        self._run_cron("crm_core.ir_cron_document")
        content = base64.b64decode(document.pdf)
        self.assertFalse(document.company_id.partner_id.street, "a company without an address prints as well")
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
        for word in (
            "Ann",
            "Evidence",
            "192.0.2.7",
            document.content_hash[:20],
            document.signer_ids[1].evidence_hash[:20],
        ):
            self.assertIn(word, text)
        self.assertEqual(document.with_user(self.seller)._print(), {document.id: content})
        self.assertEqual(document.action_verify()["params"]["type"], "success")
        self.assertEqual(document.job_state, "done")

    def test_printed_together_and_taken_apart(self):
        long = self._document()
        long.body = "<p>Long</p>" * 200
        documents = long + self._document() + self._document()
        reports = self.env.registry["ir.actions.report"]
        with patch.object(reports, "_run_wkhtmltopdf", autospec=True, side_effect=reports._run_wkhtmltopdf) as engine:
            printed = documents._print()
        self.assertEqual(engine.call_count, 1, "one run for all of them")
        self.assertEqual(set(printed), set(documents.ids))
        for document in documents:
            pages = PdfReader(io.BytesIO(printed[document.id])).pages
            self.assertEqual(len(pages) > 1, document == long)
            self.assertIn(document.reference, pages[0].extract_text())
        # A text in the colour of the rule: each is printed by itself.
        documents[
            1
        ].body = '<p style="color: #112f4d;">x</p><div style="page-break-before: always; color: #112f4d;">y</div>'
        printed = documents._print()
        self.assertEqual(len(PdfReader(io.BytesIO(printed[documents[1].id])).pages), 2)

    def test_the_host_s_report_prints_them(self):
        documents = self._document() + self._document()
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        content, kind = report._render_qweb_pdf("crm_core.crm_document_report", documents.ids)
        self.assertEqual(kind, "pdf")
        self.assertEqual(len(PdfReader(io.BytesIO(content)).pages), 2)

    # ------------------------------------------------------------
    # Who, what else
    # ------------------------------------------------------------

    def test_roles_and_companies(self):
        own, other = self._document(), self._document(self.manager)
        documents = self.env["crm.document"]
        self.assertEqual(documents.with_user(self.seller).search([]), own)
        self.assertEqual(documents.with_user(self.manager).search([]), own + other)
        self.assertFalse(documents.with_user(self.seller_b).search([]))
        self.assertFalse(self.env["crm.document.signer"].with_user(self.seller_b).search([]))
        with self.assertRaises(AccessError):
            documents.with_user(self.officer).search([])
        with self.assertRaises(AccessError):
            own.with_user(self.seller_b).action_send()
        own.action_send()
        with self.assertRaises(AccessError):
            own.signer_ids[0].read(["access_token"])
        with self.assertRaises(AccessError):
            own.signer_ids[0].read(["evidence"])

    def test_not_of_a_record_one_may_not_read(self):
        self.lead.user_id = self.manager
        with self.assertRaises(AccessError):
            self._document()

    def test_only_a_manager_cancels_what_was_signed(self):
        document = self._signed()
        with self.assertRaises(AccessError):
            document.action_cancel()
        document.with_user(self.manager).action_cancel()
        self.assertEqual(document.state, "cancelled")
        self.assertFalse(document._get_problems(), "the signatures are still proof")

    def test_follows_the_merges(self):
        document = self._document()
        kept = self._lead(probability=95, partner_id=self.ann.id)
        merged = (kept + self.lead).merge_opportunity()
        self.assertEqual((document.res_model, document.res_id), ("crm.lead", merged.id))
        template = self.template.copy({"model_id": self.env["ir.model"]._get_id("res.partner")})
        of_bob = template._create_documents(self.bob)
        of_bob.signer_ids.filtered(lambda signer: signer.role == "seller").partner_id = self.bob
        self.company.partner_id.write({"vat": "ESA12345674", "email": "c@example.com"})
        of_bob.action_refresh()
        of_bob.action_send()
        again = self.env["res.partner"].create({"name": "Sol S."})
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((self.bob + again).ids, again)
        self.assertEqual(of_bob.res_id, again.id)
        self.assertIn(again, of_bob.signer_ids.partner_id)
        self.assertEqual(of_bob._get_content_hash(), of_bob.content_hash, "who signs is named as when it was sent")

    def test_any_record_by_an_automation(self):
        """A model this addon knows nothing of: products."""
        model = self.env["ir.model"]._get("product.template")
        template = self.env["crm.document.template"].create(
            {"name": "Sheet", "model_id": model.id, "body": "<p>{{ record.name }} of {{ seller.name }}</p>"}
        )
        action = self.env["ir.actions.server"].create(
            {
                "name": "x",
                "model_id": model.id,
                "state": "crm_document",
                "crm_document_template_id": template.id,
                "crm_document_send": True,
            }
        )
        product = self.env["product.template"].create({"name": "Anvil"})
        action.with_context(active_model=product._name, active_ids=product.ids, active_id=product.id).run()
        document = self.env["crm.document"].search([("res_model", "=", product._name), ("res_id", "=", product.id)])
        self.assertIn("Anvil of", document.body)
        self.assertEqual(
            (document.state, len(document.activity_ids)), ("draft", 1), "nobody signs it: a person decides"
        )

    def test_in_the_timeline(self):
        document = self._document()
        for partner in self.ann + self.bob:
            entries = partner.with_user(self.seller).crm_timeline(kinds=["document"])
            self.assertEqual([(entry["res_id"], entry["text"]) for entry in entries], [(document.id, "Draft")])

    def test_a_salesperson_signs_at_the_desk(self):
        user = new_test_user(
            self.env,
            "sue",
            "sales_team.group_sale_salesman",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        document = self._document()
        document.action_send()
        with self.assertRaises(AccessError):
            document.signer_ids[0].with_user(user).action_sign_here()
        self.assertIn("/my/document/", document.signer_ids[0].action_sign_here()["url"])
