from datetime import timedelta

from odoo import fields, models


class IrCron(models.Model):
    _inherit = "ir.cron"

    def _wake(self, at=None):
        """Run soon: at a time (UTC), or as soon as this transaction is committed.

        A cron that is going to wake up anyway is left alone: thousands of jobs do not
        make thousands of triggers.

        :param at: a datetime, or None for now
        """
        now, minute = fields.Datetime.now(), timedelta(minutes=1)
        if at and at > now:
            near = [("call_at", ">=", at), ("call_at", "<=", at + minute)]
        else:
            # One for now that is still there after a minute has woken nobody up.
            near = [("call_at", "<=", now), ("call_at", ">", now - minute)]
        # sudo: waking the cron up needs no right of the user's.
        triggers = self.env["ir.cron.trigger"].sudo()
        for cron in self:
            if not triggers.search_count([("cron_id", "=", cron.id), *near], limit=1):
                cron.sudo()._trigger(at)
