import re
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import WebFormsCase

PROOF = '<script src="/crm_web_forms/static/proof.js" defer="defer">'


@tagged("post_install", "-at_install")
class TestPage(WebFormsCase, HttpCase):
    """The page as a browser without JavaScript sees it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.form.min_seconds = 0
        cls._add_field(cls.form, "choice", "Which?", options="One\nTwo")
        cls._add_field(cls.form, "consent", False, name="news", purpose_id=cls.purpose.id)
        cls.form.action_publish()
        cls.path = f"/crm/f/{cls.form.uuid}"

    def setUp(self):
        super().setUp()
        self.opener.cookies.clear()
        self.addCleanup(self._check_no_cookie)

    def _check_no_cookie(self):
        self.assertFalse(self.opener.cookies.get_dict().keys() - {"test_request_key"})

    def _get(self, path=None, **kwargs):
        return self.url_open(path or self.path, **kwargs)

    def _post(self, values, path=None, token=True, headers=None):
        path = path or self.path
        data = dict(values)
        if token:
            found = re.search(r'name="_token" value="([^"]+)"', self._get(path).text)
            data["_token"] = found.group(1)
        return self.url_open(path, data=data, headers=headers, allow_redirects=False)

    def _intakes(self):
        return self.env["crm.intake"].search([("form_id", "=", self.form.id)])

    def _run(self):
        self._intakes()._job_attempt()

    VALID = {"name": "Ana Bosch", "email": "ana.wf@example.com", "message": "Hello"}

    # -- showing

    def test_page_is_accessible_html_without_scripts(self):
        page = self._get()
        self.assertEqual(page.status_code, 200)
        self.assertIn('<html lang="en-US"', page.text)
        self.assertEqual(re.findall(r"<script[^>]*>", page.text), [PROOF], "one file, and the page works without")
        self.assertIn('autocomplete="email"', page.text)
        for key in ("name", "email", "phone", "message", "which", "news"):
            self.assertRegex(page.text, rf'<label [^>]*for="f_{key}"')
            self.assertRegex(page.text, rf'id="f_{key}"')
        self.assertNotIn("checked", page.text, "no consent is given beforehand")

    def test_headers(self):
        page = self._get()
        policy = page.headers["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertIn("frame-ancestors 'none'", policy)
        self.assertEqual(page.headers["X-Frame-Options"], "DENY")
        self.assertEqual(page.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        self.assertEqual(page.headers["Referrer-Policy"], "strict-origin-when-cross-origin")
        self.assertNotIn("Set-Cookie", page.headers)

    def test_embed_may_be_framed_by_its_websites_only(self):
        self.form.allowed_origins = "https://shop.example.com"
        page = self._get(self.path + "/embed")
        self.assertIn("frame-ancestors 'self' https://shop.example.com", page.headers["Content-Security-Policy"])
        self.assertNotIn("X-Frame-Options", page.headers)
        answer = self._post(self.VALID, self.path + "/embed")
        self.assertEqual(answer.status_code, 303)
        self.assertIn("embed=1", answer.headers["Location"])

    def test_no_such_form(self):
        self.form.copy().action_unpublish()
        draft = self.form.copy()
        for number in ("x", "00000000-0000-4000-8000-000000000000", draft.uuid, self.form.uuid.upper()):
            with self.subTest(number=number):
                page = self._get(f"/crm/f/{number}")
                self.assertEqual(page.status_code, 404)
                self.assertNotIn("Traceback", page.text)
        self.form.active = False
        self.assertEqual(self._get().status_code, 404)

    def test_language(self):
        self.env["res.lang"]._activate_lang("ca_ES")
        self.form.with_context(lang="ca_ES").name = "Contacte"
        self.form.action_publish()
        page = self._get(headers={"Accept-Language": "ca;q=0.9, en;q=0.1"})
        self.assertIn('lang="ca-ES"', page.text)
        self.assertIn("<h1>Contacte</h1>", page.text)
        self.assertIn("<h1>Contact us</h1>", self._get(self.path + "?lang=en_US").text)
        # Whoever followed a link in another language than the browser's stays in it, wrongly filled in or sent.
        page = self._get(self.path + "?lang=ca_ES", headers={"Accept-Language": "en"})
        action = re.search(r'<form[^>]* action="([^"]+)"', page.text).group(1)
        token = re.search(r'name="_token" value="([^"]+)"', page.text).group(1)
        english = {"headers": {"Accept-Language": "en"}, "allow_redirects": False}
        again = self.url_open(action, data={"_token": token}, **english)
        self.assertEqual(again.status_code, 422)
        self.assertIn('lang="ca-ES"', again.text)
        sent = self.url_open(action, data={"_token": token, "name": "Ana", "email": "ana@wf.example"}, **english)
        self.assertIn("lang=ca_ES", sent.headers["Location"])
        self.assertEqual(self._intakes().payload["lang"], "ca_ES")

    def test_address_fills_in(self):
        page = self._get(self.path + '?which=Two&name="><script>alert(1)</script>&self=1&utm_source=ad&news=1')
        self.assertIn('<option value="Two" selected="selected">', page.text)
        self.assertNotIn("<script>", page.text)
        self.assertIn('name="_source" value="ad"', page.text)
        self.assertNotIn("Set-Cookie", page.headers)
        self.assertNotIn("checked", page.text)

    # -- taking

    def test_submission_becomes_contact_and_lead(self):
        self.form.write({"target": "opportunity", "user_id": self.seller.id})
        answer = self._post({**self.VALID, "which": "Two", "news": "1"})
        self.assertEqual(answer.status_code, 303)
        thanks = self.url_open(answer.headers["Location"])
        self.assertIn("We have received your message", thanks.text)
        intake = self._intakes()
        self.assertEqual((intake.job_state, intake.version_id), ("pending", self.form.version_id))
        self.assertNotIn("127.0.0.1", intake.network_hash)
        self._run()
        self.assertEqual(intake.job_state, "done", intake.error_message)
        self.assertEqual(intake.partner_id.name, "Ana Bosch")
        self.assertEqual((intake.lead_id.type, intake.lead_id.user_id), ("opportunity", self.seller))
        self.assertEqual(intake.lead_id.name, "Contact us - Ana Bosch")
        self.assertEqual(intake.lead_id.company_id, self.company_a)
        consent = intake.partner_id.consent_ids
        self.assertEqual(
            (consent.purpose_id, consent.decision, consent.text), (self.purpose, "granted", "Send me news.")
        )
        self.assertEqual((self.form.submission_count, self.form.lead_count), (1, 1))

    def test_unticked_consent_records_nothing(self):
        self._post(self.VALID)
        self._run()
        self.assertEqual(self._intakes().job_state, "done")
        self.assertFalse(self._intakes().partner_id.consent_ids)

    def test_sending_the_same_page_twice_is_one_submission(self):
        token = re.search(r'name="_token" value="([^"]+)"', self._get().text).group(1)
        for _again in range(2):
            answer = self._post({**self.VALID, "_token": token}, token=False)
            self.assertEqual(answer.status_code, 303)
        self.assertEqual(len(self._intakes()), 1)
        self._post({**self.VALID, "message": "Something else", "_token": token}, token=False)
        self.assertEqual(len(self._intakes()), 2)

    def test_errors_keep_what_was_typed(self):
        answer = self._post({"name": "<b>Ana</b>", "email": "nonsense", "which": "Three", "message": "Keep me"})
        self.assertEqual(answer.status_code, 422)
        self.assertIn('role="alert"', answer.text)
        self.assertIn('href="#f_email"', answer.text)
        self.assertIn('aria-describedby="f_email_error"', answer.text)
        self.assertIn('value="nonsense"', answer.text)
        self.assertIn("Keep me", answer.text)
        self.assertIn("&lt;b&gt;Ana", answer.text)
        self.assertFalse(self._intakes())

    def test_old_page_is_shown_again(self):
        with freeze_time(fields.Datetime.now() - timedelta(days=3)):
            token = self.form._make_token(self.form.version_id)
        for stale in (token, "nonsense", "", "é", token[:-8]):
            with self.subTest(token=stale):
                answer = self._post({**self.VALID, "_token": stale}, token=False)
                self.assertEqual(answer.status_code, 422)
                self.assertIn("ana.wf@example.com", answer.text)
        self.assertFalse(self._intakes())
        fresh = re.search(r'name="_token" value="([^"]+)"', answer.text).group(1)
        self.assertEqual(self._post({**self.VALID, "_token": fresh}, token=False).status_code, 303)

    def test_token_of_another_form(self):
        other = self.form.copy()
        other.action_publish()
        token = other._make_token(other.version_id)
        self.assertEqual(self._post({**self.VALID, "_token": token}, token=False).status_code, 422)

    def test_page_shown_before_a_new_version(self):
        token = self.form._make_token(self.form.version_id)
        old = self.form.version_id
        self.form.field_ids.filtered(lambda field: field.name == "message").unlink()
        self._add_field(self.form, "text", "New and required", required=True)
        self.form.action_publish()
        self.assertEqual(self._post({**self.VALID, "_token": token}, token=False).status_code, 303)
        self.assertEqual(self._intakes().version_id, old)
        self.assertEqual(self._intakes().payload["message"], "Hello")

    def test_plain_html_of_an_allowed_website(self):
        self.form.allowed_origins = "https://shop.example.com"
        for sender, status in (("https://shop.example.com", 303), ("https://evil.test", 422), ("null", 422)):
            with self.subTest(sender=sender):
                answer = self._post(self.VALID, token=False, headers={"Origin": sender})
                self.assertEqual(answer.status_code, status)
        self.assertEqual(self._intakes().mapped("origin"), ["https://shop.example.com"])

    def test_redirect(self):
        self.form.write({"allowed_origins": "https://a.example", "redirect_url": "https://a.example/thanks"})
        answer = self._post(self.VALID)
        self.assertEqual(answer.headers["Location"], "https://a.example/thanks")
        self.assertIn("form-action 'self' https://a.example", answer.headers["Content-Security-Policy"])

    # -- spam

    def test_quarantine_and_release(self):
        answer = self._post({**self.VALID, self.form._get_trap(): "http://spam.test"})
        self.assertEqual(answer.status_code, 303, "a program learns nothing")
        intake = self._intakes()
        self.assertEqual((intake.job_state, intake.error_code), ("blocked", "E_SPAM"))
        due = self.env["crm.intake"]._job_due_domain()
        self.assertFalse(intake.filtered_domain(due))
        intake.with_user(self.manager).action_job_retry()
        self._run()
        self.assertEqual(intake.job_state, "done")
        self.assertTrue(intake.lead_id)

    def test_filled_in_too_fast(self):
        self.form.min_seconds = 30
        self._post(self.VALID)
        self.assertEqual(self._intakes().error_code, "E_SPAM")

    def test_too_many(self):
        self.form.rate_network = 2
        for _number in range(2):
            self.assertEqual(self._post(self.VALID).status_code, 303)
        answer = self._post(self.VALID)
        self.assertEqual(answer.status_code, 429)
        self.assertTrue(int(answer.headers["Retry-After"]))
        self.assertIn("ana.wf@example.com", answer.text)

    # -- abuse

    def test_large_body(self):
        answer = self._post({**self.VALID, "message": "x" * 70_000}, token=False)
        self.assertEqual(answer.status_code, 413)
        self.assertIn("too long", answer.text)

    def test_control_characters(self):
        for bad in ("Ana\r\nBcc: x@y.example", "Ana\x00"):
            with self.subTest(bad=bad):
                self.assertEqual(self._post({**self.VALID, "name": bad}).status_code, 422)
        self.assertEqual(self._post({**self.VALID, "message": "a\x00b\r\nc"}).status_code, 303)
        self.assertEqual(self._intakes().payload["message"], "ab\nc")

    def test_only_declared_fields(self):
        extra = {"user_id": "1", "team_id": "1", "company_id": "1", "self": "x", "number": "x", "id": "1"}
        self.assertEqual(self._post({**self.VALID, **extra}).status_code, 303)
        intake = self._intakes()
        self.assertFalse(intake.user_id)
        self.assertEqual(intake.company_id, self.company_a)
        self.assertFalse(set(intake.payload["answers"]) & set(extra))

    def test_error_of_ours_shows_nothing(self):
        with (
            patch.object(type(self.form), "_get_public_texts", side_effect=RuntimeError("secret inside")),
            self.assertLogs("odoo.addons.crm_web_forms.controllers.common", "ERROR"),
        ):
            answer = self._get()
        self.assertEqual(answer.status_code, 500)
        self.assertNotIn("secret", answer.text)

    def test_logged_in_user_is_nobody_here(self):
        self.authenticate("wf_manager_b", "wf_manager_b")
        answer = self._post(self.VALID)
        self.assertEqual(answer.status_code, 303)
        self.assertEqual(self._intakes().create_uid, self.env.ref("base.public_user"))
        self.logout()
        self.opener.cookies.clear()

    # -- pages of a form

    def _fields(self, html):
        return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html))

    def test_pages_one_after_another(self):
        want = self._add_field(self.form, "radio", "Want", options="Buy\nSell", sequence=1, required=True)
        self._add_field(self.form, "step", "About you", sequence=2)
        size = self._add_field(self.form, "number", "Size", sequence=60, required=True)
        why = self._add_field(self.form, "text", "Why", sequence=1)
        (size | why).write({"condition_field_id": want.id, "condition_value": "Sell"})
        self.form.field_ids.filtered(lambda field: field.name in ("name", "email")).sequence = 55
        self.form.action_publish()
        first = self._get()
        self.assertIn("Page 1 of 2", first.text)
        rule = 'form:not(:has([name="want"][value="Sell"]:checked)) [data-field="why"]{display:none}'
        self.assertIn(rule, first.text, "what depends on this page is hidden by style, not spelled in HTML")
        self.assertNotIn('id="f_email"', first.text)
        hidden = self._fields(first.text)
        again = self._send(hidden, _go="next")
        self.assertEqual(again.status_code, 422, "the first page is checked at once")
        self.assertNotIn("f_email", again.text)
        second = self._send(hidden, _go="next", want="Buy")
        self.assertEqual(second.status_code, 200)
        self.assertIn("About you", second.text)
        self.assertNotIn('id="f_size"', second.text, "the server decides what depends on a page before")
        hidden = self._fields(second.text)
        self.assertEqual(hidden["want"], "Buy")
        back = self._send(hidden, _go="back", name="Ana")
        self.assertIn("Page 1 of 2", back.text)
        self.assertEqual(self._fields(back.text)["name"], "Ana", "nothing typed is lost")
        self.assertEqual(self._send(hidden, _go="next", **self.VALID).status_code, 303)
        self.assertEqual(self._intakes().payload["answers"]["want"], "Buy")

    def test_a_language_that_was_removed(self):
        lang = self.env["res.lang"]._activate_lang("ca_ES")
        self.form.action_publish()
        self.assertIn('lang="ca-ES"', self._get(self.path + "?lang=ca_ES").text)
        lang.active = False
        self.assertIn('lang="en-US"', self._get(self.path + "?lang=ca_ES").text)

    def _send(self, hidden, **values):
        return self.url_open(self.path, data={**hidden, **values}, allow_redirects=False)

    def test_try_is_marked(self):
        url = self.form.with_user(self.manager).action_try()["url"]
        page = self._get(url.replace(self.form.get_base_url(), ""))
        self.assertEqual(self._send(self._fields(page.text), **self.VALID).status_code, 303)
        self.assertTrue(self._intakes().is_test)
        self._run()
        self.assertTrue(self._intakes().lead_id.name.startswith("[Test]"))
        hidden = self._fields(self._get().text)
        self._send({**hidden, "_test": "x"}, **self.VALID)
        self.assertEqual(self._intakes().mapped("is_test").count(True), 1)

    # -- preview

    def test_preview_is_for_colleagues(self):
        self._add_field(self.form, "text", "Not published yet", sequence=90)
        path = f"{self.path}/preview"
        self.assertIn("/web/login", self.url_open(path).url)
        self.authenticate("wf_seller", "wf_seller")
        page = self.url_open(path)
        self.assertIn("Not published yet", page.text)
        self.assertIn("form-action 'none'", page.headers["Content-Security-Policy"])
        self.assertIn("frame-ancestors 'self'", page.headers["Content-Security-Policy"])
        self.authenticate("wf_manager_b", "wf_manager_b")
        self.assertEqual(self.url_open(path).status_code, 404)
        self.logout()
        self.opener.cookies.clear()
