from odoo.tests import HttpCase, tagged

from .common import WebFormsCase

# A test's requests are told from strangers' by a cookie; the element never sends any.
EMBED = """
    const plain = window.fetch;
    const calls = [];
    window.fetch = (url, options) => {
        calls.push(url);
        return plain(url, { ...options, credentials: "include" });
    };
    const assert = (truth, text) => { if (!truth) { throw new Error(text); } };
    const event = (name) => new Promise((done) => addEventListener(name, done, { once: true }));
    const wait = async (test, text) => {
        for (let turn = 0; turn < 100; turn++) {
            if (test()) { return; }
            await new Promise((done) => setTimeout(done, 50));
        }
        throw new Error(`not in time: ${text}`);
    };
    const add = async (number) => {
        const element = document.createElement("crm-form");
        element.setAttribute("form", number);
        const ready = event("crm-form-ready");
        document.body.append(element);
        await ready;
        return element.shadowRoot;
    };
    (async () => {
        history.replaceState(null, "", "?utm_source=partner-wf&utm_campaign=spring-wf&which=Two");
        const [first, second] = [await add("%(number)s"), await add("%(number)s")];
        assert(calls.length === 2 && calls.every((url) => url.includes("/schema")), "only the schema before Send");
        const fields = first.querySelector("form").elements;
        first.querySelector("button").click();
        await wait(() => fields.email.getAttribute("aria-invalid") === "true", "errors");
        assert(first.activeElement === fields.name, "focus on the first field that is wrong");
        assert(first.getElementById("f_email_error").textContent.length > 5, "error next to the field");
        fields.name.value = "<img src=x onerror=alert(1)>";
        fields.email.value = "embed.wf@example.com";
        fields.news.checked = true;
        const sent = event("crm-form-sent");
        first.querySelector("button").click();
        first.querySelector("button").click();
        const { detail } = await sent;
        assert(detail.receipt.length === 36, "receipt");
        assert(first.querySelector("[role=status]").textContent.includes("Thank you"), "thank-you text");
        assert(second.querySelector("form"), "the other form is still there");
        assert(calls.length === 4, "a double click sends once");
        console.log("test successful");
    })().catch((error) => console.error(error.message));
"""


@tagged("post_install", "-at_install")
class TestUi(WebFormsCase, HttpCase):
    def test_build_and_publish(self):
        self.start_tour("/odoo/crm-web-forms", "crm_web_form_build", login="wf_manager")
        form = self.env["crm.web.form"].search(
            [("name", "=", "Ask about a home"), ("company_id", "=", self.company_a.id)]
        )
        self.assertEqual(form.state, "published")
        self.assertEqual(form.field_ids[-1].name, "which_home")

    def test_embed(self):
        self._add_field(self.form, "consent", False, name="news", purpose_id=self.purpose.id)
        self.form.action_publish()
        self.browser_js("/crm_web_forms/static/tests/embed.html", EMBED % {"number": self.form.uuid})
        intake = self.env["crm.intake"].search([("form_id", "=", self.form.id)])
        self.assertEqual(len(intake), 1)
        self.assertEqual(intake.payload["utm"], {"source": "partner-wf", "medium": "", "campaign": "spring-wf"})
        self.assertTrue(intake.page_url.endswith("/crm_web_forms/static/tests/embed.html"))
        self.assertEqual([consent["purpose"] for consent in intake.payload["consents"]], ["wf_news"])

    def test_manager_reads_the_results(self):
        self.form.action_publish()
        self.env["crm.web.form.stat"]._note(self.form.version_id, "view")
        self.form._take(self.form.version_id, {"name": "Ana", "email": "ana.wf@example.com"}, "en_US")
        self.start_tour("/odoo/crm-web-forms", "crm_web_form_results", login="wf_manager")

    def test_manager_releases_what_is_no_spam(self):
        self.form.action_publish()
        signs = {"name_link": self.form.spam_limit}
        self.form._take(self.form.version_id, {"name": "Ana", "email": "ana.wf@example.com"}, "en_US", signs=signs)
        intake = self.env["crm.intake"].search([("form_id", "=", self.form.id)])
        self.assertEqual((intake.job_state, intake.error_code), ("blocked", "E_SPAM"))
        self.start_tour("/odoo/crm-web-forms", "crm_web_form_quarantine", login="wf_manager")
        intake.invalidate_recordset()
        if intake.job_state == "pending":
            intake._job_attempt()
        self.assertEqual(intake.job_state, "done", intake.error_message)
        self.assertTrue(intake.lead_id)
