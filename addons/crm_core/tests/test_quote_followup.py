from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import Form, tagged

from .test_quote import QuoteCase

CRON = "crm_core.ir_cron_quote"


@tagged("post_install", "-at_install")
class TestQuoteFollowup(QuoteCase):
    def setUp(self):
        super().setUp()
        self.pipeline.loop_policy = "off"
        self.order.validity_date = fields.Date.today() + timedelta(days=30)
        self.order.action_quotation_sent()

    def _run_after(self, days):
        with freeze_time(fields.Datetime.now() + timedelta(days=days)):
            self._run_cron(CRON)

    def test_off_by_default(self):
        self._run_after(29)
        self.assertFalse(self.lead.activity_ids | self.order.activity_ids)

    def test_once_after_some_days(self):
        self.pipeline.quote_followup_days = 5
        self._run_after(4)
        self.assertFalse(self.lead.activity_ids)
        self._run_after(5)
        self._run_after(6)
        activity = self.lead.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertIn(f"{self.order.name}: the customer has not opened it", activity.summary)
        self.assertEqual(activity.user_id, self.seller)
        self.assertEqual(activity.activity_type_id, self.env.ref("mail.mail_activity_data_call"))
        activity.action_done()
        self._run_after(7)
        self.assertFalse(self.lead.activity_ids, "what is done is not planned again")

    def test_company_is_the_fallback(self):
        self.company.quote_followup_days = 3
        self._run_after(3)
        self.assertEqual(len(self.lead.activity_ids), 1)

    def test_without_opportunity_on_the_quote_itself(self):
        self.company.quote_followup_days = 3
        self.order.opportunity_id = False
        self._run_after(3)
        self.assertEqual(len(self.order.activity_ids), 1)

    def test_answered_in_time_takes_the_call_back(self):
        self.pipeline.quote_followup_days = 5
        self._run_after(5)
        self.assertTrue(self.lead.activity_ids)
        self.order.action_confirm()
        self.assertFalse(self.lead.activity_ids)
        self._run_after(30)
        self.assertFalse(self.lead.activity_ids)

    def test_before_it_expires_and_when_it_did(self):
        self.pipeline.quote_expiry_days = 3
        self.pipeline.stage_ids = [(0, 0, {"name": "Late", "sequence": 130, "stage_event": "quote_expired"})]
        self._run_after(26)
        self.assertFalse(self.lead.activity_ids)
        self._run_after(27)
        self._run_after(28)
        self.assertEqual(len(self.lead.activity_ids), 1)
        self.assertIn("is valid until", self.lead.activity_ids.summary)
        self._run_after(31)
        self._run_after(32)
        self.assertEqual(self.order.quote_status, "expired")
        self.assertEqual(self.order.quote_event_ids.filtered(lambda event: event.kind == "expired").times, 1)
        self.assertEqual(self.lead.stage_id.name, "Late")
        self.order.validity_date = fields.Date.today() + timedelta(days=60)
        self.assertEqual(self.order.quote_status, "sent")

    def test_announced_again_when_it_is_valid_for_longer(self):
        """The call about the former end goes; the new end has one of its own, and so has the customer's mail."""
        self.pipeline.quote_expiry_days = 3
        self.lead.partner_id = self.order.partner_id
        rule = self.env.ref("crm_core.automation_quote_expiring")
        rule.active = True
        self._run_after(27)
        with freeze_time(fields.Datetime.now() + timedelta(days=27)):
            self._run_cron("base_automation.ir_cron_data_base_automation_check")
        self.assertEqual((len(self.lead.activity_ids), rule.crm_mail_count), (1, 1))
        self.order.validity_date = fields.Date.today() + timedelta(days=20)
        self.assertEqual(len(self.lead.activity_ids), 1, "valid for shorter: nothing is forgotten")
        self.order.validity_date = fields.Date.today() + timedelta(days=60)
        self.assertFalse(self.lead.activity_ids)
        self._run_after(56)
        self.assertFalse(self.lead.activity_ids)
        self._run_after(57)
        self.assertEqual(len(self.lead.activity_ids), 1)
        with freeze_time(fields.Datetime.now() + timedelta(days=57)):
            self._run_cron("base_automation.ir_cron_data_base_automation_check")
        mails = self.order.message_ids.filtered(lambda message: message.message_type == "auto_comment")
        self.assertEqual(len(mails), 2)

    def test_queries_do_not_grow(self):
        self.company.quote_followup_days = 1
        self._run_after(1)
        orders = self.env["sale.order"].union(*(self._order() for _n in range(12)))
        orders.action_quotation_sent()
        self.env.flush_all()
        with freeze_time(fields.Datetime.now() + timedelta(days=2)):
            few, many = orders[:2], orders[2:]
            many.write({"quote_status": False})
            self.assertGreaterEqual(self._count(few), self._count(many, ready=True))
        self.assertEqual(len(self.lead.activity_ids), 13)

    def _count(self, orders, ready=False):
        if ready:
            orders.write({"quote_status": "sent"})
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        done = self.env["sale.order"]._follow_up_quotes(100)
        self.env.flush_all()
        self.assertEqual(done, orders)
        return self.env.cr.sql_log_count - before


@tagged("post_install", "-at_install")
class TestQuoteRefusal(QuoteCase):
    def setUp(self):
        super().setUp()
        self.reason = self.env["crm.lost.reason"].create({"name": "Found it cheaper"})
        self.order.action_quotation_sent()

    def _refuse(self):
        action = self.env["crm.quote.refuse"].with_user(self.seller).with_context(default_order_id=self.order.id)
        wizard = Form(action)
        wizard.reason_id = self.reason
        wizard.message = "Your neighbour is cheaper"
        wizard.save().action_refuse()

    def test_refused_at_the_counter(self):
        self.pipeline.stage_ids = [(0, 0, {"name": "Rescue", "sequence": 130, "stage_event": "quote_refused"})]
        self._refuse()
        self.assertEqual((self.order.state, self.order.quote_status), ("cancel", "refused"))
        self.assertEqual(self.order.refusal_reason_id, self.reason)
        self.assertEqual(self.lead.stage_id.name, "Rescue")
        self.assertTrue(self.lead.active, "whether it is lost is for a person to say")
        event = self.order.quote_event_ids.filtered(lambda event: event.kind == "refused")
        self.assertEqual(event.note, "Found it cheaper – Your neighbour is cheaper")
        self.order.action_draft()
        self.assertFalse(self.order.refusal_reason_id or self.order.refusal_message or self.order.quote_status)

    def test_lost_with_the_last_open_quote_where_the_pipeline_says_so(self):
        self.pipeline.quote_refused_lost = True
        other = self._order()
        self._refuse()
        self.assertTrue(self.lead.active, "another quote is open")
        other._action_cancel()
        other._on_quote_refused(self.reason, "")
        self.assertFalse(self.lead.active)
        self.assertEqual((self.lead.won_status, self.lead.lost_reason_id), ("lost", self.reason))

    def test_cancelled_is_not_refused(self):
        self.order.action_cancel()
        self.assertEqual(self.order.quote_status, "sent")
