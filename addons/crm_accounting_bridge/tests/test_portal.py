import base64

from odoo.tests import HttpCase, tagged

from .common import BillingCommon

# One transparent pixel.
SIGNATURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


@tagged("post_install", "-at_install")
class TestPortal(BillingCommon, HttpCase):
    def _sign(self, order, name="Ana Buyer"):
        response = self.url_open(
            f"/my/orders/{order.id}/accept",
            json={
                "params": {
                    "access_token": order._portal_ensure_token(),
                    "name": name,
                    "signature": SIGNATURE,
                }
            },
        )
        return response.json()

    def test_signature_becomes_one_invoice(self):
        """A customer signs on the portal; one posted invoice with 21 % VAT follows, to the cent."""
        self._create_policy(trigger="signed")
        order = self._create_order(price=1234.56, require_signature=True)
        order.action_quotation_sent()
        self.env.flush_all()
        self.assertTrue(self._sign(order)["result"]["force_refresh"])
        self.env.invalidate_all()
        acceptance, job = order.billing_acceptance_ids, order.billing_job_ids
        self.assertEqual((order.state, acceptance.source, acceptance.signer), ("sale", "signature", "Ana Buyer"))
        self.assertTrue(acceptance.signed_on and acceptance.is_intact)
        self.assertEqual((job.job_state, job.op), ("pending", "invoice"))
        self.assertIn("error", self._sign(order)["result"], "a second signature is refused")
        self._run_jobs()
        invoice = order.invoice_ids
        self.assertEqual((len(invoice), invoice.state), (1, "posted"))
        self.assertEqual((invoice.amount_untaxed, invoice.amount_tax, invoice.amount_total), (1234.56, 259.26, 1493.82))
        self.assertEqual(acceptance.amount_total, 1493.82)
        # What is kept is the very file the customer signed.
        with self._without_commits():
            self.env["crm.billing.proof"].sudo()._cron_run_jobs()
        proof = acceptance.proof_ids
        attached = order.message_ids.attachment_ids.filtered(lambda file: file.name == f"{order.name}.pdf")
        self.assertEqual((proof.origin, base64.b64decode(proof.pdf)), ("signed", attached.raw))
