from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from odoo.addons.crm_core.exceptions import JobBlocked


class CrmBillingReminder(models.Model):
    """A reminder to a customer: found by a daily look at the books, sent as a job, kept as history."""

    _name = "crm.billing.reminder"
    _description = "Payment reminder"
    _inherit = ["mail.thread", "mail.activity.mixin", "crm.job.mixin"]
    _order = "id desc"
    _job_cron = "crm_accounting_bridge.ir_cron_billing_reminder"
    _job_batch_size = 1

    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    level_id = fields.Many2one(
        "crm.billing.reminder.level", required=True, readonly=True, index=True, ondelete="restrict"
    )
    oldest_move_id = fields.Many2one(
        "account.move", "Oldest invoice", required=True, readonly=True, index=True, ondelete="cascade"
    )
    move_ids = fields.Many2many("account.move", string="Overdue invoices", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary("Overdue", readonly=True)
    sent_on = fields.Datetime(readonly=True)

    # A level is said once about a debt, whoever runs the cron.
    _once = models.UniqueIndex("(company_id, oldest_move_id, level_id)", "This reminder exists already.")

    @api.depends("partner_id.name", "level_id.name")
    def _compute_display_name(self):
        for reminder in self:
            reminder.display_name = f"{reminder.partner_id.name}: {reminder.level_id.name}"

    # ------------------------------------------------------------
    # Finding
    # ------------------------------------------------------------

    @api.model
    def _cron_remind(self):
        """Queue the reminders that are due in every company, and send them."""
        levels = self.env["crm.billing.reminder.level"].search([("active", "=", True)])
        for company in levels.company_id:
            self._queue_reminders(company, levels.filtered(lambda level, company=company: level.company_id == company))
        self._cron_run_jobs()

    def _queue_reminders(self, company, levels):
        """Make the next reminder of each customer of a company who is due for one.

        :return: the new reminders
        """
        today = fields.Date.context_today(self.with_context(tz=company.partner_id.tz or "UTC"))
        debts = self._find_debts(company, today)
        reached = self._get_reached(company, [move for debt in debts for move in debt["moves"]])
        values = []
        for debt in debts:
            known = [level for move in debt["moves"] for level in reached.get(move, [])]
            level = self._get_next_level(levels, known, (today - debt["since"]).days, today)
            if level:
                values.append(self._prepare_reminder(company, level, debt))
        return self.create(values)

    def _find_debts(self, company, today):
        """Return what customers owe too long, without disputed invoices and paused customers.

        :return: a list of dicts: ``partner`` (id), ``since`` (date), ``moves`` (ids, the oldest first), ``amount``
        """
        self.env["account.move"].flush_model()
        self.env["account.move.line"].flush_model()
        query = SQL(
            """
            SELECT line.partner_id, MIN(line.date_maturity), SUM(line.amount_residual),
                   ARRAY_AGG(line.move_id ORDER BY line.date_maturity, line.move_id)
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
              JOIN account_move move ON move.id = line.move_id
             WHERE account.account_type = 'asset_receivable'
               AND move.move_type = 'out_invoice' AND move.state = 'posted'
               AND NOT COALESCE(move.no_reminder, FALSE)
               AND line.amount_residual > 0
               AND line.date_maturity < %s AND line.company_id = %s
               AND line.partner_id IS NOT NULL
          GROUP BY line.partner_id ORDER BY line.partner_id
            """,
            today,
            company.id,
        )
        rows = self.env.execute_query(query)
        partners = self.env["res.partner"].with_company(company).browse([row[0] for row in rows])
        paused = partners.filtered(lambda partner: partner._is_reminder_paused(today))
        return [
            {"partner": partner, "since": since, "moves": list(dict.fromkeys(moves)), "amount": amount}
            for partner, since, amount, moves in rows
            if partner not in paused.ids
        ]

    def _get_reached(self, company, move_ids):
        """Return {invoice id: [(level, when)]}: what was said about invoices that are still open."""
        reached = {}
        for reminder in self.search(
            [("company_id", "=", company.id), ("move_ids", "in", move_ids), ("job_state", "!=", "cancelled")]
        ):
            day = (reminder.sent_on or reminder.create_date).date()
            for move in reminder.move_ids:
                reached.setdefault(move.id, []).append((reminder.level_id, day))
        return reached

    def _get_next_level(self, levels, known, days, today):
        """Return the level that is due now, or nothing: one after the other, never two at once.

        Who is overdue for a year when reminders begin gets the first one first; the next comes after the days
        that lie between the two.
        """
        said = {level.id for level, _day in known}
        before = levels.browse()
        for level in levels.sorted("days"):
            if level.id not in said:
                gap = level.days - before.days if before else 0
                last = max((day for _level, day in known), default=None)
                waited = last is None or (today - last).days >= gap
                return level if days >= level.days and waited else levels.browse()
            before = level
        return levels.browse()

    def _prepare_reminder(self, company, level, debt):
        """Return the values of a reminder; a hook."""
        return {
            "partner_id": debt["partner"],
            "company_id": company.id,
            "level_id": level.id,
            "oldest_move_id": debt["moves"][0],
            "move_ids": [fields.Command.set(debt["moves"])],
            "amount": debt["amount"],
            "job_user_id": level.user_id.id,
        }

    # ------------------------------------------------------------
    # Sending
    # ------------------------------------------------------------

    def _job_run(self):
        """Send the reminder, unless it is not true any more.

        :raise JobBlocked: the customer has no e-mail address
        """
        self.ensure_one()
        reminder = self.with_company(self.company_id)
        still = reminder.move_ids.filtered(lambda move: move.amount_residual > 0 and not move.no_reminder)
        today = fields.Date.context_today(self)
        if not still or reminder.partner_id._is_reminder_paused(today):
            self.job_state = "cancelled"
            return
        reminder.move_ids = still
        if not reminder.partner_id.email:
            message = self.env._(
                "%(customer)s has no e-mail address for reminders. Enter it on the contact and try again, or call.",
                customer=reminder.partner_id.display_name,
            )
            raise JobBlocked(message, "E_NOMAIL")
        reminder.level_id.mail_template_id.send_mail(reminder.id)
        reminder.sent_on = fields.Datetime.now()
        reminder._plan_call()

    def _plan_call(self):
        """Let the salesperson call, where the level says so."""
        partner = self.partner_id
        salesperson = self.oldest_move_id.invoice_user_id or partner.user_id
        if self.level_id.tell_salesperson and salesperson:
            partner.activity_schedule(
                "mail.mail_activity_data_call",
                user_id=salesperson.id,
                summary=self.env._("Overdue: %s", self.currency_id.format(self.amount)),
            )

    def action_job_retry(self):
        """Try again; for accountants.

        :raise AccessError: somebody else
        """
        self.check_access("read")
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(self.env._("Only accountants may do this."))
        # sudo: after the check; people never write reminders themselves.
        return super(CrmBillingReminder, self.sudo()).action_job_retry()
