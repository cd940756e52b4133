from datetime import timedelta

from odoo import api, fields, models

ENDED = ("done", "cancelled")
BATCH = 500


class CrmIntake(models.Model):
    """What strangers sent is not kept for ever."""

    _inherit = "crm.intake"

    def _forget(self):
        """Erase what a person sent and keep that somebody sent it: the numbers of the form stay right.

        Contact, lead and consents are records of their own; they are not touched.
        """
        # sudo: files of a submission belong to it; whoever may erase it erases them.
        files = self.env["ir.attachment"].sudo().search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        files.unlink()
        for intake in self:
            kept = {"utm": (intake.payload or {}).get("utm") or {}}
            intake.write(
                {"payload": kept, "name": False, "email": False, "first_touch": False, **self._prepare_forgotten()}
            )

    def _prepare_forgotten(self):
        """Return what else of a submission may lead to a person, emptied."""
        return dict.fromkeys(("page_url", "referrer", "payload_hash", "network_hash", "error_message"), False)

    @api.autovacuum
    def _gc_forms(self):
        """Forget what is older than its form keeps it."""
        # sudo: the nightly cleaning is the system's.
        for form in self.env["crm.web.form"].sudo().search([("keep_days", ">", 0)]):
            before = fields.Datetime.now() - timedelta(days=form.keep_days)
            domain = [("form_id", "=", form.id), ("job_state", "in", ENDED), ("create_date", "<", before)]
            self.sudo().search([*domain, ("payload_hash", "!=", False)], limit=BATCH)._forget()
