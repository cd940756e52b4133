import json

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .test_document import SIGNATURE, DocumentCommon


@tagged("post_install", "-at_install")
class TestDocumentPortal(DocumentCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.document = cls.template.with_user(cls.seller)._create_documents(cls.lead.with_user(cls.seller))
        cls.document.action_send()
        cls.first, cls.second = cls.document.sudo().signer_ids

    def _get(self, signer, suffix="", token=None):
        return self.url_open(f"/my/document/{signer.id}/{token or signer.access_token}{suffix}", allow_redirects=False)

    def _call(self, signer, token=None, **params):
        """Call the route as the host's signature form does."""
        url = f"/my/document/{signer.id}/{token or signer.access_token}/sign"
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        return self.url_open(url, data=body, headers={"Content-Type": "application/json"}).json().get("result", {})

    def _assert_nothing_told(self, response):
        for word in ("Bicycle", "Ann Buyer", "Sol Seller", self.document.reference, "Company A"):
            self.assertNotIn(word, response.text)

    def test_the_page(self):
        response = self._get(self.first)
        self.assertEqual(response.status_code, 200)
        self.assertIn("sells to Ann Buyer", response.text)
        self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertTrue(self.first.viewed_on)
        later = self._get(self.second).text
        self.assertIn('name="not_yet"', later)
        self.assertNotIn("portal.signature_form", later)
        self.assertEqual(self._get(self.first, "/pdf").content[:4], b"%PDF")

    def test_a_wrong_link_tells_nothing(self):
        for signer, token in (
            (self.first, "x"),
            (self.first, self.second.access_token),
            (self.first, self.first.access_token[:-1]),
            (self.first.browse(10**8), self.first.access_token),
        ):
            for suffix in ("", "/pdf"):
                with self.subTest(token=token, suffix=suffix):
                    response = self._get(signer, suffix, token)
                    self.assertEqual(response.status_code, 404)
                    self._assert_nothing_told(response)
            self.assertFalse(self._call(signer, token, name="Ann", signature=SIGNATURE))
        draft = self.template._create_documents(self.lead).signer_ids[0]
        self.assertEqual(self._get(draft, token="False").status_code, 404)

    def test_over_is_gone(self):
        before = fields.Date.subtract(fields.Date.today(), days=1)
        self.document.expires_on = before
        for suffix in ("", "/pdf"):
            response = self._get(self.first, suffix)
            self.assertEqual(response.status_code, 410)
            self._assert_nothing_told(response)
        self.assertIn("error", self._call(self.first, name="Ann", signature=SIGNATURE))
        self.document.expires_on = False
        self.assertEqual(self._get(self.first).status_code, 200)
        self.document.action_cancel()
        self.assertEqual(self._get(self.first).status_code, 410)
        self.assertEqual(self.first.state, "waiting")

    def test_signed_with_evidence_of_how(self):
        self.assertIn("error", self._call(self.first, name="", signature=SIGNATURE))
        self.assertIn("error", self._call(self.second, name="Sol", signature=SIGNATURE), "not the turn")
        answer = self._call(self.first, name="Ann B.", signature=SIGNATURE)
        self.assertTrue(answer["force_refresh"])
        self.env.invalidate_all()
        self.assertEqual((self.first.state, self.first.signed_name), ("signed", "Ann B."))
        self.assertEqual(self.first.evidence["ip"], "127.0.0.1")
        self.assertIn("link", self.first.evidence["session"])
        self.assertTrue(self._call(self.first, name="Twice", signature=SIGNATURE)["force_refresh"])
        self.assertEqual(self.first.signed_name, "Ann B.", "a second click changes nothing")

    def test_at_the_desk_is_in_the_evidence(self):
        self.authenticate("sam", "sam" * 3)
        self.assertTrue(self._call(self.first, name="Ann", signature=SIGNATURE)["force_refresh"])
        self.env.invalidate_all()
        self.assertEqual(self.first.evidence["session"], f"office of {self.seller.name}")

    def test_refused(self):
        page = self._get(self.first).text
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        url = f"/my/document/{self.first.id}/{self.first.access_token}/refuse"
        response = self.url_open(url, data={"csrf_token": token, "reason": " "})
        self.assertEqual(response.status_code, 400)
        self.assertIn("Tell us why", response.text)
        response = self.url_open(url, data={"csrf_token": token, "reason": "Too dear"})
        self.assertIn("You have refused", response.text)
        self.env.invalidate_all()
        self.assertEqual((self.document.state, self.first.refusal_reason), ("cancelled", "Too dear"))
        self.assertEqual(self._get(self.first).status_code, 410)

    def test_anybody_can_verify(self):
        for signer in self.first + self.second:
            self._sign(signer)
        self.document.sudo()._freeze()
        page = self._get(self.second).text
        self.assertIn('name="intact"', page)
        known = self.url_open(f"/my/document/verify?fingerprint={self.document.pdf_hash}")
        self.assertIn('name="known"', known.text)
        self._assert_nothing_told(known)
        unknown = self.url_open(f"/my/document/verify?fingerprint={'0' * 64}")
        self.assertEqual((unknown.status_code, 'name="unknown"' in unknown.text), (404, True))
        token = unknown.text.split('name="csrf_token" value="')[1].split('"')[0]
        content = self.document._print()[self.document.id]
        for sent, name in ((content, "known"), (content + b" ", "unknown")):
            answer = self.url_open("/my/document/verify", data={"csrf_token": token}, files={"file": ("x.pdf", sent)})
            self.assertIn(f'name="{name}"', answer.text)
        self.env.cr.execute("UPDATE crm_document SET body = '<p>x</p>' WHERE id = %s", [self.document.id])
        self.env.invalidate_all()
        self.assertIn('name="changed"', self._get(self.second).text)
        known = self.url_open(f"/my/document/verify?fingerprint={self.document.pdf_hash}")
        self.assertIn('name="changed"', known.text)

    def test_my_documents(self):
        """Who has an account finds what waits for the signature, and nothing of anybody else."""
        new_test_user(self.env, "annie", "base.group_portal", partner_id=self.ann.id)
        new_test_user(self.env, "solly", "base.group_portal", partner_id=self.bob.id)
        counters = ["crm_document_count", "crm_document_turn_count"]
        for login, turn, mine, other in (("annie", 1, self.first, self.second), ("solly", 0, self.second, self.first)):
            self.authenticate(login, login)
            counted = self.make_jsonrpc_request("/my/counters", {"counters": counters})
            self.assertEqual([counted[name] for name in counters], [1, turn])
            page = self.url_open("/my/documents").text
            self.assertIn(mine._get_path(), page)
            self.assertNotIn(other.access_token, page)
            self.assertEqual("Read and sign" in page, bool(turn))
        self.document.expires_on = fields.Date.subtract(fields.Date.today(), days=1)
        page = self.url_open("/my/documents").text
        self.assertIn("The time to sign is over", page)
        self.assertNotIn(self.second.access_token, page)
        self.document.action_cancel()
        self.assertNotIn(self.document.reference, self.url_open("/my/documents").text)
        self.authenticate(None, None)
        self.assertNotIn(self.document.reference, self.url_open("/my/documents").text)

    def test_tour(self):
        """A contract is filled in from its parties, completed, sent, and signed by two people, one on a phone."""
        self.template.active = False
        template = self.template.copy({"name": "Bicycle contract", "active": True, "sequence": 0})
        template.body = "<p>{{ seller.name }} ({{ seller.vat }}) sells a bicycle to {{ buyer.name }}.</p>"
        new_test_user(
            self.env, "tour_docs", "sales_team.group_sale_salesman,base.group_partner_manager",
            company_id=self.company.id, company_ids=[(6, 0, self.company.ids)],
        )  # fmt: skip
        self.bob.vat = False
        lead = self.lead.copy({"user_id": self.env["res.users"].search([("login", "=", "tour_docs")]).id})
        lead.party_ids = [(5,), (0, 0, {"partner_id": self.bob.id, "role": "seller"})]
        self.start_tour(f"/odoo/crm.lead/{lead.id}", "crm_core_document_tour", login="tour_docs")
        document = self.env["crm.document"].search([("res_id", "=", lead.id), ("res_model", "=", "crm.lead")])
        self.assertEqual(document.state, "sent")
        first, second = document.sudo().signer_ids
        self.start_tour(first._get_path(), "crm_core_document_sign_tour")
        self.browser_size = "390x844"
        self.start_tour(second._get_path(), "crm_core_document_sign_tour")
        self.env.invalidate_all()
        self.assertEqual(document.state, "signed")
        self.assertFalse(document._get_problems())
        self.assertEqual(second.evidence["before"], first.evidence_hash)
        with mute_logger("odoo.addons.base.models.ir_actions_report"):
            document.sudo()._freeze()
        self.assertTrue(document.pdf_hash)
