import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged

from .common import WebFormsCase

ADDRESS = "ana.wf@example.com"


@tagged("post_install", "-at_install")
class TestConfirm(WebFormsCase, HttpCase):
    """What a form writes to an address somebody typed, and what the person answers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a.email = "office@forms-a.example"
        cls._add_field(cls.form, "consent", False, name="news", purpose_id=cls.purpose.id)
        cls.form.write({"reply_subject": "We have it", "reply_body": "<p>Soon.</p>"})
        cls.form.action_publish()

    def _take(self, form=None, key=None, email=ADDRESS, news=True, **meta):
        form = form or self.form
        clean = {"name": "Ana <b>", "email": email, "message": "Buy now", "news": news}
        receipt = form._take(form.version_id, clean, "en_US", key, **meta)
        intake = self.env["crm.intake"].search([("receipt", "=", receipt)])
        intake._job_attempt()
        return intake

    def _mails(self, address=ADDRESS):
        return self.env["mail.mail"].search([("email_to", "=", address)])

    def _link(self):
        return self._mails()[:1].body_html.split('href="')[1].split('"')[0].replace(self.form.get_base_url(), "")

    # -- everything waits

    def test_nothing_happens_until_confirmed(self):
        self.form.confirm = "all"
        intake = self._take()
        self.assertEqual((intake.job_state, intake.error_code), ("retry", "E_CONFIRM"))
        self.assertFalse(intake.partner_id or intake.lead_id)
        mail = self._mails()
        self.assertEqual(len(mail), 1)
        for text in ("Ana", "Buy now"):
            self.assertNotIn(text, mail.body_html + mail.subject, "nothing of what was typed")
        link = self._link()
        page = self.url_open(link)
        self.assertIn("<button", page.text)
        self.assertFalse(intake.confirmed_on, "looking confirms nothing")
        self.assertEqual(self.url_open(link, method="HEAD").status_code, 200)
        self.assertFalse(intake.confirmed_on)
        answer = self.url_open(link, data={"x": "1"})
        self.assertIn("confirmed", answer.text)
        self.assertNotIn("Set-Cookie", answer.headers)
        self.assertTrue(intake.confirmed_on)
        intake._job_attempt()
        self.assertEqual(intake.job_state, "done", intake.error_message)
        self.assertTrue(intake.lead_id)
        self.assertTrue(intake.partner_id.with_company(self.company_a)._has_consent("wf_news"))
        first = intake.confirmed_on
        self.url_open(link, data={"x": "1"})
        self.assertEqual(intake.confirmed_on, first)
        self.assertEqual(len(intake.partner_id.sudo().consent_ids), 1)

    def test_many_at_once_wait_as_well(self):
        other = self.form.copy({"name": "Other"})
        other.action_publish()
        self.form.confirm = "all"
        intakes = self.env["crm.intake"]
        for number in range(4):
            form = self.form if number < 2 else other
            clean = {"name": "Ana", "email": f"n{number}@wf.example", "news": True}
            receipt = form._take(form.version_id, clean, "en_US")
            intakes |= intakes.search([("receipt", "=", receipt)])
        intakes._job_attempt_many()
        self.assertEqual(intakes.mapped("job_state"), ["retry", "retry", "done", "done"])
        self.assertEqual(len(self.env["mail.mail"].search([("email_to", "like", "@wf.example")])), 2)
        consents = intakes.partner_id.sudo().consent_ids
        self.assertEqual(consents.intake_id, intakes.filtered(lambda intake: intake.form_id == other))

    def test_unconfirmed_ends_after_a_week(self):
        self.form.confirm = "all"
        intake = self._take()
        intake.confirm_sent_on = fields.Datetime.now() - timedelta(days=8)
        intake._job_attempt()
        self.assertEqual((intake.job_state, intake.error_code), ("cancelled", "E_UNCONFIRMED"))

    def test_other_tokens_are_refused(self):
        for token in ("x", "%00", "a" * 5000, self.form._make_token(self.form.version_id)):
            answer = self.url_open(f"/crm/f/confirm/{token}")
            self.assertEqual(answer.status_code, 404)
            self.assertIn("This link does not work any more", answer.text)
            self.assertEqual(self.url_open(f"/crm/f/confirm/{token}", data={"x": 1}).status_code, 404)

    # -- consents wait

    def test_consent_counts_once_confirmed(self):
        self.form.confirm = "consent"
        intake = self._take()
        self.assertEqual(intake.job_state, "done", intake.error_message)
        partner = intake.partner_id.with_company(self.company_a)
        self.assertTrue(intake.lead_id)
        self.assertFalse(partner._has_consent("wf_news"))
        self.url_open(self._link(), data={"x": "1"})
        self.assertTrue(partner._has_consent("wf_news"))
        consent = partner.sudo().consent_ids
        self.assertEqual((consent.text, consent.form_version_id), ("Send me news.", self.form.version_id))
        self.assertEqual((consent.intake_id, consent.confirmed_on), (intake, intake.confirmed_on))

    def test_no_consent_no_mail(self):
        self.form.confirm = "consent"
        self._take(news=False)
        self.assertFalse(self._mails())

    def test_consent_says_on_which_version(self):
        intake = self._take(page_url="https://shop.example.com/home")
        consent = intake.partner_id.sudo().consent_ids
        self.assertEqual(consent.form_version_id, self.form.version_id)
        self.assertEqual(consent.page_url, "https://shop.example.com/home")

    # -- answers

    def test_answer(self):
        self.form.reply = True
        intake = self._take(proof="solved")
        mail = self._mails()
        self.assertEqual((mail.subject, mail.email_from), ("We have it", self.company_a.email_formatted))
        self.assertIn("auto-replied", mail.headers)
        self.assertTrue(intake.replied_on)
        intake.action_job_retry()
        intake._reply()
        self.assertEqual(len(self._mails()), 1)

    def test_no_answer_without_proof(self):
        self.form.reply = True
        self._take()
        self.assertFalse(self._mails())

    def test_no_answer_to_who_asked_for_no_mail(self):
        self.form.reply = True
        self.env["mail.blacklist"].create({"email": ADDRESS})
        self._take(proof="solved")
        self.assertFalse(self._mails())

    # -- nobody can be flooded

    def test_one_mail_of_a_form_and_three_in_all(self):
        forms = self.form
        self.form.reply = True
        for number in range(4):
            forms |= self.form.copy({"name": f"Form {number}"})
        (forms - self.form).action_publish()
        for form in forms:
            for spelling in (ADDRESS, f"Ana <{ADDRESS}>", ADDRESS.upper()):
                self._take(form, email=spelling, proof="solved")
        sent = self.env["mail.mail"].search([("email_to", "ilike", ADDRESS)])
        self.assertEqual(len(sent), 3)

    def test_limit_of_the_form(self):
        self.form.write({"reply": True, "mail_limit": 2})
        for number in range(4):
            self._take(email=f"n{number}@wf.example", proof="solved")
        self.assertEqual(self.env["mail.mail"].search_count([("email_to", "like", "@wf.example")]), 2)

    def test_limit_of_all_forms(self):
        self.env["ir.config_parameter"].set_param("crm_web_forms.mails_per_hour", "1")
        self.form.reply = True
        for number in range(3):
            self._take(email=f"n{number}@wf.example", proof="solved")
        self.assertEqual(self.env["mail.mail"].search_count([("email_to", "like", "@wf.example")]), 1)

    def test_not_asked_for_lack_of_mails_is_not_lost(self):
        self.form.write({"confirm": "all", "mail_limit": 0})
        intake = self._take()
        self.assertEqual((intake.job_state, intake.error_code), ("retry", "E_CONFIRM"))
        self.assertIn("not asked", intake.error_message)
        self.form.mail_limit = 10
        intake.action_job_retry()
        intake._job_attempt()
        self.assertEqual(len(self._mails()), 1)

    def test_colleagues_are_told(self):
        self.form.notify_ids = self.seller
        intake = self._take()
        told = self.env["mail.message"].search([("partner_ids", "in", self.seller.partner_id.ids)])
        self.assertIn(intake.lead_id.id, told.mapped("res_id"))

    def test_what_was_sent_is_forgotten(self):
        self.form.keep_days = 30
        old, young = self._take(), self._take(email="young@wf.example")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_intake SET create_date = create_date - interval '31 days' WHERE id = %s", (old.id,)
        )
        self.env.invalidate_all()
        lead, partner = old.lead_id, old.partner_id
        self.env["crm.intake"]._gc_forms()
        self.assertFalse(old.email or old.name or old.payload_hash)
        self.assertNotIn("Ana", str(old.payload))
        self.assertEqual((old.lead_id, old.partner_id, partner.email), (lead, partner, ADDRESS))
        self.assertTrue(partner.sudo().consent_ids)
        self.assertEqual(young.email, "young@wf.example")
        with self.assertRaisesRegex(UserError, "erased"):
            old.action_process_again()

    def test_a_person_gets_what_was_kept(self):
        """What a request for access calls: every submission of the person, whoever asks, as JSON can hold it."""
        done = self._take(files={"plan": [("plan.pdf", "application/pdf", b"%PDF-1.7")]})
        self._take(email="other@wf.example")
        waiting = self._take(email=ADDRESS.upper())
        waiting.write({"job_state": "blocked", "error_code": "E_SPAM", "partner_id": False})
        found = done.partner_id.with_user(self.employee)._privacy_export()["crm.intake"]
        self.assertEqual([item["form"] for item in found], [self.form.name] * 2)
        self.assertEqual(found[1]["content"]["contact_name"], "Ana <b>")
        self.assertEqual((found[1]["files"], found[0]["files"]), (["plan.pdf"], []))
        self.assertNotIn("other@wf.example", json.dumps(found))
        done.partner_id._privacy_erase()
        left = json.dumps(done.partner_id._privacy_export())
        for text in ("Ana", ADDRESS, "plan.pdf"):
            self.assertNotIn(text, left)

    def test_the_host_s_look_up_finds_and_deletes_submissions(self):
        """Settings > Privacy Lookup knows nothing of forms and finds them all the same."""
        done = self._take()
        partner = done.partner_id
        wizard = self.env["privacy.lookup.wizard"].create({"name": partner.name, "email": ADDRESS})
        wizard.action_lookup()
        line = wizard.line_ids.filtered(lambda line: (line.res_model, line.res_id) == ("crm.intake", done.id))
        self.assertEqual(len(line), 1)
        line.action_unlink()
        self.assertFalse(done.exists())
        self.assertTrue(partner.sudo().consent_ids, "the proof stays")

    def test_a_person_is_forgotten(self):
        """What a request to be forgotten calls: what came from this address, whatever state it is in, and its files."""
        files = {"plan": [("plan.pdf", "application/pdf", b"%PDF-1.7")]}
        done = self._take(files=files)
        other = self._take(email="other@wf.example")
        waiting = self._take(email=ADDRESS.upper())
        waiting.write({"job_state": "blocked", "error_code": "E_SPAM", "partner_id": False})
        file = done.file_ids
        self.assertEqual(file.res_model, "crm.lead")
        erased = done.partner_id.with_user(self.employee)._privacy_erase()
        self.assertEqual(erased["crm.intake"], 2)
        self.assertFalse(file.exists())
        for intake in done | waiting:
            self.assertFalse(intake.email or intake.name or intake.first_touch or intake.network_hash)
            self.assertEqual(intake.payload, {"utm": {}})
        self.assertEqual((done.job_state, waiting.job_state), ("done", "cancelled"))
        self.assertEqual(other.payload["contact_name"], "Ana <b>", "nobody else is forgotten")
        self.assertEqual(done.partner_id._privacy_erase()["crm.intake"], 0, "once is enough")
