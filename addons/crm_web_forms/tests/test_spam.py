import base64
import io
import json
import zipfile

from PIL import Image

from odoo.tests import HttpCase, tagged

from odoo.addons.crm_web_forms.tools import proof, upload

from .common import WebFormsCase


def picture(kind):
    content = io.BytesIO()
    Image.new("RGB", (4, 4)).save(content, kind)
    return content.getvalue()


def zipped(**entries):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in entries.items():
            archive.writestr(name.replace("__", "/").replace("_DOT_", "."), text)
    return content.getvalue()


@tagged("post_install", "-at_install")
class TestSpam(WebFormsCase, HttpCase):
    """Proof of work, content, files: what is doubtful waits, nothing is lost, nothing runs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.form.action_publish()

    VALID = {"name": "Ana Bosch", "email": "ana.wf@example.com", "message": "Hello"}

    def _send(self, form=None, fields=None, headers=None, **more):
        form = form or self.form
        return self.url_open(
            f"/crm/api/forms/{form.uuid}/submissions",
            data=json.dumps({"fields": {**self.VALID, **(fields or {})}, **more}),
            headers={"Content-Type": "application/json", **(headers or {})},
        )

    def _challenge(self, form=None):
        answer = self.url_open(f"/crm/f/{(form or self.form).uuid}/challenge")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        return answer.json()

    def _intakes(self):
        return self.env["crm.intake"].search([("form_id", "=", self.form.id)])

    def _code(self, answer):
        return answer.json().get("error", {}).get("code")

    # -- proof of work

    def test_proof(self):
        answer = self._send(proof=proof.solve(self._challenge()))
        self.assertEqual(answer.status_code, 202, answer.text)
        self.assertEqual((self._intakes().proof, self._intakes().spam_score), ("solved", 0))

    def test_proof_counts_once(self):
        solved = proof.solve(self._challenge())
        self.assertEqual(self._send(proof=solved, submission_key="first-one").status_code, 202)
        self.assertEqual(self._send(proof=solved, submission_key="first-one").status_code, 202, "a double click")
        self.assertEqual(self._code(self._send(proof=solved, submission_key="another-one")), "E_PROOF")
        self.assertEqual(len(self._intakes()), 1)

    def test_proof_of_another_form(self):
        other = self.form.copy()
        other.action_publish()
        self.assertEqual(self._code(self._send(proof=proof.solve(self._challenge(other)))), "E_PROOF")

    def test_forged_proof(self):
        solved = json.loads(base64.b64decode(proof.solve(self._challenge())))
        solved["challenge"]["parameters"]["expiresAt"] += 1
        for forged in (base64.b64encode(json.dumps(solved).encode()).decode(), "x", "e30=", 7, ["a"], "a" * 9999):
            with self.subTest(forged=str(forged)[:20]):
                self.assertEqual(self._code(self._send(proof=forged)), "E_PROOF")

    def test_no_proof(self):
        self._send()
        self.assertEqual((self._intakes().job_state, self._intakes().proof), ("pending", "no"))
        self.form.proof_mode = "require"
        self._send(fields={"message": "Again"})
        blocked = self._intakes().filtered(lambda intake: intake.job_state == "blocked")
        self.assertEqual(blocked.error_code, "E_SPAM")
        blocked.action_job_retry()
        blocked._job_attempt()
        self.assertEqual(blocked.job_state, "done", "released")
        self.form.proof_mode = "off"
        self.assertEqual(self._challenge(), {})
        self.assertEqual(self._send(fields={"message": "Third"}).status_code, 202)

    def test_challenge_is_for_websites_of_the_form(self):
        path = f"/crm/f/{self.form.uuid}/challenge"
        self.assertEqual(self.url_open(path, headers={"Origin": "https://evil.test"}).status_code, 403)

    # -- content

    def test_content(self):
        self.form.spam_words = "casino"
        self._send(fields={"message": "Casino [url=http://a.example]x[/url]"})
        intake = self._intakes()
        self.assertEqual(intake.error_code, "E_SPAM")
        self.assertIn("markup", intake.spam_reasons)
        self.assertEqual(intake.spam_score, 110)
        self.form.spam_limit = 0
        self._send(fields={"message": "Casino [url=http://b.example]x[/url]"})
        self.assertEqual(self._intakes()[0].job_state, "pending", "nothing waits where nothing shall")

    def test_addresses_to_throw_away(self):
        """Only where the form gives points for them."""
        self.env["ir.config_parameter"].set_param("crm_web_forms.disposable_domains", "throw.example")
        for points, expected in ((0, 0), (70, 70)):
            self.form.disposable_points = points
            for address in ("ana@mailinator.com", "ana@throw.example"):
                self._send(fields={"email": address, "message": str(points)}, proof=proof.solve(self._challenge()))
                self.assertEqual(self._intakes()[0].spam_score, expected, address)
        self.assertEqual((self._intakes()[0].job_state, self._intakes()[0].error_code), ("blocked", "E_SPAM"))
        self._send(fields={"name": "Win at www.example.com"}, proof=proof.solve(self._challenge()))
        self.assertEqual(self._intakes()[0].spam_score, 60)

    def test_limit_of_an_address(self):
        self.form.rate_sender = 2
        codes = [self._send(fields={"message": str(number)}).status_code for number in range(3)]
        self.assertEqual(codes, [202, 202, 429])
        self.assertEqual(self._send(fields={"email": "bea.wf@example.com"}).status_code, 202, "nobody else waits")

    # -- files

    def _ask_for_files(self, accept="both", **values):
        self._add_field(self.form, "file", "Plan", accept=accept, **values)
        self.form.action_publish()

    def _file(self, content, name="plan.pdf"):
        return {"plan": [{"name": name, "data": base64.b64encode(content).decode()}]}

    def _files(self):
        return (
            self.env["ir.attachment"]
            .search(
                [
                    ("res_model", "in", ("crm.intake", "crm.lead")),
                    ("res_id", "in", [*self._intakes().ids, *self._intakes().lead_id.ids]),
                ]
            )
            .filtered(lambda file: not file.res_field)
        )

    def test_files_are_off(self):
        self.assertEqual(self._send(fields=self._file(b"%PDF-1.7 x")).status_code, 202)
        self.assertFalse(self._files())
        self.assertEqual(self._send(fields=self._file(b"%PDF-1.7" + b"x" * 70_000)).status_code, 413)

    def test_file(self):
        self._ask_for_files()
        content = b"%PDF-1.7" + b"x" * 100_000
        for _again in range(2):
            answer = self._send(fields=self._file(content, "../../<b>plan.exe"), submission_key="with-a-file")
            self.assertEqual(answer.status_code, 202, answer.text)
        file = self._files()
        self.assertEqual((file.name, file.mimetype, file.public), ("bplan.pdf", "application/pdf", False))
        self.assertEqual((file.res_model, file.raw), ("crm.intake", content))
        other = self._send(fields=self._file(content + b"y"), submission_key="with-a-file")
        self.assertEqual(self._code(other), "E_KEY_REUSED")
        self._intakes()._job_attempt()
        self.assertEqual(file.res_model, "crm.lead")
        self.assertEqual(self.url_open(f"/web/content/{file.id}").status_code, 404, "nobody outside reads it")

    def test_every_kind_by_content(self):
        docx = zipped(**{"[Content_Types]_DOT_xml": "", "word__document_DOT_xml": ""})
        kinds = {
            "pdf": b"%PDF-1.7",
            "jpg": picture("JPEG"),
            "png": picture("PNG"),
            "webp": b"RIFF\x10\x00\x00\x00WEBPVP8 ",
            "docx": docx,
            "odt": zipped(mimetype="application/vnd.oasis.opendocument.text"),
        }
        for kind, content in kinds.items():
            with self.subTest(kind=kind):
                self.assertEqual(upload.sniff(content)[0], kind)

    def test_polyglots_are_refused(self):
        self._ask_for_files()
        png = picture("PNG")
        bad = {
            "html.pdf": b"<!DOCTYPE html><script>alert(1)</script>",
            "late.pdf": b"%PDF-1.7\n<script>alert(1)</script>",
            "gif.png": b"GIF89a=1;/*" + b"x" * 30 + b"*/alert(1)",
            "svg.png": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
            "exe.pdf": b"MZ\x90\x00" + b"x" * 100,
            "cut.png": png[:20],
            "macro.docx": zipped(
                **{"[Content_Types]_DOT_xml": "", "word__document_DOT_xml": "", "word__vbaProject_DOT_bin": ""}
            ),
            "jar.docx": zipped(**{"META-INF__MANIFEST_DOT_MF": ""}),
            "zip.docx": b"PK\x03\x04" + b"x" * 50,
        }
        for name, content in bad.items():
            with self.subTest(name=name):
                answer = self._send(fields={**self._file(content, name), "email": f"{name}@wf.example"})
                self.assertEqual(answer.status_code, 422, answer.text)
                self.assertEqual(answer.json()["error"]["fields"]["plan"]["code"], "file_type")
        self.assertFalse(self._files())

    def test_limits_of_files(self):
        self._ask_for_files("images", required=True)
        self.form.write({"file_most": 1, "file_limit": 0})
        self.form.rate_sender = 0
        png = self._file(picture("PNG"))
        self.assertEqual(self._send(fields=png).json()["error"]["fields"]["plan"]["code"], "file_size")
        self.form.file_limit = 1
        self.assertEqual(self._send().json()["error"]["fields"]["plan"]["code"], "required")
        two = {"plan": png["plan"] * 2}
        self.assertEqual(self._send(fields=two).json()["error"]["fields"]["plan"]["code"], "file_many")
        pdf = self._file(b"%PDF-1.7")
        self.assertEqual(self._send(fields=pdf).json()["error"]["fields"]["plan"]["code"], "file_type")
        for odd in ("x", 7, {}, [1], [{"name": 1}], [{"name": "a", "data": 7}], [{"name": "a", "data": "!"}]):
            self.assertEqual(self._send(fields={"plan": odd}).status_code, 422)
        self.assertEqual(self._send(fields=self._file(b"x" * 1_080_000)).status_code, 422)
        self.assertEqual(self._send(fields=self._file(b"x" * 1_600_000)).status_code, 413)
        self.assertEqual(self._send(fields=png).status_code, 202)

    def test_file_of_the_page(self):
        self._ask_for_files()
        self.form.min_seconds = 0
        path = f"/crm/f/{self.form.uuid}"
        page = self.url_open(path)
        self.assertIn('enctype="multipart/form-data"', page.text)
        token = page.text.split('name="_token" value="')[1].split('"')[0]
        data = {**self.VALID, "_token": token, "_step": "0"}
        bad = self.url_open(path, data=data, files={"plan": ("a.pdf", b"<html>")}, allow_redirects=False)
        self.assertEqual(bad.status_code, 422)
        self.assertIn("kind of file", bad.text)
        good = self.url_open(path, data=data, files={"plan": ("a.pdf", b"%PDF-1.7")}, allow_redirects=False)
        self.assertEqual(good.status_code, 303)
        self.assertEqual(self._files().name, "a.pdf")
        self.assertEqual(self._intakes().payload["answers"]["plan"], ["a.pdf"])
