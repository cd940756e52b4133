from odoo import fields, models
from odoo.exceptions import UserError

FINISHED = ("done", "cancelled")


class CrmIntake(models.Model):
    """What is done with a submission after all: forgotten, or processed once more."""

    _inherit = "crm.intake"

    def _forget(self):
        """Erase what a person sent and keep that somebody sent it: the numbers stay right.

        What still waits is given up. Contact, lead and consents are records of their own; they are not touched.
        """
        self.action_job_cancel()
        files = self.env["ir.attachment"].sudo().search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        # sudo: files of a submission belong to it; whoever may erase it erases them.
        (files | self._get_files_elsewhere().sudo()).unlink()
        self.candidate_ids = False
        for intake in self:
            intake.write({"payload": intake._prepare_kept_payload(), **intake._prepare_forgotten()})

    def _get_files_elsewhere(self):
        """Return the files that came with it and hang on another record now; a hook."""
        return self.env["ir.attachment"]

    def _prepare_kept_payload(self):
        """Return what of the payload names nobody: the campaign."""
        return {"utm": (self.payload or {}).get("utm") or {}}

    def _prepare_forgotten(self):
        """Return what else of a submission may lead to a person, emptied; a hook."""
        return dict.fromkeys(("name", "email", "error_message", "discard_note"), False)

    def _prepare_export(self):
        """Return what is kept of a submission, for the person who sent it: {name: value JSON can hold}; a hook."""
        return {
            "received": fields.Datetime.to_string(self.create_date),
            "source": self.source,
            "became": self.target,
            "content": self.payload or {},
        }

    def _is_forgotten(self):
        return not set(self.payload or {}) - {"utm"}

    def action_process_again(self):
        """Process what was finished once more: a lead that was deleted is made anew, an open one stays the only one.

        Consents are not recorded a second time: the person may have changed their mind since.
        """
        self.check_access("write")
        finished = self.filtered(lambda intake: intake.job_state in FINISHED)
        for intake in finished:
            if intake._is_forgotten():
                raise UserError(
                    self.env._(
                        "What was sent on %(date)s has been erased: there is nothing to process any more.",
                        date=intake.create_date.date(),
                    )
                )
        finished.write({"discard_reason": False, "discard_note": False, **self._prepare_fresh_job()})
        finished._job_trigger()
