from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_quote import QuoteCase

LOUD = ("odoo.addons.crm_core.models.mail.ir_actions_server", "odoo.addons.mail.models.mail_render_mixin")
CRON = "base_automation.ir_cron_data_base_automation_check"


@tagged("post_install", "-at_install")
class TestMailAutomation(QuoteCase):
    def setUp(self):
        super().setUp()
        self.lead.partner_id = self.order.partner_id

    def _rule(self, name, **values):
        rule = self.env.ref(f"crm_core.automation_{name}")
        rule.write({"active": True, **values})
        return rule

    def _run_after(self, days):
        with freeze_time(fields.Datetime.now() + timedelta(days=days, seconds=1)):
            self._run_cron(CRON)

    def _mails(self, record):
        return record.message_ids.filtered(lambda message: message.message_type == "auto_comment")

    def test_all_are_off_at_first(self):
        mails = [("action_server_ids.state", "=", "crm_mail")]
        rules = self.env["base.automation"].with_context(active_test=False).search(mails)
        self.assertGreaterEqual(len(rules), 5)
        self.assertFalse(rules.filtered("active"))
        self.assertIn("3 days before", rules.mapped("crm_mail_moment"))
        self.assertFalse(self.env.ref(CRON).active, "nothing wakes up for rules that are off")
        self.order.action_quotation_sent()
        self._run_after(5)
        self.assertFalse(self._mails(self.order) + self._mails(self.lead))

    def test_each_says_what_it_should_once(self):
        for name in ("quote_followup", "quote_expiring", "quote_thanks", "satisfaction"):
            self._rule(name)
        self.order.validity_date = fields.Date.today() + timedelta(days=10)
        self.order.action_quotation_sent()
        for days, subject in ((3, ""), (5, "Our quote"), (6, ""), (8, "is valid until"), (9, "")):
            before = self._mails(self.order)
            self._run_after(days)
            new = self._mails(self.order) - before
            self.assertEqual(len(new), bool(subject), days)
            self.assertIn(subject, new.subject or "")
            self.assertLessEqual(new.partner_ids, self.order.partner_id)
        with freeze_time(fields.Datetime.now() + timedelta(days=10)):
            self.order.action_confirm()
        before = self._mails(self.order)
        self._run_after(11)
        self._run_after(25)
        self._run_after(26)
        new = (self._mails(self.order) - before).sorted("id")
        self.assertEqual(len(new), 2)
        self.assertIn("Thank you", new[0].subject)
        self.assertIn("/rate/", new[1].body)

    def test_what_was_due_before_does_not_count(self):
        """Neither when it is switched on for the first time, nor after a pause."""
        rule, late = self.env.ref("crm_core.automation_quote_followup"), self._order()
        self.order.action_quotation_sent()
        with freeze_time(fields.Datetime.now() + timedelta(days=5)):
            rule.active = True
        self._run_after(10)
        self.assertFalse(rule.crm_mail_count)
        with freeze_time(fields.Datetime.now() + timedelta(days=11)):
            rule.active = False
            late.action_quotation_sent()
        with freeze_time(fields.Datetime.now() + timedelta(days=20)):
            rule.active = True
        self._run_after(30)
        self.assertFalse(rule.crm_mail_count)

    def test_nobody_is_written_to_twice(self):
        rule = self._rule("quote_followup")
        self.order.action_quotation_sent()
        self._run_after(5)
        rule.last_run = False  # as the host does for a rule that never ran
        self._run_after(6)
        self.assertEqual(len(self._mails(self.order)), 1)
        self.assertEqual(rule.crm_mail_count, 1)

    def test_other_rules_stay_as_the_host_has_them(self):
        rule = self.env["base.automation"].create(
            {
                "name": "Own",
                "active": False,
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "trigger": "on_time_created",
            }
        )
        rule.active = True
        self.assertFalse(rule.last_run)

    def test_action_offers_the_mails_of_whom_it_writes_to(self):
        action = self.env.ref("crm_core.automation_quote_followup_mail")
        self.assertEqual(action.crm_mail_model, "sale.order")
        self.assertEqual(action.crm_mail_template_id.model, "sale.order")
        action.model_id = self.env["ir.model"]._get("crm.lead")
        self.assertFalse(action.crm_mail_template_id, "a mail about a quote says nothing about an opportunity")

    def test_welcome(self):
        self._rule("welcome", filter_domain=f"[('pipeline_id', '=', {self.pipeline.id})]")
        with freeze_time(fields.Datetime.now() + timedelta(minutes=1)):
            partner = self.order.partner_id
            lead = self._lead(partner_id=partner.id, name="Roof")
            lead._write({"create_date": fields.Datetime.now()})
            self.env["mail.blacklist"]._add("lost@example.com")
            objecting = self._lead(partner_id=partner.create({"name": "L", "email": "lost@example.com"}).id)
            objecting._write({"create_date": fields.Datetime.now()})
        self._run_after(1)
        self.assertEqual(self._mails(lead).subject, "We received your enquiry: Roof")
        self.assertFalse(self._mails(objecting))
        marks = self.env["crm.mail.sent"].search([("model", "=", "crm.lead"), ("res_id", "=", objecting.id)])
        self.assertEqual(marks.state, "skipped")

    def test_a_broken_mail_stops_nobody(self):
        rule = self._rule("quote_followup", trg_date_range=0)
        other = self._order()
        (self.order + other).action_quotation_sent()
        rule.crm_mail_template_id.subject = f"{{{{ 1 / (object.id - {self.order.id}) }}}}"
        with mute_logger(*LOUD):
            self._run_after(1)
        states = {mark.res_id: mark.state for mark in rule.action_server_ids.crm_mail_sent_ids}
        self.assertEqual(states, {self.order.id: "failed", other.id: "sent"})

    def test_a_revision_is_sent_with_its_own_words(self):
        self.order.action_quotation_sent()
        revision = self.order._revise()
        self.assertEqual(revision._find_mail_template(), self.env.ref("crm_core.mail_template_quote_revised"))
        self.assertEqual(self._order()._find_mail_template(), self.env.ref("sale.email_template_edi_sale"))

    def test_every_mail_can_be_written(self):
        self.order.validity_date = fields.Date.today()
        for name in ("quote_followup", "quote_expiring", "quote_revised", "quote_thanks", "satisfaction"):
            template = self.env.ref(f"crm_core.mail_template_{name}")
            values = template._generate_template(self.order.ids, ("subject", "body_html", "partner_to"))[self.order.id]
            with self.subTest(name):
                self.assertIn("Kai", values["body_html"])
                self.assertEqual(values["partner_ids"], self.order.partner_id.ids)
