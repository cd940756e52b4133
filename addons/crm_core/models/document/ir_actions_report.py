import io
import re

from odoo import api, models
from odoo.tools.pdf import PdfReader, PdfWriter

from .crm_document_print import REPORT

# The colour of the rule below the letterhead (17, 47, 77 of 255), as the engine writes it down: it is at the start of
# each document, so a page with it begins one.
RULE = re.compile(rb"\b0?\.0666\d+ 0?\.1843\d+ 0?\.3019\d+ ")


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def get_paperformat(self):
        """A document has a paper format of its own."""
        return self.env.context.get("crm_document_paperformat") or super().get_paperformat()

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Documents: the frozen PDF where there is one, the others printed together."""
        if self._get_report(report_ref).report_name != REPORT:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids)
        printed = self.env["crm.document"].browse(res_ids)._print()
        return {res_id: {"stream": io.BytesIO(content), "attachment": None} for res_id, content in printed.items()}

    @api.model
    def _print_documents(self, documents, paperformat):
        """Print documents in one run of the printing engine and take the result apart.

        Starting the engine costs more than a page. It can neither take several files nor mark where each
        document begins in the build most systems have, so they are one file and the rule of the letterhead tells.

        :param documents: ``crm.document`` of one paper format
        :param paperformat: ``report.paperformat``
        :return: {id: PDF}
        """
        report = self.with_context(crm_document_paperformat=paperformat)
        whole = report._run_wkhtmltopdf([documents._get_print_html()], report_ref=REPORT)
        if len(documents) == 1:
            return {documents.id: whole}
        parts = self._split_at_rule(whole)
        if len(parts) != len(documents):
            # A text uses the rule's very colour: each by itself, slower and never wrong.
            return {document.id: self._print_documents(document, paperformat)[document.id] for document in documents}
        return dict(zip(documents.ids, parts, strict=True))

    @api.model
    def _split_at_rule(self, content):
        """Return the parts of a PDF that begin with a page on which the rule is drawn."""
        reader = PdfReader(io.BytesIO(content), strict=False)
        writers = []
        for page in reader.pages:
            if self._has_rule(page) or not writers:
                writers.append(PdfWriter())
            writers[-1].add_page(page)
        return [self._get_bytes(writer) for writer in writers]

    @api.model
    def _has_rule(self, page):
        """Tell whether something on a page is painted in the rule's colour."""
        contents = page.get_contents()
        return contents is not None and bool(RULE.search(contents.get_data()))

    @api.model
    def _get_bytes(self, writer):
        stream = io.BytesIO()
        writer.write(stream)
        return stream.getvalue()
