from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError

# What a person does about a reason: who, and the fields that the small dialog asks for.
WHO_ACTS = {
    "E_APPROVAL": "approver",
    "E_PO": "salesperson",
    "E_NOVAT": "salesperson",
    "E_ADDR": "salesperson",
    "E_NOMAIL": "salesperson",
    "E_CHANGED": "salesperson",
    "E_ORDER": "salesperson",
}
DIALOG_CODES = ("E_NOVAT", "E_ADDR", "E_NOMAIL", "E_PO", "E_CREDIT", "E_JOURNAL", "E_ACCOUNT")
# Reasons that may go away without the queue: asked again every night.
HEALING_CODES = (
    *("E_NOVAT", "E_ADDR", "E_NOMAIL", "E_PO", "E_CREDIT", "E_JOURNAL", "E_ACCOUNT", "E_LOCK", "E_RATE"),
    *("E_CHANGED", "E_ORDER", "E_OVER", "E_PARTNER_ARCHIVED"),
)


class CrmBillingJob(models.Model):
    """What people do about a job that stopped: the fix is a button."""

    _inherit = "crm.billing.job"

    who_acts = fields.Selection(
        [("approver", "Approver"), ("salesperson", "Salesperson"), ("accountant", "Accountant")],
        "Who must act",
        compute="_compute_who_acts",
        store=True,
    )
    needs_dialog = fields.Boolean(compute="_compute_needs_dialog")

    @api.depends("error_code", "job_state")
    def _compute_who_acts(self):
        for job in self:
            stopped = job.job_state in ("blocked", "failed")
            job.who_acts = WHO_ACTS.get(job.error_code, "accountant") if stopped else False

    @api.depends("error_code", "job_state")
    def _compute_needs_dialog(self):
        for job in self:
            job.needs_dialog = job.job_state in ("blocked", "failed") and job.error_code in DIALOG_CODES

    # ------------------------------------------------------------
    # Small things that are missing
    # ------------------------------------------------------------

    def action_fix(self):
        """Ask for what is missing, in a dialog with just that."""
        self.ensure_one()
        self._check_approver()
        return self._ask(self.env._("What is missing"), "crm.billing.job.fix", job_id=self.id)

    def action_restore_partner(self):
        """Restore the archived customer and try again."""
        self._check_approver()
        partners = self.order_id.partner_invoice_id
        (partners | partners.commercial_partner_id).filtered(lambda partner: not partner.active).action_unarchive()
        return self.action_job_retry()

    def action_post_move(self):
        """Post the invoice that should be sent, with the rights of the user, and try again."""
        self._check_approver()
        self.installment_id.invoice_ids.filtered(lambda move: move.state == "draft").action_post()
        return self.action_job_retry()

    def action_open_currency(self):
        """Open the currency that has no rate."""
        self.ensure_one()
        return self._open(self.currency_id)

    def action_open_moves(self):
        """Open all invoices of the quote."""
        self.ensure_one()
        return self.order_id.action_view_invoice()

    # ------------------------------------------------------------
    # A closed period
    # ------------------------------------------------------------

    def action_shift(self):
        """Let these invoices be posted in the next open period; the invoice says so."""
        self._check_approver()
        stopped = self.filtered(lambda job: job.error_code == "E_LOCK")
        # sudo: after the check; people never write jobs themselves.
        stopped.sudo().shift_allowed_by_id = self.env.uid
        return stopped.action_job_retry()

    def action_open_period(self):
        """Open the closed period for an hour, for the billing jobs only, and try again.

        By the host's exceptions to lock dates; so only for who may make those, and never past a hard lock.

        :raise UserError: the period is locked for good
        """
        self._check_approver()
        for job in self.filtered(lambda job: job.error_code == "E_LOCK"):
            day = job._prepare_run()._get_invoice_date()
            taxed = bool(job.order_id.order_line.tax_ids)
            for _lock_date, field in job.company_id._get_violated_lock_dates(day, taxed, job.invoice_journal_id):
                job._create_lock_exception(field, day)
        return self.action_job_retry()

    def _create_lock_exception(self, field, day):
        if field == "hard_lock_date":
            raise UserError(
                self.env._(
                    "The period of %(order)s is locked for good. Use the next open period.", order=self.order_id.name
                )
            )
        self.env["account.lock_exception"].create(
            {
                "company_id": self.company_id.id,
                "user_id": SUPERUSER_ID,
                "reason": self.env._("Invoice of %(order)s", order=self.order_id.name),
                "end_datetime": fields.Datetime.now() + timedelta(hours=1),
                field: day - timedelta(days=1),
            }
        )

    # ------------------------------------------------------------
    # A changed order
    # ------------------------------------------------------------

    def action_bill_accepted(self):
        """Put the order back as the customer accepted it, and try again.

        :raise UserError: it cannot be put back by itself
        """
        self._check_approver()
        for order in self.filtered(lambda job: job.error_code == "E_CHANGED").order_id:
            order.check_access("write")
            order._billing_restore_accepted()
        return self.action_job_retry()

    def action_accept_again(self):
        """Set the order back to a quotation as its next revision; open jobs of the old one end.

        :return: the action that opens the quote
        :raise AccessError: the user may not change the order
        """
        self.ensure_one()
        order = self.order_id
        order.check_access("write")
        order._billing_reopen(self.env._("Changed after it was accepted: to be accepted again."))
        return self._open(order)

    # ------------------------------------------------------------
    # By itself
    # ------------------------------------------------------------

    @api.model
    def _retry_healing(self):
        """Ask again what somebody may have mended without telling the queue; nobody is told twice."""
        jobs = self.sudo().search([("job_state", "=", "blocked"), ("error_code", "in", HEALING_CODES)])
        jobs.write({"job_state": "retry", "next_attempt_at": fields.Datetime.now()})
        jobs._job_trigger()
        return jobs
