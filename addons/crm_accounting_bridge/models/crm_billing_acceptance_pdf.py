from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_datetime, html_sanitize

REPORT = "crm_accounting_bridge.acceptance_print"


class CrmBillingAcceptance(models.Model):
    """What was accepted, as a file."""

    _inherit = "crm.billing.acceptance"

    proof_ids = fields.One2many("crm.billing.proof", "acceptance_id", "PDF")
    has_pdf = fields.Boolean(compute="_compute_pdf")
    pdf_hash = fields.Char("PDF (SHA-256)", compute="_compute_pdf")
    pdf_problem = fields.Text(related="proof_ids.error_message", string="PDF: why not yet")
    pdf_origin = fields.Selection(related="proof_ids.origin", string="File")

    @api.depends("proof_ids.pdf_hash")
    def _compute_pdf(self):
        for acceptance in self:
            acceptance.pdf_hash = acceptance.proof_ids.pdf_hash
            acceptance.has_pdf = bool(acceptance.pdf_hash)

    def _is_unchanged(self):
        return super()._is_unchanged() and all(proof._is_intact() for proof in self.proof_ids)

    def _get_signed_pdf(self):
        """Return the PDF that the portal attached when the customer signed, or nothing.

        The host attaches it in the transaction that accepts, so it has the same time of creation.
        """
        self.ensure_one()
        if self.source != "signature":
            return None
        second = self.create_date.replace(microsecond=0)
        attachment = self.env["ir.attachment"].search(
            [
                ("res_model", "=", "sale.order"),
                ("res_id", "=", self.order_id.id),
                ("mimetype", "=", "application/pdf"),
                ("create_date", ">=", second),
                ("create_date", "<", second + timedelta(seconds=1)),
            ],
            order="id",
            limit=1,
        )
        return attachment.raw

    def _print(self):
        """Return the PDF of the frozen record: lines, taxes, terms, total, who, when, how."""
        self.ensure_one()
        page = self.env["ir.qweb"]._render(REPORT, self._prepare_print(), lang=self.partner_id.lang)
        paperformat = self.env.ref("crm_core.paperformat_document")
        report = self.env["ir.actions.report"].with_context(crm_document_paperformat=paperformat)
        return report._run_wkhtmltopdf([page])

    def _prepare_print(self):
        """Return what the printed page shows; a hook."""
        acceptance = self.with_context(lang=self.partner_id.lang)
        return {
            "acceptance": acceptance,
            "company": acceptance.company_id,
            "content": self.snapshot,
            "money": acceptance.currency_id.format,
            "note": Markup(html_sanitize(self.snapshot["content"]["terms"]["note"])),
            "facts": acceptance._get_facts(),
        }

    def _get_facts(self):
        """Return who accepted, when and how, as pairs of label and text."""
        sources = dict(self._fields["source"]._description_selection(self.env))
        facts = [
            (self.env._("By"), self.signer),
            (self.env._("How"), sources[self.source]),
            (self.env._("On"), self._format_moment(self.accepted_on)),
            (self.env._("Signed on"), self._format_moment(self.signed_on)),
            (self.env._("Lines, taxes, terms and totals (SHA-256)"), self.content_hash),
            (self.env._("Whole record (SHA-256)"), self.snapshot_hash),
        ]
        return [(label, text) for label, text in facts if text]

    def _format_moment(self, moment):
        """Return a moment where the company is, with its time zone: a proof says what it means."""
        zone = self._get_tz()
        return f"{format_datetime(self.env, moment, tz=zone)} ({zone})" if moment else ""

    def action_download_pdf(self):
        """Download what was accepted."""
        return self.ensure_one().proof_ids.action_download()
