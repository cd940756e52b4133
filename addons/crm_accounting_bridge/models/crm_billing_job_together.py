import logging

import psycopg2

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.crm_core.exceptions import JobRetry

_logger = logging.getLogger(__name__)

# Below this number one by one is as good; above it, one call of the host for many is several times faster.
BATCH_MIN = 5
BATCH_MAX = 50
JOINED_MAX = 200
#: First half of the key of the lock that lets one worker at a time run batches of a company.
BATCH_LOCK = 19_551


class TogetherError(Exception):
    """What was made together is not what each would be alone: do it one by one."""


class CrmBillingJob(models.Model):
    """Several instalments at once: joined on one invoice, or one invoice each in one go."""

    _inherit = "crm.billing.job"

    # ------------------------------------------------------------
    # One invoice for several quotes
    # ------------------------------------------------------------

    def _run_joined(self):
        """Invoice this job and those that belong on the same invoice.

        When the joined invoice would differ by a cent from what was agreed (taxes rounded over the whole),
        each gets its own.

        :return: whether it was done
        """
        if self.policy_id.grouping_rule != "customer" or self.installment_id.kind != "final":
            return False
        jobs = self | self._claim_mates()
        if len(jobs) == 1:
            return False
        try:
            with self.env.cr.savepoint():
                jobs._create_joined()
                self.env.flush_all()
        except (TogetherError, UserError):
            self.env.invalidate_all()
            return False
        return True

    def _claim_mates(self):
        """Return due jobs for the same invoice that can be done now, locked."""
        domain = [
            *self._job_due_domain(),
            ("id", "!=", self.id),
            ("op", "=", "invoice"),
            ("company_id", "=", self.company_id.id),
            ("acceptance_id.policy_id", "=", self.policy_id.id),
            ("installment_id.kind", "=", "final"),
        ]
        key = self._get_joining_key()
        mates = self.search(domain, limit=JOINED_MAX, order="id")
        return mates.filtered(lambda job: job._get_joining_key() == key and job._is_ready())

    def _get_joining_key(self):
        """Return what quotes on one invoice have in common; to be extended."""
        self.ensure_one()
        order, policy = self.order_id, self.policy_id
        return (
            order.partner_id,
            order.partner_invoice_id,
            order.partner_shipping_id,
            order.currency_id,
            order.fiscal_position_id,
            order.payment_term_id,
            self.invoice_journal_id,
            self._get_invoice_date(),
            self.shift_allowed_by_id,
            order.client_order_ref or "" if policy.group_by_reference else "",
            order.opportunity_id if policy.group_by_opportunity else order.opportunity_id.browse(),
        )

    def _is_ready(self):
        """Lock a job and tell whether it can be invoiced now; what stops it is said when its own turn comes."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint(flush=False):
                if not self.try_lock_for_update():
                    return False
                self._lock_rows()
        except (JobRetry, psycopg2.OperationalError):
            return False
        return self._passes()

    def _create_joined(self):
        """Make one invoice of all these jobs.

        :raise TogetherError: it would not be exactly one of exactly the agreed sum
        """
        orders = self._get_orders_to_invoice()
        orders._force_lines_to_invoice_policy_order()
        invoice = self._log_new(orders._create_invoices(grouped=False, final=True))
        agreed = sum(self.mapped("amount"))
        if len(invoice) != 1 or self.currency_id.compare_amounts(invoice._get_agreed_total(), agreed):
            raise TogetherError
        invoice.write({"billing_installment_id": False, "billing_acceptance_id": False})
        self.installment_id.joined_move_ids = invoice
        self._post_invoices(invoice)
        for job in self:
            job._finish_invoice(invoice)

    # ------------------------------------------------------------
    # Many invoices in one go
    # ------------------------------------------------------------

    @api.model
    def _run_batches(self, limit):
        """Invoice in groups as long as there is much to do.

        :return: whether there is time left
        """
        for company in self._get_companies_with_many():
            handled = 0
            while handled < limit:
                jobs = self._claim_batch(company)
                if not jobs:
                    break
                jobs._attempt_together()
                handled += len(jobs)
                if not self.env["ir.cron"]._commit_progress(len(jobs)):
                    return False
        return True

    @api.model
    def _get_batch_domain(self):
        """Return what can be invoiced in a group: last invoices that need nothing special."""
        return [
            *self._job_due_domain(),
            ("op", "=", "invoice"),
            ("attempts", "=", 0),
            ("installment_id.kind", "=", "final"),
            ("acceptance_id.policy_id.grouping_rule", "=", "acceptance"),
            ("shift_allowed_by_id", "=", False),
        ]

    @api.model
    def _get_companies_with_many(self):
        groups = self._read_group(self._get_batch_domain(), ["company_id"], ["__count"])
        return [company for company, count in groups if count >= BATCH_MIN]

    @api.model
    def _claim_batch(self, company):
        """Lock and return jobs of one company and policy, or none: too few, or another worker is at it.

        Numbers of invoices come one after the other, so several workers would only wait for each other.
        """
        cr = self.env.cr
        cr.execute(SQL("SELECT pg_try_advisory_xact_lock(%s, %s)", BATCH_LOCK, company.id))
        if not cr.fetchone()[0]:
            return self.browse()
        jobs = self.search(
            [*self._get_batch_domain(), ("company_id", "=", company.id)], order="next_attempt_at, id", limit=BATCH_MAX
        )
        jobs = jobs.filtered(lambda job: job.acceptance_id.policy_id == jobs[:1].acceptance_id.policy_id)
        if len(jobs) < BATCH_MIN:
            return self.browse()
        try:
            with cr.savepoint(flush=False):
                return jobs.try_lock_for_update()
        except psycopg2.OperationalError:
            return self.browse()

    def _attempt_together(self):
        """Do as many as possible in one go; what differs is done one by one, in the same transaction."""
        try:
            with self.env.cr.savepoint():
                self.with_prefetch()._prepare_run()._run_together()
                self.env.flush_all()
        except Exception as error:  # noqa: BLE001 - one by one, each says what is wrong with it
            self.env.invalidate_all()
            if not isinstance(error, (TogetherError, UserError, JobRetry, psycopg2.OperationalError)):
                _logger.exception("%s could not be invoiced together", self)
        for job in self.filtered(lambda job: job.job_state == "pending"):
            job._job_attempt()

    def _filter_ready(self):
        """Lock these jobs' orders in one go and return the jobs that can be invoiced now."""
        try:
            with self.env.cr.savepoint(flush=False):
                orders = self.order_id.try_lock_for_update()
                acceptances = self.acceptance_id.try_lock_for_update()
        except psycopg2.OperationalError:
            return self.filtered(lambda job: job._is_ready())  # one of them was changed: which?
        locked = self.filtered(lambda job: job.order_id in orders and job.acceptance_id in acceptances)
        return locked.with_prefetch(self._prefetch_ids).filtered(lambda job: job._passes())

    def _passes(self):
        """Tell whether nothing stops a job; what does is said when its own turn comes."""
        self.ensure_one()
        try:
            self._check_all()
        except (UserError, JobRetry):
            return False
        return not self.installment_id._get_live_invoice()

    def _run_together(self):
        """Invoice those that nothing stops, each on its own invoice.

        :raise TogetherError: some invoice is not exactly what was agreed
        """
        ready = self._filter_ready().with_prefetch(self._prefetch_ids)
        if not ready:
            return
        orders = ready._get_orders_to_invoice()
        orders._force_lines_to_invoice_policy_order()
        invoices = self._log_new(orders._create_invoices(grouped=True, final=True))
        by_part = invoices.grouped("billing_installment_id")
        for job in ready:
            found = by_part.get(job.installment_id, invoices.browse())
            if len(found) != 1 or job.currency_id.compare_amounts(found._get_agreed_total(), job.amount):
                raise TogetherError
        ready._post_invoices(invoices)
        for job in ready:
            job._finish_invoice(by_part[job.installment_id])
