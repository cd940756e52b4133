from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_core.exceptions import JobBlocked, JobRetry
from odoo.addons.crm_core.tools import backoff

from .common import CrmCoreCommon

INTAKE = "odoo.addons.crm_core.models.intake.crm_intake.CrmIntake"


@tagged("post_install", "-at_install")
class TestJob(CrmCoreCommon):
    """The engine, shown on the model that uses it first."""

    def _run_with(self, behaviour):
        # One by one: what the engine does with each is shown here, not what a batch saves.
        alone = patch(f"{INTAKE}._get_targets_together", return_value={})
        with alone, patch(f"{INTAKE}._job_run", autospec=True, side_effect=behaviour):
            self._run_intakes()

    def test_done_once(self):
        intake = self._receive(email="a@example.com")
        calls = []
        self._run_with(calls.append)
        self._run_with(calls.append)
        self.assertEqual(intake.job_state, "done")
        self.assertEqual([job.id for job in calls], intake.ids)

    def test_user_error_needs_a_person(self):
        intake = self._receive(email="a@example.com")

        def refuse(job):
            raise UserError("The number is missing.")

        self._run_with(refuse)
        self.assertEqual((intake.job_state, intake.error_code), ("blocked", "E_USER"))
        self.assertEqual(intake.error_message, "The number is missing.")

    def test_blocked_keeps_its_code_and_is_retried_by_hand(self):
        intake = self._receive(email="a@example.com")

        def refuse(job):
            raise JobBlocked("Two fit.", "E_AMBIGUOUS")

        self._run_with(refuse)
        self.assertEqual(intake.error_code, "E_AMBIGUOUS")
        self._run_with(lambda job: None)
        self.assertEqual(intake.job_state, "blocked", "nobody acted, nothing is tried")
        intake.action_job_retry()
        self._run_with(lambda job: None)
        self.assertEqual((intake.job_state, intake.error_code), ("done", False))

    def test_transient_error_waits_then_gives_up_and_tells_the_owner(self):
        intake = self._receive(email="a@example.com")

        def fail(job):
            raise psycopg2.OperationalError("connection lost")

        for attempt in range(1, len(backoff.DELAYS) + 1):
            intake.next_attempt_at = fields.Datetime.now()
            self._run_with(fail)
            self.assertEqual((intake.job_state, intake.attempts), ("retry", attempt))
            self.assertGreater(intake.next_attempt_at, fields.Datetime.now())
        intake.next_attempt_at = fields.Datetime.now()
        self._run_with(fail)
        self.assertEqual(intake.job_state, "failed")
        self.assertEqual(intake.activity_ids.user_id, self.manager)

    def test_asked_to_wait(self):
        intake = self._receive(email="a@example.com")

        def busy(job):
            raise JobRetry("Too many requests.", "E_BUSY", seconds=3600)

        self._run_with(busy)
        self.assertGreaterEqual(intake.next_attempt_at, fields.Datetime.now() + timedelta(seconds=3590))

    def test_an_unexpected_error_is_logged_and_undoes_only_its_own_work(self):
        bad, good = self._receive(email="bad@example.com"), self._receive(email="good@example.com")

        def work(job):
            job.env["res.partner"].create({"name": f"made for {job.email}"})
            if job == bad:
                raise ValueError("bug")

        with mute_logger("odoo.addons.crm_core.models.job.crm_job_mixin"):
            self._run_with(work)
        self.assertEqual((bad.job_state, good.job_state), ("retry", "done"))
        self.assertEqual(
            self.env["res.partner"].search([("name", "like", "made for")]).name, "made for good@example.com"
        )

    def test_a_database_error_does_not_poison_the_batch(self):
        bad, good = self._receive(email="bad@example.com"), self._receive(email="good@example.com")

        def work(job):
            if job == bad:
                job.env.cr.execute("SELECT 1/0")

        with mute_logger("odoo.sql_db", "odoo.addons.crm_core.models.job.crm_job_mixin"):
            self._run_with(work)
        self.assertEqual((bad.job_state, good.job_state), ("retry", "done"))

    def test_limit(self):
        for number in range(5):
            self._receive(email=f"{number}@example.com")
        with patch(f"{INTAKE}._job_run", autospec=True), self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["crm.intake"]._cron_run_jobs(limit=3)
        self.assertEqual(self.env["crm.intake"].search_count([("job_state", "=", "done")]), 3)

    def test_cancelled_is_left_alone(self):
        intake = self._receive(email="a@example.com")
        intake.action_job_cancel()
        self._run_with(lambda job: self.fail("ran"))
        self.assertEqual(intake.job_state, "cancelled")

    def test_many_jobs_make_one_trigger(self):
        cron = self.env.ref("crm_core.ir_cron_intake")
        self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).unlink()
        for number in range(10):
            self._receive(email=f"{number}@example.com")
        self.assertEqual(self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), 1)

    def test_the_trigger_of_another_transaction_is_not_enough(self):
        """The cron it woke up is running, has looked for work already and takes the trigger away at its end."""
        cron = self.env.ref("crm_core.ir_cron_intake")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        triggers.unlink()
        theirs = cron._trigger()
        earlier = self.env.cr.now() - timedelta(seconds=3)
        self.env.cr.execute("UPDATE ir_cron_trigger SET create_date = %s WHERE id = %s", [earlier, theirs.id])
        self._receive(email="a@example.com")
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]) - theirs)
