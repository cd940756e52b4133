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

    def _prepare_export(self):
        """Say which form and page it was, what brought the person, and which files came with it."""
        kept = ("page_url", "referrer", "origin", "first_touch", "score")
        confirmed = fields.Datetime.to_string(self.confirmed_on)
        return {
            **super()._prepare_export(),
            **({"form": self.form_id.name, "confirmed": confirmed} if self.form_id else {}),
            **{name: self[name] for name in kept if self[name]},
            "files": self.file_ids.mapped("name"),
        }

    @api.autovacuum
    def _gc_forms(self):
        """Forget what is older than its form keeps it."""
        # sudo: the nightly cleaning is the system's.
        for form in self.env["crm.web.form"].sudo().search([("keep_days", ">", 0)]):
            before = fields.Datetime.now() - timedelta(days=form.keep_days)
            domain = [("form_id", "=", form.id), ("job_state", "in", FINISHED), ("create_date", "<", before)]
            self.sudo().search([*domain, ("payload_hash", "!=", False)], limit=BATCH)._forget()
