import logging
from datetime import timedelta

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.crm_core.exceptions import JobBlocked

_logger = logging.getLogger(__name__)

APPROVERS = ("account.group_account_invoice", "crm_accounting_bridge.group_crm_accounting_bridge_approver")
OPEN_STATES = ("pending", "retry", "blocked", "failed")


class CrmBillingJob(models.Model):
    """One step between an accepted quote and its invoices; the queue that accountants see.

    The key ``order:revision:sequence:operation`` is unique: whatever is repeated, a step is done once.
    """

    _name = "crm.billing.job"
    _description = "Billing job"
    _inherit = ["mail.thread", "mail.activity.mixin", "crm.job.mixin", "crm.billing.link.mixin"]
    _order = "id desc"
    _job_cron = "crm_accounting_bridge.ir_cron_billing"
    # An invoice is committed before the next one begins.
    _job_batch_size = 1

    idem_key = fields.Char("Key", required=True, readonly=True, copy=False)
    op = fields.Selection(
        [("accept", "Read the accepted quote"), ("invoice", "Invoice"), ("send", "Send by e-mail")],
        "Step",
        required=True,
        readonly=True,
    )
    order_id = fields.Many2one("sale.order", "Quote", required=True, readonly=True, index=True, ondelete="restrict")
    acceptance_id = fields.Many2one("crm.billing.acceptance", "Accepted quote", readonly=True, index="btree_not_null")
    installment_id = fields.Many2one("crm.billing.installment", "Instalment", readonly=True, index="btree_not_null")
    policy_id = fields.Many2one(related="acceptance_id.policy_id")
    source = fields.Char(readonly=True, help="How the customer accepted, for a quote that still has to be read.")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True, index="btree_not_null")
    amount = fields.Monetary(readonly=True, help="With taxes.")
    currency_id = fields.Many2one(related="order_id.currency_id")
    move_id = fields.Many2one("account.move", "Invoice", readonly=True, index="btree_not_null", ondelete="set null")
    move_state = fields.Selection(related="move_id.state", string="Invoice state")
    user_id = fields.Many2one(related="order_id.user_id", string="Salesperson")
    due_on = fields.Date(readonly=True, help="The day the instalment became due, where the company is.")
    warning_message = fields.Text("Worth a look", readonly=True, copy=False)
    journal_id = fields.Many2one("account.journal", readonly=True, copy=False, help="Chosen for this invoice only.")
    credit_allowed_by_id = fields.Many2one("res.users", "Credit allowed by", readonly=True, copy=False)
    shift_allowed_by_id = fields.Many2one("res.users", "Next period allowed by", readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", "Approved by", readonly=True, copy=False)
    approved_on = fields.Datetime(readonly=True, copy=False)
    cancel_reason = fields.Char(readonly=True, copy=False)
    invoice_journal_id = fields.Many2one("account.journal", compute="_compute_invoice_journal_id")
    can_approve = fields.Boolean(compute="_compute_can_approve")
    can_bill_again = fields.Boolean(compute="_compute_can_bill_again")

    _idem_key_unique = models.UniqueIndex("(idem_key)", "This step is already in the queue.")

    @api.depends("order_id.name", "installment_id.name", "op")
    def _compute_display_name(self):
        steps = dict(self._fields["op"]._description_selection(self.env))
        for job in self:
            # sudo: the words of the title only; who may not read the job does not get here.
            part = job.sudo().installment_id.name if job.op == "invoice" else steps.get(job.op)
            job.display_name = f"{job.sudo().order_id.name}: {part}"

    @api.depends("journal_id", "policy_id.journal_id", "order_id.journal_id", "company_id")
    def _compute_invoice_journal_id(self):
        """The journal chosen for this invoice, of the policy, of the quote, or the company's first one for sales."""
        for job in self:
            job.invoice_journal_id = job.journal_id or job.policy_id.journal_id or job.order_id.journal_id
        for company, jobs in self.filtered(lambda job: not job.invoice_journal_id).grouped("company_id").items():
            jobs.invoice_journal_id = self._find_sales_journal(company)

    @api.model
    def _find_sales_journal(self, company):
        journals = self.env["account.journal"]
        return journals.search([*journals._check_company_domain(company), ("type", "=", "sale")], limit=1)

    @api.depends_context("uid")
    @api.depends("error_code", "job_state", "order_id.user_id")
    def _compute_can_approve(self):
        for job in self:
            job.can_approve = job._needs_approval() and job._may_approve()

    @api.depends("job_state", "move_id.state")
    def _compute_can_bill_again(self):
        for job in self:
            gone = not job.sudo().installment_id._get_live_invoice() if job.installment_id else False
            job.can_bill_again = job.op == "invoice" and job.job_state == "done" and gone

    # ------------------------------------------------------------
    # Making jobs
    # ------------------------------------------------------------

    @api.model
    def _create_for(self, installment, op):
        """Queue one step of an instalment, or return the job that is already there."""
        known = installment.job_ids.filtered(lambda job: job.op == op)
        if known:
            return known
        acceptance = installment.acceptance_id
        key = f"{acceptance.order_id.id}:{acceptance.revision}:{installment.sequence}:{op}"
        due = installment._get_due_from() + timedelta(days=installment.delay_days)
        policy = acceptance.policy_id
        values = {
            "due_on": fields.Date.context_today(self.with_context(tz=acceptance._get_tz()), due),
            "acceptance_id": acceptance.id,
            "installment_id": installment.id,
            "amount": installment.amount,
            "move_id": installment._get_live_invoice().id if op == "send" else False,
            "job_user_id": policy.user_id.id,
            "next_attempt_at": policy._get_joining_time(due) if op == "invoice" else fields.Datetime.now(),
        }
        return self._create_job(key, acceptance.order_id, op, values)

    @api.model
    def _create_accept(self, order, source):
        """Queue the reading of a quote that could not be frozen when it was accepted."""
        key = f"{order.id}:{order.revision_number}:0:accept"
        known = self.search([("idem_key", "=", key)])
        values = {"source": source, "amount": order.amount_total}
        return known or self._create_job(key, order, "accept", values)

    @api.model
    def _create_job(self, key, order, op, values):
        job = self.with_context(mail_create_nolog=True, mail_create_nosubscribe=True, tracking_disable=True).create(
            {
                "idem_key": key,
                "op": op,
                "order_id": order.id,
                "company_id": order.company_id.id,
                "partner_id": order.partner_id.id,
                **values,
            }
        )
        job._job_trigger(job.next_attempt_at if job.next_attempt_at > fields.Datetime.now() else None)
        return job

    # ------------------------------------------------------------
    # Running
    # ------------------------------------------------------------

    def _job_run(self):
        """Do the step, as the system, in the company of the quote."""
        self.ensure_one()
        getattr(self._prepare_run(), f"_run_{self.op}")()

    def _prepare_run(self):
        """Return jobs of one company as the system, in that company, in its language and timezone."""
        company = self.company_id.ensure_one()
        # Superuser: the job works for the company, not for who happens to wake it up. Rights were
        # checked where people decide: who may accept, release and approve.
        jobs = self.with_user(SUPERUSER_ID).with_company(company)
        return jobs.with_context(
            allowed_company_ids=company.ids, tz=self.acceptance_id[:1]._get_tz(), lang=company.partner_id.lang
        )

    @api.model
    def _cron_run_jobs(self, limit=1000):
        """Queue what became due without telling us, invoice many at once, then the rest one by one. Never raises."""
        self._enqueue_waiting()
        if self._run_batches(limit):
            return super()._cron_run_jobs(limit)
        return None

    @api.model
    def _enqueue_waiting(self):
        """Queue instalments that wait for a delivery or a date: stock and people tell nobody."""
        try:
            with self.env.cr.savepoint():
                self._find_waiting()._enqueue_due()
                self.env.flush_all()
        except (psycopg2.OperationalError, psycopg2.IntegrityError):
            self.env.invalidate_all()  # another worker was faster
        except Exception:  # noqa: BLE001 - what is queued must run
            _logger.exception("Instalments that became due could not be queued")

    @api.model
    def _find_waiting(self):
        """Return the acceptances with an instalment whose delivery is complete or whose date is known."""
        self.env.flush_all()
        query = SQL(
            """
            SELECT DISTINCT part.acceptance_id
              FROM crm_billing_installment part
              JOIN crm_billing_acceptance acceptance ON acceptance.id = part.acceptance_id
              JOIN sale_order orders ON orders.id = acceptance.order_id AND orders.state = 'sale'
             WHERE NOT EXISTS (SELECT 1 FROM crm_billing_job job WHERE job.installment_id = part.id)
               AND (part.due = 'delivery_date' AND orders.commitment_date IS NOT NULL
                    OR (part.due = 'delivered' OR part.due = 'trigger' AND acceptance.trigger = 'delivered')
                       AND NOT EXISTS (SELECT 1 FROM sale_order_line line
                                        WHERE line.order_id = orders.id AND line.display_type IS NULL
                                          AND NOT COALESCE(line.is_downpayment, FALSE)
                                          AND line.qty_delivered < line.product_uom_qty))
            """
        )
        return self.env["crm.billing.acceptance"].sudo().browse(row[0] for row in self.env.execute_query(query))

    def _run_accept(self):
        """Freeze what was accepted, as late as it is."""
        self.acceptance_id = self.order_id._billing_accept(self.source)

    def _job_set_done(self):
        result = super()._job_set_done()
        self.sudo().filtered("activity_ids").activity_unlink(["mail.mail_activity_data_warning"])
        return result

    def _job_set_blocked(self, error):
        """Tell the owner once what waits for a person."""
        result = super()._job_set_blocked(error)
        if not self.activity_ids:
            self._job_try_notify_owner()
        return result

    def _job_notify_owner(self):
        """Plan an activity, unless the owner may not even read the queue."""
        self.ensure_one()
        salesperson = self.user_id if self.who_acts == "salesperson" else self.user_id.browse()
        for user in self.job_user_id | salesperson:
            if self.with_user(user).sudo(False).has_access("read"):
                approval = self.error_code == "E_APPROVAL"
                self.activity_schedule(
                    "mail.mail_activity_data_warning",
                    summary=self.env._("Approve the invoice") if approval else self.env._("Not invoiced: look why"),
                    note=self.error_message,
                    user_id=user.id,
                )

    # ------------------------------------------------------------
    # What people do
    # ------------------------------------------------------------

    def _needs_approval(self):
        self.ensure_one()
        return self.job_state == "blocked" and self.error_code == "E_APPROVAL"

    def _is_approver(self):
        """Tell whether the user belongs to those who decide about invoices."""
        return any(self.env.user.has_group(group) for group in APPROVERS)

    def _may_approve(self):
        """Tell whether the user may approve: four eyes, so not who sold it."""
        self.ensure_one()
        return self._is_approver() and self.sudo().order_id.user_id != self.env.user

    def _check_approver(self):
        """Refuse who is no accountant or approver, or cannot read the job.

        :raise AccessError: the user may not decide about invoices
        """
        self.check_access("read")
        if not self._is_approver():
            raise AccessError(self.env._("Only accountants and billing approvers may do this."))

    def action_approve(self):
        """Approve the invoices that wait for it; they are made at once.

        :raise AccessError: no accountant or approver, or the salesperson of the quote
        """
        self._check_approver()
        waiting = self.filtered(lambda job: job._needs_approval())
        allowed = waiting.filtered(lambda job: job._may_approve())
        own = waiting - allowed
        if own and not allowed:
            raise AccessError(
                self.env._("You sold %(order)s, so somebody else must approve its invoice.", order=own[0].order_id.name)
            )
        # sudo: after the decision about who approves; people never write jobs themselves.
        jobs = allowed.sudo()
        jobs.write({"approved_by_id": self.env.uid, "approved_on": fields.Datetime.now()})
        for job in jobs:
            job.message_post(body=self.env._("Approved."), author_id=self.env.user.partner_id.id)
        jobs.action_job_retry()
        return self._tell_approved(allowed, own) if len(self) > 1 else None

    def _tell_approved(self, approved, own):
        """Return the notification after a batch."""
        text = self.env._("%(count)s invoices approved: they are made now.", count=len(approved))
        if own:
            text += " " + self.env._("%(count)s are your own sales: somebody else must approve them.", count=len(own))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": text,
                "type": "warning" if own else "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_job_retry(self):
        """Try again what stopped; for accountants and approvers."""
        self._check_approver()
        # sudo: after the check; see action_approve. A job that is only planned for later stays planned.
        stopped = self.sudo().filtered(lambda job: job.job_state in ("retry", "blocked", "failed"))
        stopped.activity_unlink(["mail.mail_activity_data_warning"])
        return super(CrmBillingJob, stopped).action_job_retry()

    def action_job_cancel(self):
        """Give the job up; for accountants and approvers. The screen asks for a reason first."""
        self._check_approver()
        self.sudo()._cancel(self.env._("Cancelled by %(user)s.", user=self.env.user.name))

    def action_bill_again(self):
        """Make the invoice of an instalment again after a person cancelled or deleted it.

        Never by itself, and never after a credit note: then the quote must be accepted again.

        :raise UserError: the invoice is still there
        """
        self._check_approver()
        for job in self:
            if not job.can_bill_again:
                raise UserError(
                    self.env._("%(job)s still has its invoice. Cancel the invoice first.", job=job.display_name)
                )
            # sudo: after the check; see action_approve.
            job.sudo().write({"job_state": "failed", "move_id": False})
            job.action_job_retry()

    def _cancel(self, reason):
        """Give open jobs up for good, and say why."""
        for job in self.filtered(lambda job: job.job_state in OPEN_STATES):
            job.write({"job_state": "cancelled", "cancel_reason": reason})
            job.activity_unlink(["mail.mail_activity_data_warning"])
            job.message_post(body=reason, author_id=self.env.user.partner_id.id)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        raise UserError(self.env._("Billing jobs are kept as a trace. Cancel them instead."))

    def action_open_move(self):
        """Open the invoice."""
        return self._open(self.ensure_one().move_id)

    def action_ask_cancel(self):
        """Ask for the reason and cancel."""
        return self._ask(self.env._("Cancel"), "crm.billing.job.cancel", job_ids=self.ids)

    # ------------------------------------------------------------
    # Refusing
    # ------------------------------------------------------------

    def _block(self, code, message):
        """Stop: a person must act.

        :raise JobBlocked: always
        """
        raise JobBlocked(message, code)
