from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from .common import BillingCommon


@tagged("post_install", "-at_install")
class TestReminders(BillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.context_today(cls.partner)
        cls.levels = cls.env["crm.billing.reminder.level"].create(
            [
                {
                    "name": name,
                    "days": days,
                    "user_id": cls.accountant.id,
                    "tell_salesperson": days > 7,
                    "mail_template_id": cls.env.ref(f"crm_accounting_bridge.mail_template_reminder_{kind}").id,
                }
                for name, days, kind in (("Friendly", 7, "first"), ("Firm", 21, "second"))
            ]
        )
        cls.invoice = cls._invoice(30)

    @classmethod
    def _invoice(cls, days, partner=None):
        day = cls.today - timedelta(days=days)
        invoice = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or cls.partner).id,
                "invoice_user_id": cls.seller.id,
                "invoice_date": day,
                "invoice_date_due": day,
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    fields.Command.create({"name": "X", "price_unit": 100, "tax_ids": [fields.Command.clear()]})
                ],
            }
        )
        invoice.action_post()
        return invoice

    def _remind(self):
        before = self.env["crm.billing.reminder"].search([])
        with self._without_commits():
            self.env["crm.billing.reminder"].sudo()._cron_remind()
        return self.env["crm.billing.reminder"].search([]) - before

    def _age(self, reminders, days):
        reminders.sudo().sent_on = fields.Datetime.now() - timedelta(days=days)

    def test_one_after_the_other(self):
        """The first level first, the next after the days between them, each once; all open invoices in one mail."""
        other = self._invoice(10)
        first = self._remind()
        self.assertEqual((first.level_id, first.move_ids, first.amount), (self.levels[0], self.invoice | other, 200))
        self.assertEqual(first.job_state, "done")
        mail = first.message_ids.filtered(lambda message: message.message_type == "email_outgoing" or message.subject)
        self.assertIn(self.invoice.name, mail[:1].body)
        self.assertIn(self.partner, mail[:1].partner_ids | mail[:1].notified_partner_ids)
        self.assertFalse(self._remind())
        self._age(first, 13)
        self.assertFalse(self._remind())
        self._age(first, 14)
        second = self._remind()
        self.assertEqual(second.level_id, self.levels[1])
        call = self.partner.activity_ids
        self.assertEqual(
            (call.user_id, call.activity_type_id), (self.seller, self.env.ref("mail.mail_activity_data_call"))
        )
        self._age(second, 100)
        self.assertFalse(self._remind(), "nothing comes after the last level")

    def test_pause(self):
        """A customer is paused by an accountant, an invoice is disputed."""
        self.accountant.group_ids |= self.env.ref("base.group_partner_manager")
        self.partner.with_user(self.accountant).reminder_paused_until = self.today
        self.assertFalse(self._remind())
        self.partner.reminder_paused_until = self.today - timedelta(days=1)
        self.invoice.no_reminder = True
        self.assertFalse(self._remind())
        self.invoice.no_reminder = False
        self.assertTrue(self._remind())

    def test_paid_meanwhile(self):
        """What is paid between finding and sending is not reminded."""
        reminders = self.env["crm.billing.reminder"].sudo()
        reminder = reminders._queue_reminders(self.company, self.levels)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.invoice.ids
        ).create({})._create_payments()
        with self._without_commits():
            reminders._cron_run_jobs()
        self.assertEqual((reminder.job_state, reminder.sent_on), ("cancelled", False))

    def test_no_address(self):
        self.partner.email = False
        reminder = self._remind()
        self.assertEqual((reminder.job_state, reminder.error_code), ("blocked", "E_NOMAIL"))
        self.partner.email = "ana@example.com"
        reminder.with_user(self.accountant).action_job_retry()
        with self._without_commits():
            reminder.sudo()._cron_run_jobs()
        self.assertEqual(reminder.job_state, "done")

    def test_not_yet(self):
        self.invoice.no_reminder = True
        self._invoice(6)
        self.assertFalse(self._remind())

    def test_off_by_default(self):
        """The levels that come with the addon are not in use."""
        levels = self.env["crm.billing.reminder.level"].sudo().with_context(active_test=False).search([]) - self.levels
        self.assertTrue(levels)
        self.assertFalse(any(levels.mapped("active")))

    def test_salesperson_knows(self):
        """Before the call: overdue, and what was said already."""
        self._remind()
        warning = self.partner.with_user(self.seller).crm_receivable_warning()
        self.assertIn("Friendly", warning)
        self.assertIn("Friendly", self.partner.with_user(self.seller).crm_receivables()[0]["reminder"])

    def test_roles(self):
        """Accountants read and retry, managers set levels, salespeople and other companies see nothing."""
        reminder = self._remind()
        manager = new_test_user(self.env, "mila", "account.group_account_manager", company_id=self.company.id)
        self.assertTrue(self.levels.with_user(manager).has_access("write"))
        self.assertFalse(self.levels.with_user(self.accountant).has_access("write"))
        self.assertFalse(reminder.with_user(self.seller).has_access("read"))
        with self.assertRaises(AccessError):
            self.partner.with_user(self.seller).reminder_paused_until = self.today
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env, "stan", "account.group_account_manager", company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        for record in (reminder, self.levels):
            self.assertFalse(record.with_user(stranger).has_access("read"))
        with Form(reminder.with_user(self.accountant)) as form:
            self.assertTrue(form.display_name)
