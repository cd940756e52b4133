from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.crm_core.models.intake.crm_intake_forget import FINISHED

BATCH = 500


class CrmIntake(models.Model):
    """What strangers sent is not kept for ever."""

    _inherit = "crm.intake"

    def _get_files_elsewhere(self):
        return super()._get_files_elsewhere() | self.file_ids

    def _prepare_forgotten(self):
        names = ("first_touch", "page_url", "referrer", "payload_hash", "network_hash")
        return {**super()._prepare_forgotten(), **dict.fromkeys(names, False)}

    @api.autovacuum
    def _gc_forms(self):
        """Forget what is older than its form keeps it."""
        # sudo: the nightly cleaning is the system's.
        for form in self.env["crm.web.form"].sudo().search([("keep_days", ">", 0)]):
            before = fields.Datetime.now() - timedelta(days=form.keep_days)
            domain = [("form_id", "=", form.id), ("job_state", "in", FINISHED), ("create_date", "<", before)]
            self.sudo().search([*domain, ("payload_hash", "!=", False)], limit=BATCH)._forget()
