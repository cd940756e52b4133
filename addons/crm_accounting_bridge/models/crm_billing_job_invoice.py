import psycopg2

from odoo import fields, models
from odoo.tools import format_date

from odoo.addons.crm_core.exceptions import JobRetry


class CrmBillingJob(models.Model):
    """How an instalment becomes an invoice: lock, check, make, compare, post."""

    _inherit = "crm.billing.job"

    def _run_invoice(self):
        """Make the invoice of one instalment, to the cent, or nothing at all."""
        self._lock_rows()
        invoice = self.installment_id._get_live_invoice()
        if not invoice:
            self._check_all()
            if self._run_joined():
                return
            invoice = self._create_invoice()
            self._settle_rounding(invoice)
            self._check_invoice(invoice)
            self._post_invoices(invoice)
        self._finish_invoice(invoice)

    def _finish_invoice(self, invoice):
        """Note the invoice, and queue what comes after it."""
        warnings = self._get_warnings()
        self.write({"move_id": invoice.id, "warning_message": "\n".join(warnings) or False})
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
    # Making
    # ------------------------------------------------------------

    def _get_invoice_date(self):
        """Return the date of the invoice, where the company is: by default today."""
        today = fields.Date.context_today(self)
        dates = {
            "due": self.due_on or today,
            "acceptance": fields.Date.context_today(self, self.acceptance_id.accepted_on or fields.Datetime.now()),
        }
        return min(dates.get(self.policy_id.invoice_date_rule, today), today)

    def _prepare_invoice_values(self):
        """Return what the invoice gets besides what the host takes from the order."""
        last = self.installment_id.kind == "final"
        return {
            "invoice_date": self._get_invoice_date(),
            "journal_id": self.invoice_journal_id.id,
            "invoice_cash_rounding_id": last and self.policy_id.cash_rounding_id.id,
            "billing_installment_id": self.installment_id.id,
            "billing_acceptance_id": self.acceptance_id.id,
        }

    def _get_orders_to_invoice(self):
        """Return the orders, with what their invoices get from the jobs."""
        values = {job.order_id.id: job._prepare_invoice_values() for job in self}
        return self.order_id.with_context(crm_accounting_bridge_invoice_values=values)

    def _create_invoice(self):
        """Make the draft: a down payment of a fixed amount, or the regular invoice that deducts them."""
        order = self._get_orders_to_invoice()
        if self.installment_id.kind == "final":
            # The customer accepted the whole: what is still to be delivered is invoiced as well.
            order._force_lines_to_invoice_policy_order()
            moves = order._create_invoices(grouped=True, final=True)
        else:
            wizard = order.env["sale.advance.payment.inv"].create(self._prepare_down_payment(order))
            moves = wizard._create_invoices(order)
        return self._log_new(moves)

    def _log_new(self, moves):
        """Note on new invoices where they come from; return them as the job sees them."""
        invoices = self.env["account.move"].browse(moves.ids)
        invoices._log_quotes()
        return invoices

    def _prepare_down_payment(self, order):
        """Return the values of the host's wizard."""
        return {
            "sale_order_ids": [fields.Command.set(order.ids)],
            "advance_payment_method": "fixed",
            "fixed_amount": self._get_listed_amount(),
        }

    def _get_listed_amount(self):
        """Return the amount of the instalment as the host's wizard counts: before the discount for early payment.

        Where that discount lowers the tax at once (“mixed”), the total of a quote is less than that of its lines.
        """
        order, amount = self.order_id, self.installment_id.amount
        listed = sum(order.order_line.mapped("price_total"))
        if not self.currency_id.compare_amounts(listed, order.amount_total):
            return amount
        return self.currency_id.round(amount * listed / order.amount_total)

    def _settle_rounding(self, invoice):
        """Take a difference of rounding to the tax; where there is none, to the down payment.

        Split into instalments, the taxes are rounded for each of them, and the parts may miss the accepted total by a
        unit or two of the currency. Anything more is no rounding and stops the job.
        """
        split = len(self.acceptance_id.installment_ids) > 1
        if not split or len(invoice) != 1 or invoice.currency_id != self.currency_id:
            return
        # Every tax of every line of the quote may be rounded by itself, also where lines are joined on the invoice.
        most = self._get_rounding_step() * sum(max(1, len(line.tax_ids)) for line in self.order_id.order_line)
        for settle in (self._settle_in_tax, self._settle_in_down_payment):
            difference = self._get_difference(invoice)
            if not difference or self.currency_id.compare_amounts(abs(difference), most) > 0:
                return
            settle(invoice, difference)

    def _get_difference(self, invoice):
        """Return by how much an invoice misses the agreed amount, in the currency of the order."""
        return self.currency_id.round(self.installment_id.amount - invoice._get_agreed_total())

    def _settle_in_tax(self, invoice, difference):
        """Add a difference to the largest tax, as a person may do below the lines of an invoice."""
        totals = invoice.tax_totals
        groups = [group for subtotal in totals["subtotals"] for group in subtotal["tax_groups"]]
        if groups:
            largest = max(groups, key=lambda group: abs(group["tax_amount_currency"]))
            largest["tax_amount_currency"] += difference
            invoice.tax_totals = totals

    def _settle_in_down_payment(self, invoice, difference):
        """Add a difference to the largest line of a down payment: no tax was there to take it."""
        lines = invoice.invoice_line_ids.filtered("is_downpayment")
        for line in lines.sorted(lambda line: (not line.tax_ids, abs(line.price_subtotal)))[-1:]:
            line.price_unit += difference / line.quantity

    def _get_rounding_step(self):
        """Return by how much rounding may move a line: amounts pass through the currency of the company as well."""
        own, currency = self.company_id.currency_id, self.currency_id
        step = own._convert(own.rounding, currency, self.company_id, self._get_invoice_date(), round=False)
        return max(step, currency.rounding)

    def _check_invoice(self, invoice):
        """E_AMOUNT: exactly one invoice of exactly the frozen amount, or it is undone."""
        amount = self.installment_id.amount
        if (
            len(invoice) != 1
            or invoice.move_type != "out_invoice"
            or invoice.currency_id != self.currency_id
            or self.currency_id.compare_amounts(invoice._get_agreed_total(), amount)
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

    def _post_invoices(self, invoices):
        """Post, as far as the policies say, and settle with what was paid online.

        The host moves the date of an entry out of a closed period; under “Stop and ask” that is undone.
        """
        if self.policy_id.mode == "draft":
            return
        dates = {invoice: invoice.invoice_date for invoice in invoices}
        invoices._post(soft=False)
        for invoice, day in dates.items():
            if invoice.date != day:
                self[:1]._note_shift(invoice, day)
        self.acceptance_id._reconcile_payments()

    def _note_shift(self, invoice, day):
        """Refuse that the host moved the date of an invoice, or say so on it where that is allowed."""
        if self._is_blocked_by_locks():
            self._block(
                "E_LOCK",
                self.env._(
                    "The period of %(date)s was closed while the invoice was made. Open it, then try again.",
                    date=format_date(self.env, day),
                ),
            )
        invoice.message_post(
            body=self.env._(
                "The period of %(date)s is closed, so this was posted on %(shifted)s.",
                date=format_date(self.env, day),
                shifted=format_date(self.env, invoice.date),
            )
        )

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
