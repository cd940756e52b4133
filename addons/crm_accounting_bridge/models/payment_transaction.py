from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _invoice_sale_orders(self):
        """Leave accepted quotes under a policy to the billing jobs: two automatisms would invoice twice."""
        ours = self.filtered(lambda tx: tx.sale_order_ids.sudo().billing_acceptance_ids)
        return super(PaymentTransaction, self - ours)._invoice_sale_orders()

    def _post_process(self):
        """A payment makes the instalments due that wait for it."""
        result = super()._post_process()
        done = self.filtered(lambda tx: tx.state == "done")
        # sudo: the customer who pays may not read our jobs; only the next due job is made.
        acceptances = done.sudo().sale_order_ids.billing_acceptance_ids
        acceptances._enqueue_due()
        # An invoice that was there before the payment is settled now; the host knows only those it made itself.
        acceptances._reconcile_payments()
        return result
