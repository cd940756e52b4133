from datetime import timedelta

from odoo import fields, models


class IrCron(models.Model):
    _inherit = "ir.cron"

    def _wake(self, at=None):
        """Run soon: at a time (UTC), or as soon as this transaction is committed.

        Thousands of jobs do not make thousands of triggers: one for each transaction, and for a later time one
        for each minute. A trigger for now that another transaction left does not count, for the cron it woke up
        may have looked for work already, and takes that trigger away when it ends.

        :param at: a datetime, or None for now
        """
        if at and at > fields.Datetime.now():
            known = [("call_at", ">=", at), ("call_at", "<=", at + timedelta(minutes=1))]
        else:
            known = [("call_at", "<=", fields.Datetime.now()), ("create_date", ">=", self.env.cr.now())]
        # sudo: waking the cron up needs no right of the user's.
        triggers = self.env["ir.cron.trigger"].sudo()
        for cron in self:
            if not triggers.search_count([("cron_id", "=", cron.id), *known], limit=1):
                cron.sudo()._trigger(at)
