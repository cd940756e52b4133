from odoo import fields, models
from odoo.exceptions import UserError


class CrmBillingRebill(models.TransientModel):
    """Credit the invoices of an accepted quote and bill it again: the one way to do it, explicit, in one step."""

    _name = "crm.billing.rebill"
    _description = "Credit and bill again"

    acceptance_id = fields.Many2one("crm.billing.acceptance", "Accepted quote", required=True)
    how = fields.Selection(
        [
            ("same", "Bill the same again (for example with another tax number or address)"),
            ("change", "Set the quote back, to change it and have it accepted again"),
        ],
        "And then",
        required=True,
        default="same",
    )
    reason = fields.Char(required=True)
    date = fields.Date("Date of the credit notes", required=True, default=fields.Date.context_today)

    def action_apply(self):
        """Credit and bill again, with the accounting rights of the user.

        :return: the action that opens the new acceptance, or the quote
        :raise UserError: it was accepted again since, or an invoice bills other quotes as well
        :raise AccessError: the user may not post
        """
        self.ensure_one()
        acceptance = self.acceptance_id
        order = acceptance.order_id
        self._check_possible()
        # sudo: an accountant changes the order only as far as the billing needs it; the credit notes follow his rights.
        order.sudo().billing_job_ids._cancel(self.reason)
        self._credit(acceptance._get_invoices())
        words = self.env._("Credited, to be billed again: %s", self.reason)
        if self.how == "change":
            order.sudo()._billing_reopen(words)
            return acceptance.action_open_order()
        order.message_post(body=words)
        return order.sudo()._billing_accept_again(acceptance)._open_form()

    def _check_possible(self):
        """Refuse what cannot be done as a whole, before anything is done."""
        self.env["account.move"].check_access("create")
        acceptance = self.acceptance_id
        if acceptance != acceptance.order_id._get_last_acceptance():
            raise UserError(
                self.env._(
                    "%(quote)s was accepted again since. Use its last acceptance.", quote=acceptance.order_id.name
                )
            )
        joined = acceptance._get_invoices().filtered(lambda move: len(move.billing_joined_installment_ids) > 1)
        if joined:
            raise UserError(
                self.env._(
                    "%(invoice)s bills other quotes as well. Credit it by hand and invoice what is left.",
                    invoice=joined[0].name,
                )
            )

    def _credit(self, invoices):
        """Cancel drafts; credit what is posted and not credited yet."""
        invoices.filtered(lambda move: move.state == "draft").button_cancel()
        posted = invoices.filtered(lambda move: move.state == "posted" and move.payment_state != "reversed")
        values = [
            {
                "ref": self.env._("Reversal of: %(invoice)s, %(reason)s", invoice=move.name, reason=self.reason),
                "date": self.date,
                "invoice_date": self.date,
                "journal_id": move.journal_id.id,
                "invoice_payment_term_id": False,
            }
            for move in posted
        ]
        posted._reverse_moves(values, cancel=True)
