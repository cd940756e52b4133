import base64

from odoo import api, models

from ...tools import evidence

REPORT = "crm_core.crm_document_print"


class CrmDocument(models.Model):
    _inherit = "crm.document"

    _job_cron = "crm_core.ir_cron_document"
    _job_batch_size = 10

    # ------------------------------------------------------------
    # Freezing: a job, so that a signature never depends on the printer
    # ------------------------------------------------------------

    @api.model
    def _job_due_domain(self):
        """Signed and not printed yet."""
        return [*super()._job_due_domain(), ("state", "=", "signed"), ("pdf_hash", "=", False)]

    def _job_run(self):
        """Freeze the PDF and send it to everybody who signed."""
        self._freeze()
        self._write_to(self.signer_ids, "crm_core.mail_template_document_signed")

    def _freeze(self):
        """Print the signed document with its evidence, once and for all."""
        self.ensure_one()
        if self.state == "signed" and not self.pdf_hash:
            content = self._print()[self.id]
            self._seal({"pdf": base64.b64encode(content), "pdf_hash": evidence.fingerprint(content)})

    def _get_pdf_problems(self):
        """Return whether the frozen PDF is still the one that was made."""
        if self.pdf_hash and evidence.fingerprint(base64.b64decode(self.pdf or b"")) != self.pdf_hash:
            return [self.env._("The signed PDF was changed.")]
        return []

    # ------------------------------------------------------------
    # Printing
    # ------------------------------------------------------------

    def _print(self):
        """Return {id: PDF} of these documents: the frozen one where there is one."""
        fresh = self.filtered(lambda document: not document.pdf_hash)
        found = {document.id: base64.b64decode(document.pdf or b"") for document in self - fresh}
        for paperformat, documents in fresh.grouped(lambda document: document._get_paperformat()).items():
            found |= self.env["ir.actions.report"]._print_documents(documents, paperformat)
        return found

    def _get_print_html(self):
        """Return the page the printing engine gets, complete in itself; several documents one after the other."""
        # sudo: who may print a document sees all of it; the letterhead and the evidence belong to it.
        lang = self[:1].template_id._get_installed_lang()
        return self.env["ir.qweb"]._render(REPORT, {"docs": self.sudo().with_context(lang=lang)})

    def _get_paperformat(self):
        return self.paperformat_id or self.company_id.paperformat_id

    def action_print(self):
        """Download the PDF."""
        return self.env.ref("crm_core.crm_document_report").report_action(self, config=False)

    def _get_file_name(self):
        """Return the name of the PDF without its ending."""
        return f"{self.reference or ''} {self.name}".strip().replace("/", "-")

    def _get_evidence_rows(self):
        """Return the facts of the evidence page: dicts of ``signer``, ``rows`` (label, value)."""
        self.ensure_one()
        return [{"signer": signer, "rows": signer._get_evidence_labels()} for signer in self._get_chain()]
