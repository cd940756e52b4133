import base64
import io
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfReader

from .common import BillingCommon


@tagged("post_install", "-at_install")
class TestAcceptancePdf(BillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_policy()
        cls.order = cls._create_order(note="<p>Paid within <b>ten days</b></p>")
        section = {"display_type": "line_section", "name": "Ground floor", "sequence": 1}
        cls.order.order_line = [fields.Command.create(section)]
        cls.order.action_confirm()
        cls.acceptance = cls.order.billing_acceptance_ids

    def _keep(self):
        with self._without_commits():
            self.env["crm.billing.proof"].sudo()._cron_run_jobs()
        return self.acceptance.proof_ids.sudo()

    def _get_text(self, proof):
        reader = PdfReader(io.BytesIO(base64.b64decode(proof.pdf)))
        return " ".join("".join(page.extract_text() for page in reader.pages).split())

    def test_printed(self):
        """Kept afterwards, once: the accepted lines, terms, total and who, whatever became of the order."""
        self.assertFalse(self.acceptance.proof_ids, "a customer does not wait for a printer")
        self.company.partner_id.tz = "Europe/Madrid"
        self.order.order_line.filtered("product_id").price_unit = 5
        proof = self._keep()
        self.assertEqual((proof.job_state, proof.error_message, proof.origin), ("done", False, "printed"))
        text = self._get_text(proof)
        words = ("Ground floor", "Reservation", "210.00", "1,210.00", "ten days", "(Europe/Madrid)")
        for part in (*words, self.acceptance.content_hash):
            self.assertIn(part, text)
        self.assertEqual(self._keep(), proof)
        self.assertEqual(self.acceptance.pdf_hash, proof.pdf_hash)
        self.assertIn(f"/web/content/crm.billing.proof/{proof.id}/pdf", self.acceptance.action_download_pdf()["url"])

    def test_frozen(self):
        """Nobody changes or deletes the file; what is changed past the application shows."""
        proof = self._keep()
        with self.assertRaises(UserError):
            proof.sudo().pdf = base64.b64encode(b"other")
        with self.assertRaises(UserError):
            proof.sudo().unlink()
        self.env.invalidate_all()
        self.assertTrue(self.acceptance.with_context(bin_size=True).is_intact, "as a form reads it")
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", proof._name), ("res_id", "=", proof.id), ("res_field", "=", "pdf")])
        )
        attachment.raw = b"other"
        self.env.invalidate_all()
        self.assertFalse(self.acceptance.is_intact)

    @mute_logger("odoo.addons.crm_core.models.job.crm_job_mixin")
    def test_broken_printer(self):
        """A printer that fails is tried again, said on the acceptance, and listed by the night after a day."""
        broken = patch.object(type(self.env["ir.actions.report"]), "_run_wkhtmltopdf", side_effect=ValueError("No ink"))
        with broken:
            proof = self._keep()
        self.assertEqual((proof.job_state, self.acceptance.pdf_problem), ("retry", "No ink"))
        audit = self.env["crm.billing.difference"].sudo()
        self.assertFalse(audit._find_missing_pdfs())
        self.env.cr.execute(
            "UPDATE crm_billing_acceptance SET create_date = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(days=2), self.acceptance.id],
        )
        self.acceptance.invalidate_recordset()
        self.assertIn((self.acceptance.id, False, "D_PDF"), audit._find_missing_pdfs())
        self._keep()
        self.assertEqual(proof.job_state, "done")
        self.assertFalse(audit._find_missing_pdfs())

    def test_salesperson(self):
        """A salesperson reads the file of an own quote, not of a colleague's."""
        proof = self._keep().sudo(False)
        self.assertTrue(proof.with_user(self.seller).pdf)
        self.assertFalse(proof.with_user(self.other_seller).has_access("read"))
