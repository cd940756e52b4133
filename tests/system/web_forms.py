"""Web forms for tests from outside: publish one, send it, work it off."""

import base64
import time

import requests

NO_LIMITS = {
    "rate_network": 0,
    "rate_form": 0,
    "rate_sender": 0,
    "min_seconds": 0,
    "proof_mode": "off",
    "spam_limit": 0,
}
WHO = {"name": "Ana Bosch", "email": "ana.outside@example.com", "message": "Hello"}


class WebForm:
    """A published form on a running server."""

    def __init__(self, database, server, rows=(), **values):
        self.database, self.server = database, server
        with database.env() as env:
            form = env["crm.web.form"].create({"name": "From outside", **NO_LIMITS, **values})
            for sequence, row in enumerate(rows, start=50):
                env["crm.web.form.field"].create({"form_id": form.id, "sequence": sequence, **row})
            form.action_publish()
            self.id, self.uuid = form.id, form.uuid
            self.trap = form._get_trap()

    @property
    def page(self):
        return f"{self.server.url}/crm/f/{self.uuid}"

    @property
    def api(self):
        return f"{self.server.url}/crm/api/forms/{self.uuid}"

    def send(self, values=None, headers=None, **more):
        """Send one submission; return the answer, which is never an error of ours."""
        fields = {**WHO, **(values or {})}
        return self.post(json={"fields": fields, **more}, headers=headers)

    def post(self, **request):
        """Send whatever to the form's address; return the answer, which is never an error of ours."""
        answer = requests.post(f"{self.api}/submissions", timeout=60, **request)
        assert answer.status_code < 500, answer.text
        assert "Traceback" not in answer.text
        assert "Set-Cookie" not in answer.headers
        return answer

    def intakes(self, env, **values):
        """Return what was received, the last first."""
        domain = [(name, "=", value) for name, value in values.items()]
        return env["crm.intake"].search([("form_id", "=", self.id), *domain])

    def work_off(self):
        """Wait until everything was worked off."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            self.database.run_jobs("crm.intake")
            with self.database.env() as env:
                if not self.intakes(env).filtered(lambda intake: intake.job_state in ("pending", "retry")):
                    return
            time.sleep(0.2)
        raise AssertionError("not worked off")


def encode(content):
    """Return a file's content as a JSON body carries it."""
    return base64.b64encode(content).decode()
