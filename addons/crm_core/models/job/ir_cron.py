import functools
import logging
from datetime import timedelta

import psycopg2

from odoo import fields, models
from odoo.sql_db import db_connect
from odoo.tools import SQL

from odoo.addons.base.models.ir_cron import ODOO_NOTIFY_FUNCTION

from ...tools.bell import Bell

_logger = logging.getLogger(__name__)

# Seconds between two calls of one process to the cron workers: each opens a connection and wakes all of them up.
PAUSE = 1


def _notify(database):
    """Wake the cron workers up, as ``ir.cron._notifydb`` does.

    Never an error: what was committed is, and the workers look by themselves every minute.
    """
    try:
        with db_connect("postgres").cursor() as cr:
            cr.execute(SQL("SELECT %s('cron_trigger', %s)", SQL.identifier(ODOO_NOTIFY_FUNCTION), database))
    except psycopg2.Error as error:
        _logger.info("The cron workers of %s could not be woken up: %s", database, error)


_bell = Bell(_notify, PAUSE)


class IrCron(models.Model):
    _inherit = "ir.cron"

    def _wake(self, at=None):
        """Run soon: at a time (UTC), or as soon as this transaction is committed.

        Thousands of jobs do not make thousands of triggers: one for each transaction, and for a later time one
        for each minute. A trigger for now that another transaction left does not count, for the cron it woke up
        may have looked for work already, and takes that trigger away when it ends.

        :param at: a datetime, or None for now
        """
        # sudo: waking the cron up needs no right of the user's.
        crons = self.sudo()
        for cron in crons:
            if not at or at <= fields.Datetime.now():
                cron._wake_now()
            elif not cron._has_trigger(at, at + timedelta(minutes=1)):
                cron._trigger(at)

    def _has_trigger(self, start, end):
        domain = [("cron_id", "=", self.id), ("call_at", ">=", start), ("call_at", "<=", end)]
        return bool(self.env["ir.cron.trigger"].search_count(domain, limit=1))

    def _wake_now(self):
        """Do what ``_trigger`` does, by one statement and a shared call: everything that arrives asks for it."""
        query = SQL(
            """INSERT INTO ir_cron_trigger (cron_id, call_at, create_uid, create_date, write_uid, write_date)
            SELECT id, clock.utc, %(user)s, clock.utc, %(user)s, clock.utc
            FROM ir_cron, (SELECT now() AT TIME ZONE 'UTC' AS utc) AS clock
            WHERE id = %(cron)s AND active AND NOT EXISTS (
                SELECT 1 FROM ir_cron_trigger
                WHERE cron_id = %(cron)s AND call_at <= clock.utc AND create_date >= clock.utc
            ) RETURNING id""",
            user=self.env.uid,
            cron=self.id,
        )
        if self.env.execute_query(query):
            self.env.cr.postcommit.add(functools.partial(_bell.press, self.env.cr.dbname))
