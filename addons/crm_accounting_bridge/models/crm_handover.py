from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .crm_billing_job import OPEN_STATES


class CrmHandover(models.Model):
    """Who is told about invoices that wait goes with the person too."""

    _inherit = "crm.handover"

    def _get_handover_scopes(self):
        """Invoices that wait, and the policies that name who is told about the next ones."""
        own, company = self._get_own_domains()
        waiting = Domain("job_user_id", "=", self.from_user_id.id) & Domain("job_state", "in", OPEN_STATES)
        return [
            *super()._get_handover_scopes(),
            {
                "code": "billing_job",
                "label": self.env._("Invoices in the queue"),
                "model": "crm.billing.job",
                "domain": company & waiting,
                "field": "job_user_id",
                "partner": "partner_id.commercial_partner_id",
                "transfer": self._transfer_billing_jobs,
            },
            {
                "code": "billing_policy",
                "label": self.env._("Billing policies"),
                "model": "crm.billing.policy",
                "domain": own & company,
                "field": "user_id",
            },
        ]

    def _transfer_billing_jobs(self, scope, jobs, old, new):
        """Give invoices that wait to somebody who sees the queue.

        :raise UserError: the new owner may not read them, so nobody would be told
        """
        if not jobs.with_user(new).sudo(False).has_access("read"):
            raise UserError(
                self.env._(
                    "%(name)s may not see the billing queue. Give the right first, then start again.", name=new.name
                )
            )
        self._transfer_records(scope, jobs, old, new)
