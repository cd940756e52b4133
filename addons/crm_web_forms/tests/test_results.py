import json
import re
from datetime import timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import HttpCase, tagged

from .common import WebFormsCase

SHOP = "https://shop.example.com"


@tagged("post_install", "-at_install")
class TestResults(WebFormsCase, HttpCase):
    """What is counted: the way from a look to money."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.form.write({"min_seconds": 0, "allowed_origins": SHOP})
        cls.form.action_publish()
        cls.path = f"/crm/f/{cls.form.uuid}"

    VALID = {"name": "Ana Bosch", "email": "ana.wf@example.com", "message": "Hello"}

    def _send(self, fields=None, **more):
        return self.url_open(
            f"/crm/api/forms/{self.form.uuid}/submissions",
            data=json.dumps({"fields": self.VALID if fields is None else fields, **more}),
            headers={"Content-Type": "application/json", "Origin": SHOP},
        )

    def _sum(self, *measures, domain=()):
        self.env.flush_all()
        rows = (
            self.env["crm.web.form.report"]
            .with_user(self.manager)
            ._read_group([("form_id", "=", self.form.id), *domain], [], [f"{name}:sum" for name in measures])
        )
        return rows[0]

    def test_the_way(self):
        self.url_open(self.path + "?utm_campaign=spring")
        self.url_open(f"{self.path}/schema?campaign=spring", headers={"Origin": SHOP})
        self.url_open(self.path, headers={"Sec-Purpose": "prefetch"})
        self.url_open(f"{self.path}/challenge", headers={"Origin": SHOP})
        self._send({"email": "nonsense"})
        self._send(utm={"campaign": "spring"})
        self._send({**self.VALID, "message": "Again"})
        self._send({**self.VALID, "email": "bad@example.com"}, **{self.form._get_trap(): "x"})
        for intake in self.env["crm.intake"].search([("form_id", "=", self.form.id)], order="id"):
            if intake.job_state == "pending":
                intake._job_attempt()
        measures = ("views", "starts", "submissions", "spam", "valid", "leads", "won")
        self.assertEqual(self._sum(*measures), (2, 1, 3, 1, 2, 1, 0))
        lead = self.env["crm.intake"].search([("form_id", "=", self.form.id), ("lead_id", "!=", False)])[:1].lead_id
        lead.expected_revenue = 900
        lead.action_set_won()
        self.assertEqual(self._sum("won", "revenue"), (1, 900))
        self.assertEqual(self._sum("errors", domain=[("field_key", "=", "email")]), (1,))
        self.assertEqual(self._sum("views", domain=[("campaign", "=", "spring"), ("origin", "=", SHOP)]), (1,))
        self.assertEqual(self._sum("submissions", domain=[("campaign", "=", "spring")]), (1,))
        bars = re.findall(r"fw-bold pe-3'>(\d+)<.*?ps-3'>([\d%]*)<", self.form.with_user(self.manager).funnel_html)
        expected = [("2", ""), ("1", "50%"), ("3", "100%"), ("2", "67%"), ("1", "50%"), ("1", "100%")]
        self.assertEqual(bars, expected)
        self.assertEqual(
            self.form.with_user(self.manager).action_open_results()["domain"], [("form_id", "=", self.form.id)]
        )

    def test_tests_do_not_count(self):
        url = self.form.action_try()["url"].replace(self.form.get_base_url(), "")
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.url_open(url).text))
        self.url_open(self.path, data={**hidden, **self.VALID}, allow_redirects=False)
        self.assertTrue(self.env["crm.intake"].search([("form_id", "=", self.form.id)]).is_test)
        self.assertEqual(self._sum("views", "submissions"), (0, 0))

    def test_events_of_a_day_become_one_row(self):
        stats = self.env["crm.web.form.stat"]
        for _number in range(5):
            stats._note(self.form.version_id, "view", SHOP)
        stats._note(self.form.version_id, "error", keys=("email", "name"))
        self.env.cr.execute("UPDATE crm_web_form_stat SET date = date - interval '2 hours'")
        stats._note(self.form.version_id, "view", SHOP)
        stats._gc_merge()
        rows = stats.search([("form_id", "=", self.form.id)])
        self.assertEqual(sorted(rows.mapped("number")), [1, 1, 1, 5])
        self.assertEqual(self._sum("views", "errors"), (6, 2))

    def test_two_versions_side_by_side(self):
        first = self.form.version_id
        self.form.field_ids[0].label = "Your name"
        self.form.action_publish()
        self.form.write({"compare_version_id": first.id, "compare_share": 50})
        shown = {self.form._choose_version((f"192.0.2.{number}", "x")) for number in range(40)}
        self.assertEqual(shown, {first, self.form.version_id})
        again = {self.form._choose_version(("192.0.2.1", "x")) for _number in range(5)}
        self.assertEqual(len(again), 1, "the same all day")
        share = sum(self.form._choose_version((str(number), "")) == first for number in range(1000))
        self.assertTrue(420 < share < 580, share)
        number = self.url_open(f"{self.path}/schema").json()["version"]
        self._send(version=number)
        intake = self.env["crm.intake"].search([("form_id", "=", self.form.id)])
        self.assertEqual(intake.version_id.number, number)
        self.assertEqual(self._sum("views", "submissions", domain=[("version_id", "=", intake.version_id.id)]), (1, 1))
        with self.assertRaises(ValidationError):
            self.form.compare_share = 100
        other = self.form.copy()
        other.action_publish()
        with self.assertRaises(ValidationError):
            self.form.compare_version_id = other.version_id

    def test_companies_are_apart(self):
        self.env["crm.web.form.stat"]._note(self.form.version_id, "view")
        self.env.flush_all()
        for model in ("crm.web.form.stat", "crm.web.form.report"):
            self.assertTrue(self.env[model].with_user(self.manager).search([("form_id", "=", self.form.id)]))
            self.assertFalse(self.env[model].with_user(self.manager_b).search([("form_id", "=", self.form.id)]))

    def test_old_attempts_and_challenges_go(self):
        challenges, mails = self.env["crm.web.challenge"], self.env["crm.web.mail"]
        old = fields.Datetime.now() - timedelta(days=30)
        challenges.create([{"number": "old", "date": old}, {"number": "new"}])
        day = {"form_id": self.form.id, "kind": "reply", "address": "x"}
        mails.create([{**day, "date": old, "day": old, "number": 1}])
        self.env.flush_all()
        challenges._gc_challenges()
        mails._gc_mails()
        self.assertEqual(challenges.search([("number", "in", ("old", "new"))]).mapped("number"), ["new"])
        self.assertFalse(mails.search([("form_id", "=", self.form.id)]))
