import json

from odoo.tests import HttpCase, tagged

from odoo.addons.crm_web_forms.controllers.common import BODY_LIMIT

from .common import WebFormsCase

SHOP = "https://shop.example.com"


@tagged("post_install", "-at_install")
class TestApi(WebFormsCase, HttpCase):
    """The contract of the JSON interface."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._add_field(cls.form, "choice", "Which?", options="One\nTwo")
        cls._add_field(cls.form, "consent", False, name="news", purpose_id=cls.purpose.id)
        cls._add_field(cls.form, "hidden", "Source page", name="placed", value="front")
        cls.form.allowed_origins = SHOP
        cls.form.action_publish()

    VALID = {"name": "Ana Bosch", "email": "ana.wf@example.com", "message": "Hello"}

    def _send(self, body=None, headers=None, number=None, raw=None):
        data = json.dumps({"fields": self.VALID} if body is None else body) if raw is None else raw
        answer = self.url_open(
            f"/crm/api/forms/{number or self.form.uuid}/submissions",
            data=data,
            headers={"Content-Type": "application/json", **(headers or {})},
        )
        self.assertNotIn("Set-Cookie", answer.headers)
        self.assertNotIn("Traceback", answer.text)
        return answer

    def _assert_refused(self, answer, status, code):
        self.assertEqual(answer.status_code, status, answer.text)
        self.assertEqual(answer.json()["error"]["code"], code)
        self.assertEqual(answer.headers["Content-Type"], "application/json; charset=utf-8")

    def _intakes(self):
        return self.env["crm.intake"].search([("form_id", "=", self.form.id)])

    def _schema(self, headers=None):
        return self.url_open(f"/crm/f/{self.form.uuid}/schema", headers=headers or {})

    # -- contract, one test for each code

    def test_202(self):
        answer = self._send()
        self.assertEqual(answer.status_code, 202)
        self.assertEqual(answer.json()["receipt"], self._intakes().receipt)
        self.assertEqual(self._intakes().payload["answers"], {"placed": "front"})

    def test_202_flat_body(self):
        self.assertEqual(self._send(self.VALID).status_code, 202)
        self.assertEqual(self._intakes().email, "ana.wf@example.com")

    def test_400(self):
        for raw in (
            " ",
            "{",
            "[]",
            "null",
            '"x"',
            '{"fields": 1, "fields": 2}',
            "[" * 50_000,
            b"\xff\xfe{}",
            "{" + "9" * 50,
        ):
            with self.subTest(raw=raw[:20]):
                self._assert_refused(self._send(raw=raw), 400, "E_JSON")

    def test_403_origin(self):
        for sender in ("https://evil.test", "null", SHOP + ".evil.test", SHOP.replace("https", "http"), ""):
            with self.subTest(sender=sender):
                answer = self._send(headers={"Origin": sender})
                self._assert_refused(answer, 403, "E_ORIGIN")
                self.assertNotIn("Access-Control-Allow-Origin", answer.headers)
                self.assertEqual(answer.headers["Vary"], "Origin")

    def test_403_key(self):
        for key in ("wrong", "", "é"):
            with self.subTest(key=key):
                self._assert_refused(self._send(headers={"Authorization": f"Bearer {key}".encode()}), 403, "E_KEY")

    def test_404(self):
        draft = self.form.copy()
        for number in ("x", "00000000-0000-4000-8000-000000000000", draft.uuid, "%00"):
            with self.subTest(number=number):
                self._assert_refused(self._send(number=number), 404, "E_FORM")

    def test_409(self):
        body = {"fields": self.VALID, "submission_key": "a-key-of-mine"}
        first, second = self._send(body), self._send(body)
        self.assertEqual((first.status_code, second.status_code), (202, 202))
        self.assertEqual(first.json(), second.json())
        other = {"fields": {**self.VALID, "message": "Else"}, "submission_key": "a-key-of-mine"}
        self._assert_refused(self._send(other), 409, "E_KEY_REUSED")
        self.assertEqual(len(self._intakes()), 1)

    def test_key_is_of_one_form(self):
        other = self.form.copy()
        other.action_publish()
        body = {"fields": self.VALID, "submission_key": "a-key-of-mine"}
        self.assertNotEqual(self._send(body).json()["receipt"], self._send(body, number=other.uuid).json()["receipt"])

    def test_key_in_the_header(self):
        for _again in range(2):
            self.assertEqual(self._send(headers={"Idempotency-Key": "a-key-of-mine"}).status_code, 202)
        self.assertEqual(len(self._intakes()), 1)

    def test_413(self):
        answer = self._send({"fields": {"message": "x" * BODY_LIMIT}}, headers={"Origin": SHOP})
        self._assert_refused(answer, 413, "E_TOO_LARGE")
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], SHOP)

    def test_415(self):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
            with self.subTest(kind=kind):
                self._assert_refused(self._send(headers={"Content-Type": kind}), 415, "E_MEDIA_TYPE")

    def test_422(self):
        answer = self._send({"fields": {"email": "nonsense", "which": "Three"}})
        self._assert_refused(answer, 422, "E_FIELDS")
        found = {key: error["code"] for key, error in answer.json()["error"]["fields"].items()}
        self.assertEqual(found, {"name": "required", "email": "email", "which": "choice"})
        for key in ("short", "x" * 200, 12, ["a"], "with blank in"):
            with self.subTest(key=key):
                self._assert_refused(self._send({"fields": self.VALID, "submission_key": key}), 422, "E_SUBMISSION_KEY")
        self.assertFalse(self._intakes())

    def test_429(self):
        self.form.rate_network = 2
        self._send()
        self._send()
        answer = self._send(headers={"Origin": SHOP})
        self._assert_refused(answer, 429, "E_RATE")
        self.assertTrue(int(answer.headers["Retry-After"]))
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], SHOP)

    # -- origins

    def test_preflight(self):
        for path in (f"/crm/api/forms/{self.form.uuid}/submissions", f"/crm/f/{self.form.uuid}/schema"):
            answer = self.opener.options(self.base_url() + path, headers={"Origin": SHOP})
            self.assertEqual(answer.status_code, 204)
            self.assertEqual(answer.headers["Access-Control-Allow-Origin"], SHOP)
            self.assertNotIn("Access-Control-Allow-Credentials", answer.headers)
            self.assertIn("Content-Type", answer.headers["Access-Control-Allow-Headers"])
            answer = self.opener.options(self.base_url() + path, headers={"Origin": "https://evil.test"})
            self.assertEqual(answer.status_code, 403)

    def test_allowed_origins(self):
        for sender in (SHOP, self.base_url()):
            answer = self._send(headers={"Origin": sender})
            self.assertEqual(answer.status_code, 202)
            self.assertEqual(answer.headers["Access-Control-Allow-Origin"], sender)
            self.assertEqual(answer.headers["Vary"], "Origin")
        self.assertIn(SHOP, self._intakes().mapped("origin"))
        self.form.allowed_origins = "*"
        self.assertEqual(self._send(headers={"Origin": "https://any.test"}).status_code, 202)

    # -- servers

    def test_key_of_a_server(self):
        action = self.form.with_user(self.manager).action_make_key()
        key = action["context"]["default_key"]
        self.assertNotIn(key, self.form.sudo().key_hash)
        headers = {"Authorization": f"Bearer {key}", "Origin": "https://evil.test"}
        self.form.rate_network = 1
        for _number in range(3):
            self.assertEqual(self._send(headers=headers).status_code, 202)
        self.form.with_user(self.manager).action_remove_key()
        del headers["Origin"]
        self._assert_refused(self._send(headers=headers), 403, "E_KEY")

    # -- what gets in

    def test_mass_assignment(self):
        names = {*self.env["crm.lead"]._fields, *self.env["res.partner"]._fields, *self.env["crm.intake"]._fields}
        values = dict.fromkeys(sorted(names - {"name", "email", "phone", "message"})[:150], 1)
        meta = {"user_id": 1, "team_id": 1, "company_id": 1, "job_state": "done", "receipt": "x", "placed": "back"}
        self.assertEqual(self._send({"fields": {**values, **meta, **self.VALID}, **meta}).status_code, 202)
        intake = self._intakes()
        self.assertFalse(intake.user_id or intake.team_id)
        self.assertEqual((intake.company_id, intake.job_state), (self.company_a, "pending"))
        self.assertEqual(intake.payload["answers"], {"placed": "front"})
        intake._job_attempt()
        self.assertEqual(intake.job_state, "done", intake.error_message)
        self.assertFalse(intake.lead_id.user_id)
        self.assertFalse(intake.partner_id.user_id)
        self.assertEqual(intake.lead_id.probability, self.env["crm.lead"].create({"name": "x"}).probability)

    def test_control_characters(self):
        for bad in ("a@b.example\r\nSubject: hi", "a\x00@b.example"):
            self._assert_refused(self._send({"fields": {**self.VALID, "email": bad}}), 422, "E_FIELDS")
        answer = self._send({"fields": {**self.VALID, "message": "a\x00b\ud800c"}, "lang": "x\x00", "page_url": "\x00"})
        self.assertEqual(answer.status_code, 202)
        self.assertEqual(self._intakes().payload["message"], "abc")

    def test_odd_types_are_never_an_error_of_ours(self):
        self.form.write({"rate_sender": 0, "rate_network": 0})
        odd = (None, True, 0, 1e308, [], {}, [[]], {"a": {"b": []}}, "x" * 300, "\ud800", "\u202e")
        for value in odd:
            for body in (
                {"fields": dict.fromkeys(("name", "email", "phone", "message", "which", "news"), value)},
                {**self.VALID, "utm": value, "lang": value, "page_url": value, "version": value},
                {**self.VALID, "utm": {"source": value}},
                {"fields": value},
            ):
                with self.subTest(body=str(body)[:60]):
                    self.assertIn(self._send(body).status_code, (202, 422))

    def test_what_arrived_is_shown_with_its_questions(self):
        self._add_field(self.form, "text", "Which home?", name="home")
        self.form.action_publish()
        self._send({"fields": {**self.VALID, "home": "A-1", "news": True}, "utm": {"source": "Letter"}})
        shown = self._intakes().payload_html
        for text in ("Which home?", "A-1", ">Source<", "Letter", "wf_news: granted"):
            self.assertIn(text, shown)
        for text in ("answers home", "utm source", "{"):
            self.assertNotIn(text, shown)

    def test_stored_text_is_shown_escaped(self):
        evil = "<img src=x onerror=alert(1)><script>alert(1)</script>"
        self._send({"fields": {**self.VALID, "name": evil, "message": evil}})
        intake = self._intakes()
        self.assertNotIn("<img", intake.payload_html)
        intake._job_attempt()
        self.assertNotIn("<img", intake.lead_id.description)
        self.assertNotIn("<script", intake.lead_id.description)

    def test_trap_is_quarantine(self):
        self.assertEqual(self._send({"fields": self.VALID, self.form._get_trap(): "x"}).status_code, 202)
        self.assertEqual((self._intakes().job_state, self._intakes().error_code), ("blocked", "E_SPAM"))

    # -- what becomes of it

    def test_known_contact_is_found_and_not_overwritten(self):
        known = self.env["res.partner"].create(
            {"name": "Ana B.", "email": "Ana.WF@example.com", "phone": "+34 600 000 101"}
        )
        for phone in ("+34 600 000 102", "+34 600 000 103"):
            self._send({"fields": {**self.VALID, "phone": phone}})
        for intake in self._intakes().sorted("id"):
            intake._job_attempt()
        self.assertEqual(self._intakes().partner_id, known)
        self.assertEqual(len(self._intakes().lead_id), 1, "the second one adds to the open lead")
        self.assertEqual((known.name, known.phone), ("Ana B.", "+34 600 000 101"))

    def test_attribution(self):
        utm = {"source": "newsletter-wf", "medium": "email-wf", "campaign": "spring-wf", "x": "y"}
        self._send({"fields": self.VALID, "utm": utm, "page_url": SHOP + "/home?email=a@b.example#x"})
        intake = self._intakes()
        self.assertEqual(intake.page_url, SHOP + "/home")
        intake._job_attempt()
        lead = intake.lead_id
        self.assertEqual(
            (lead.source_id.name, lead.medium_id.name, lead.campaign_id.name),
            ("newsletter-wf", "email-wf", "spring-wf"),
        )

    # -- schema

    def test_schema(self):
        answer = self._schema({"Origin": SHOP})
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], SHOP)
        content = answer.json()
        self.assertEqual(
            [field["key"] for field in content["fields"]], ["name", "email", "phone", "message", "which", "news"]
        )
        self.assertNotIn("maps_to", answer.text)
        self.assertNotIn("purpose", content["fields"][-1])
        again = self._schema({"If-None-Match": answer.headers["ETag"]})
        self.assertEqual((again.status_code, again.text), (304, ""))
        self.form.field_ids[0].label = "Your name"
        self.form.action_publish()
        self.assertEqual(self._schema({"If-None-Match": answer.headers["ETag"]}).status_code, 200)
        self.assertEqual(self._schema({"Origin": "https://evil.test"}).status_code, 403)
        self.form.active = False
        self.assertEqual(self._schema().status_code, 404)

    def test_embed_script(self):
        answer = self.url_open("/crm_web_forms/static/embed.js")
        self.assertEqual(answer.status_code, 200)
        self.assertLessEqual(len(answer.content), 10_240)

    def test_attempts_are_forgotten(self):
        self._send()
        events = self.env["crm.web.rate.event"].search([("form_id", "=", self.form.id)])
        self.assertEqual(len(events), 1)
        events.date = "2020-01-01"
        events.flush_recordset()
        self.env["crm.web.rate.event"]._gc_events()
        self.assertFalse(events.exists())
