import base64

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.crm_core.tools import evidence

QUEUED_AT_ONCE = 1_000


class CrmBillingProof(models.Model):
    """The PDF of what a customer accepted, kept once and for all.

    Made after the acceptance, so that no customer waits for a printer: the file that was signed in the portal,
    or one printed from the frozen record, whatever became of the order.
    """

    _name = "crm.billing.proof"
    _description = "PDF of an Accepted Quote"
    _inherit = ["crm.job.mixin"]
    _order = "id desc"
    _job_cron = "crm_accounting_bridge.ir_cron_billing_proof"
    # A PDF takes long enough to be committed by itself.
    _job_batch_size = 1

    acceptance_id = fields.Many2one(
        "crm.billing.acceptance", "Accepted quote", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="acceptance_id.company_id", store=True, index=True, precompute=True)
    origin = fields.Selection(
        [("signed", "Signed in the portal"), ("printed", "Printed from the accepted lines")], readonly=True
    )
    pdf = fields.Binary("PDF", attachment=True, readonly=True)
    pdf_name = fields.Char("File name", compute="_compute_pdf_name")
    pdf_hash = fields.Char("PDF (SHA-256)", readonly=True)

    _acceptance_unique = models.UniqueIndex("(acceptance_id)", "This accepted quote has its PDF already.")

    @api.depends("acceptance_id.display_name")
    def _compute_display_name(self):
        for proof in self:
            proof.display_name = proof.acceptance_id.display_name

    @api.depends("acceptance_id.display_name")
    def _compute_pdf_name(self):
        for proof in self:
            proof.pdf_name = f"{proof.acceptance_id.display_name}.pdf".replace("/", "-")

    def write(self, vals):
        """Refuse to change a file that was kept."""
        if {"acceptance_id", "origin", "pdf", "pdf_hash"} & set(vals) and any(self.mapped("pdf_hash")):
            raise UserError(self.env._("The PDF of an accepted quote is a proof and cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        raise UserError(self.env._("The PDF of an accepted quote is a proof and cannot be deleted."))

    # ------------------------------------------------------------
    # Making
    # ------------------------------------------------------------

    @api.model
    def _cron_run_jobs(self, limit=1000):
        """Keep the PDF of every accepted quote that has none. Never raises."""
        self._queue_missing()
        return super()._cron_run_jobs(limit)

    @api.model
    def _queue_missing(self):
        """Queue what was accepted since the last time; not in the acceptance itself, which is the customer's time."""
        missing = self.env["crm.billing.acceptance"].search(
            [("proof_ids", "=", False)], order="id", limit=QUEUED_AT_ONCE
        )
        try:
            with self.env.cr.savepoint():
                self.create([{"acceptance_id": acceptance.id} for acceptance in missing])
        except (psycopg2.OperationalError, psycopg2.IntegrityError):
            self.env.invalidate_all()  # another worker was faster

    def _job_run(self):
        """Keep the file."""
        signed = self.acceptance_id._get_signed_pdf()
        content = signed or self.acceptance_id._print()
        self.write(
            {
                "origin": "signed" if signed else "printed",
                "pdf": base64.b64encode(content),
                "pdf_hash": evidence.fingerprint(content),
            }
        )

    def _is_intact(self):
        """Tell whether the file is still the one that was kept."""
        self.ensure_one()
        # A form asks for the size of a file instead of the file.
        content = self.with_context(bin_size=False).pdf
        return not self.pdf_hash or evidence.fingerprint(base64.b64decode(content or b"")) == self.pdf_hash

    def action_download(self):
        """Download the PDF."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/pdf/{self.pdf_name}?download=true",
            "target": "download",
        }
