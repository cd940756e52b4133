import psycopg2

from odoo import fields, models
from odoo.tools import format_date, format_datetime

from odoo.addons.crm_core.exceptions import JobRetry

from ..tools import canonical


class CrmBillingJob(models.Model):
    """How an instalment becomes an invoice: lock, check, make, compare, post."""

    _inherit = "crm.billing.job"

    def _run_invoice(self):
        """Make the invoice of one instalment, to the cent, or nothing at all."""
        self._lock_rows()
        invoice = self.installment_id._get_live_invoice()
        if not invoice:
            for check in self._get_checks():
                getattr(self, check)()
            self._check_approval()
            invoice = self._create_invoice()
            self._check_invoice(invoice)
            if self.policy_id.mode != "draft":
                self._post_invoice(invoice)
        self.move_id = invoice
        self._job_set_done()
        if self.policy_id.mode == "send" and invoice.state == "posted":
            self._create_for(self.installment_id, "send")
        self.acceptance_id._enqueue_due()

    def _lock_rows(self):
        """Keep everybody else from invoicing or changing this order until the end of the transaction.

        Never waits, so that there is no deadlock: the job's row is held already.

        :raise JobRetry: somebody holds the order or changed it since this transaction began
        """
        busy = JobRetry(
            self.env._(
                "Somebody is working on %(order)s right now. It is tried again by itself.", order=self.order_id.name
            ),
            "E_BUSY",
        )
        try:
            locked = self.order_id.try_lock_for_update() and self.acceptance_id.try_lock_for_update()
        except psycopg2.OperationalError as error:
            raise busy from error
        if not locked:
            raise busy

    # ------------------------------------------------------------
    # Before
    # ------------------------------------------------------------

    def _get_checks(self):
        """Return the names of the checks, in the order in which people should fix things; to be extended."""
        return [
            "_check_order_state",
            "_check_unchanged",
            "_check_amount",
            "_check_over",
            "_check_partner",
            "_check_identity",
            "_check_journal",
            "_check_lock_date",
        ]

    def _check_order_state(self):
        """E_ORDER: only a confirmed order is invoiced."""
        if self.order_id.state != "sale":
            self._block(
                "E_ORDER",
                self.env._(
                    "%(order)s is no longer a confirmed order. Confirm it again, or cancel this job.",
                    order=self.order_id.name,
                ),
            )

    def _check_unchanged(self):
        """E_CHANGED: the order must still say what the customer accepted."""
        acceptance, order = self.acceptance_id, self.order_id
        same = canonical.digest(order._get_billing_content()) == acceptance.content_hash
        if not same or acceptance.revision != order.revision_number:
            self._block(
                "E_CHANGED",
                self.env._(
                    "%(order)s was changed after %(signer)s accepted it on %(date)s"
                    " (accepted %(accepted)s, now %(now)s). Put it back as it was and try"
                    " again, or set it to quotation and have it accepted again.",
                    order=order.name,
                    signer=acceptance.signer,
                    date=format_datetime(
                        self.env, acceptance.accepted_on, tz=self.env.context.get("tz"), dt_format="short"
                    ),
                    accepted=order.currency_id.format(acceptance.amount_total),
                    now=order.currency_id.format(order.amount_total),
                ),
            )

    def _check_amount(self):
        """E_ZERO: there must be something to invoice."""
        if self.currency_id.compare_amounts(self.installment_id.amount, 0) <= 0:
            self._block(
                "E_ZERO",
                self.env._(
                    "There is nothing to invoice for %(order)s: the amount is %(amount)s. Cancel this job,"
                    " or make a credit note by hand.",
                    order=self.order_id.name,
                    amount=self.currency_id.format(self.installment_id.amount),
                ),
            )

    def _check_over(self):
        """E_OVER: never more than was accepted, whoever made the other invoices."""
        billed = self.order_id._get_billed_amount()
        accepted = self.acceptance_id.amount_total
        if self.currency_id.compare_amounts(billed + self.installment_id.amount, accepted) > 0:
            self._block(
                "E_OVER",
                self.env._(
                    "%(billed)s of %(accepted)s of %(order)s are already invoiced; %(amount)s more would be too much."
                    " Cancel the invoice that was made by hand and try again, or cancel this job.",
                    billed=self.currency_id.format(billed),
                    accepted=self.currency_id.format(accepted),
                    order=self.order_id.name,
                    amount=self.currency_id.format(self.installment_id.amount),
                ),
            )

    def _check_partner(self):
        """E_PARTNER_ARCHIVED: the customer must still be there."""
        partner = self.order_id.partner_invoice_id
        if not (partner.active and partner.commercial_partner_id.active):
            self._block(
                "E_PARTNER_ARCHIVED",
                self.env._(
                    "The customer %(customer)s is archived. Restore the contact, or choose another invoice address on"
                    " %(order)s, and try again.",
                    customer=partner.display_name,
                    order=self.order_id.name,
                ),
            )

    def _check_identity(self):
        """E_NOVAT, E_ADDR: what the law wants on an invoice, where the policy asks for it."""
        partner = self.order_id.partner_invoice_id
        company = partner.commercial_partner_id
        rule = self.policy_id.identity_rule
        if rule == "off" or (rule == "companies" and not company.is_company):
            return
        if not company.vat:
            self._block(
                "E_NOVAT",
                self.env._(
                    "%(customer)s has no tax number. Enter it on the contact and try again.",
                    customer=company.display_name,
                ),
            )
        if not (partner.street and partner.city and partner.country_id):
            self._block(
                "E_ADDR",
                self.env._(
                    "The address of %(customer)s is incomplete: an invoice needs street, city and country."
                    " Complete the contact and try again.",
                    customer=partner.display_name,
                ),
            )

    def _get_journal(self):
        """Return the journal to invoice in."""
        return (
            self.policy_id.journal_id
            or self.order_id.journal_id
            or self.env["account.journal"].search(
                [*self.env["account.journal"]._check_company_domain(self.company_id), ("type", "=", "sale")], limit=1
            )
        )

    def _check_journal(self):
        """E_JOURNAL: a sales journal of the company, in use."""
        journal = self._get_journal()
        if (
            not journal
            or not journal.active
            or journal.type != "sale"
            or journal.company_id not in self.company_id.parent_ids
        ):
            self._block(
                "E_JOURNAL",
                self.env._(
                    "There is no usable sales journal for %(order)s%(journal)s. Correct the policy “%(policy)s” and try"
                    " again.",
                    order=self.order_id.name,
                    journal=f" ({journal.display_name})" if journal else "",
                    policy=self.policy_id.name,
                ),
            )

    def _check_lock_date(self):
        """E_LOCK: under “Stop and ask” nothing goes into a closed period, nor silently into another one."""
        today = self._get_invoice_date()
        if self.policy_id.mode == "draft" or self.policy_id.lock_rule != "block":
            return
        taxed = bool(self.order_id.order_line.tax_ids)
        locks = self.company_id._get_violated_lock_dates(today, taxed, self._get_journal())
        if locks:
            self._block(
                "E_LOCK",
                self.env._(
                    "The period of %(date)s is closed: %(locks)s. Open it or wait until it is over, then try again;"
                    " or let the policy “%(policy)s” post in the next open period.",
                    date=format_date(self.env, today),
                    locks=self.env["res.company"]._format_lock_dates(locks),
                    policy=self.policy_id.name,
                ),
            )

    def _check_approval(self):
        """E_APPROVAL: the last question, so that what is approved can also be done."""
        if self.policy_id.mode == "hold" and not self.approved_by_id:
            self._block(
                "E_APPROVAL",
                self.env._(
                    "%(amount)s for %(customer)s waits for approval. Check it and press Approve.",
                    amount=self.currency_id.format(self.installment_id.amount),
                    customer=self.order_id.partner_invoice_id.display_name,
                ),
            )

    # ------------------------------------------------------------
    # Making
    # ------------------------------------------------------------

    def _get_invoice_date(self):
        """Return the date of the invoice: today where the company is."""
        return fields.Date.context_today(self)

    def _prepare_invoice_values(self):
        """Return what the invoice gets besides what the host takes from the order."""
        return {
            "invoice_date": self._get_invoice_date(),
            "journal_id": self._get_journal().id,
            "billing_installment_id": self.installment_id.id,
            "billing_acceptance_id": self.acceptance_id.id,
        }

    def _create_invoice(self):
        """Make the draft: a down payment of a fixed amount, or the regular invoice that deducts them."""
        order = self.order_id.with_context(crm_accounting_bridge_invoice_values=self._prepare_invoice_values())
        if self.installment_id.kind == "final":
            # The customer accepted the whole: what is still to be delivered is invoiced as well.
            order._force_lines_to_invoice_policy_order()
            moves = order._create_invoices(grouped=True, final=True)
        else:
            wizard = order.env["sale.advance.payment.inv"].create(self._prepare_down_payment(order))
            moves = wizard._create_invoices(order)
        return self.env["account.move"].browse(moves.ids)

    def _prepare_down_payment(self, order):
        """Return the values of the host's wizard."""
        return {
            "sale_order_ids": [fields.Command.set(order.ids)],
            "advance_payment_method": "fixed",
            "fixed_amount": self.installment_id.amount,
        }

    def _check_invoice(self, invoice):
        """E_AMOUNT: exactly one invoice of exactly the frozen amount, or it is undone."""
        amount = self.installment_id.amount
        if (
            len(invoice) != 1
            or invoice.move_type != "out_invoice"
            or invoice.currency_id != self.currency_id
            or self.currency_id.compare_amounts(invoice.amount_total, amount)
        ):
            self._block(
                "E_AMOUNT",
                self.env._(
                    "The invoice of %(order)s would be %(found)s instead of the agreed %(amount)s, so it was not made."
                    " Look at the other invoices of the order; cancel this job if you invoice it by hand.",
                    order=self.order_id.name,
                    found=", ".join(self.currency_id.format(move.amount_total) for move in invoice) or "0",
                    amount=self.currency_id.format(amount),
                ),
            )

    def _post_invoice(self, invoice):
        """Post and settle with what was paid online.

        The host moves the date of an entry out of a closed period; under “Stop and ask” that is undone.
        """
        invoice._post(soft=False)
        if self.policy_id.lock_rule == "block" and invoice.date != invoice.invoice_date:
            self._block(
                "E_LOCK",
                self.env._(
                    "The period of %(date)s was closed while the invoice was made. Open it, then try again.",
                    date=format_date(self.env, invoice.invoice_date),
                ),
            )
        self._reconcile_payments(invoice)

    def _reconcile_payments(self, invoice):
        """Match the invoice with the online payments of its order that are still open."""
        payments = self.order_id.transaction_ids.filtered(lambda tx: tx.state == "done").payment_id
        for payment in payments:
            lines = (payment.move_id.line_ids + invoice.line_ids).filtered(
                lambda line, payment=payment: (
                    line.account_id == payment.destination_account_id
                    and line.parent_state == "posted"
                    and not line.reconciled
                )
            )
            if len(lines.move_id) > 1:
                lines.reconcile()

    # ------------------------------------------------------------
    # Sending
    # ------------------------------------------------------------

    def _run_send(self):
        """Send a posted invoice; it stays posted whatever happens here."""
        invoice = self.installment_id._get_live_invoice()
        if invoice.state != "posted":
            self._block(
                "E_NOT_POSTED",
                self.env._("The invoice of %(order)s is not posted. Post it and try again.", order=self.order_id.name),
            )
        if invoice.is_move_sent:
            return
        if not invoice.partner_id.email:
            self._block(
                "E_NOMAIL",
                self.env._(
                    "%(customer)s has no e-mail address. Enter it on the contact and try again.",
                    customer=invoice.partner_id.display_name,
                ),
            )
        self.env["account.move.send"]._generate_and_send_invoices(invoice, sending_methods=["email"])
