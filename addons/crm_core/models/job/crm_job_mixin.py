import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...exceptions import JobRetry
from ...tools import backoff, conflict

_logger = logging.getLogger(__name__)

DUE_STATES = ("pending", "retry")
OPEN_STATES = (*DUE_STATES, "blocked", "failed")
# Worth another try without anybody looking at it; anything else unexpected is, too, but logged.
TRANSIENT = (psycopg2.OperationalError, ConnectionError, TimeoutError, JobRetry)


class CrmJobMixin(models.AbstractModel):
    """Work that runs by itself: each record is one job, kept until it is done.

    A model that inherits this implements :meth:`_job_run`, ships a cron that calls
    ``model._cron_run_jobs()`` and names it in ``_job_cron``. Several workers may run the
    same cron: a job is claimed by a row lock and runs in its own savepoint. Each batch is
    committed, so that a crash repeats at most the batch it hit, and nothing of it is kept
    twice, for the effects and the job's state are committed together.
    """

    _name = "crm.job.mixin"
    _description = "Job"

    #: External id of the cron that runs the jobs of this model.
    _job_cron = None
    #: Jobs claimed and committed together. One for work that must not be repeated as a group.
    _job_batch_size = 20

    job_state = fields.Selection(
        [
            ("pending", "Pending"),
            ("retry", "Will retry"),
            ("blocked", "Needs a person"),
            ("failed", "Failed"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        string="State",
        default="pending",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    attempts = fields.Integer(readonly=True, copy=False)
    next_attempt_at = fields.Datetime(
        "Next attempt", default=fields.Datetime.now, readonly=True, copy=False, help="Not tried before this time."
    )
    error_code = fields.Char("Reason code", readonly=True, copy=False)
    error_message = fields.Text("Reason", readonly=True, copy=False)
    job_user_id = fields.Many2one("res.users", "Owner", help="Who is told when the work cannot be done.")

    # ------------------------------------------------------------
    # To be implemented
    # ------------------------------------------------------------

    def _job_run(self):
        """Do the work of one record. To be implemented.

        Runs inside a savepoint. Raise :class:`JobBlocked` (or any ``UserError``) when a person
        must act, :class:`JobRetry` or a connection error when it should be tried again.
        """
        raise NotImplementedError

    def _job_notify_owner(self):
        """Tell the owner that the tries are used up; a hook, by default an activity."""
        self.ensure_one()
        if self.job_user_id and hasattr(self, "activity_schedule"):
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("Could not be processed"),
                note=self.error_message,
                user_id=self.job_user_id.id,
            )

    # ------------------------------------------------------------
    # Running
    # ------------------------------------------------------------

    @api.model
    def _cron_run_jobs(self, limit=1000):
        """Run what is due, at most ``limit`` jobs, until the cron's time is over. Never raises."""
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self.search_count(self._job_due_domain(), limit=limit))
        handled = 0
        while handled < limit:
            jobs = self._job_claim(min(self._job_batch_size, limit - handled))
            if not jobs:
                break
            jobs._job_attempt_many()
            handled += len(jobs)
            if not cron._commit_progress(len(jobs)):
                break

    @api.model
    def _job_due_domain(self):
        """Return the domain of the jobs to run now."""
        return [("job_state", "in", DUE_STATES), ("next_attempt_at", "<=", fields.Datetime.now())]

    @api.model
    def _job_claim(self, limit):
        """Lock and return up to ``limit`` due jobs that no other worker holds.

        A job that another worker finished since this transaction began is a serialization
        failure: nothing was done yet, so start over with a new snapshot.
        """

        def claim():
            query = self._search(self._job_due_domain(), order="next_attempt_at, id", limit=limit)
            self.env.flush_all()
            self.env.cr.execute(SQL("%s FOR UPDATE SKIP LOCKED", query.select()), log_exceptions=False)
            return self.browse(row[0] for row in self.env.cr.fetchall())

        try:
            return conflict.insist(self.env, claim, wait=0)
        except conflict.CONFLICTS:
            return self.browse()

    def _job_attempt_many(self):
        """Run claimed jobs, each in its own savepoint; a hook for work that is cheaper done together."""
        for job in self:
            job._job_attempt()

    def _job_attempt(self):
        """Run one job and note how it went; its failure undoes its own work only."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._job_run()
                self.env.flush_all()
        except UserError as error:
            self.env.invalidate_all()
            self._job_set_blocked(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next job must run
            self.env.invalidate_all()
            if not isinstance(error, TRANSIENT):
                _logger.exception("%s failed", self)
            self._job_set_retry(error)
        else:
            self._job_set_done()

    def _job_set_done(self):
        """Note success, unless the work itself chose another end."""
        due = self.filtered(lambda job: job.job_state in DUE_STATES)
        for attempts, jobs in due.grouped("attempts").items():
            jobs.write({"job_state": "done", "attempts": attempts + 1, **self._job_no_error()})

    def _job_set_blocked(self, error):
        """Note that a person must act."""
        self.write(
            {
                "job_state": "blocked",
                "attempts": self.attempts + 1,
                "error_code": getattr(error, "code", "E_USER"),
                "error_message": str(error),
                **getattr(error, "values", {}),
            }
        )

    def _job_set_retry(self, error):
        """Plan the next try, or give up and tell the owner."""
        attempts = self.attempts + 1
        seconds = backoff.delay(attempts, at_least=getattr(error, "seconds", 0))
        values = {
            "attempts": attempts,
            "error_code": getattr(error, "code", type(error).__name__),
            "error_message": str(error) or type(error).__name__,
        }
        if seconds is None:
            self.write({**values, "job_state": "failed"})
            self._job_try_notify_owner()
        else:
            due = fields.Datetime.now() + timedelta(seconds=seconds)
            self.write({**values, "job_state": "retry", "next_attempt_at": due})
            self._job_trigger(due)

    def _job_try_notify_owner(self):
        """Tell the owner; the queue shows the failure even if that does not work."""
        try:
            with self.env.cr.savepoint():
                self._job_notify_owner()
        except Exception:  # noqa: BLE001 - the next job must run
            _logger.exception("The owner of %s could not be told", self)

    @api.model
    def _job_no_error(self):
        return {"error_code": False, "error_message": False}

    @api.model
    def _job_trigger(self, at=None):
        """Wake the cron of this model up, at a time (UTC) or as soon as this transaction is committed."""
        found = self.env["ir.model.data"]._xmlid_to_res_id(self._job_cron) if self._job_cron else None
        if found:
            self.env["ir.cron"].browse(found)._wake(at)

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_job_retry(self):
        """Try again now, from the start of the schedule."""
        stopped = self.filtered(lambda job: job.job_state in OPEN_STATES)
        stopped.write(self._prepare_fresh_job())
        stopped._job_trigger()

    @api.model
    def _prepare_fresh_job(self):
        """Return the values of a job that nobody has tried yet."""
        return {
            "job_state": "pending",
            "attempts": 0,
            "next_attempt_at": fields.Datetime.now(),
            **self._job_no_error(),
        }

    def action_job_cancel(self):
        """Give the work up for good."""
        self.filtered(lambda job: job.job_state in OPEN_STATES).write({"job_state": "cancelled"})
