from odoo import api, fields, models
from odoo.tools import format_date, format_datetime

DUPLICATE_DAYS = 7


class CrmBillingJob(models.Model):
    """What is looked at before an invoice is made."""

    _inherit = "crm.billing.job"

    twin_id = fields.Many2one("account.move", compute="_compute_twin_id")

    def _get_checks(self):
        """Return the names of the checks, in the order in which people should fix things; to be extended."""
        return [
            "_check_order_state",
            "_check_unchanged",
            "_check_amount",
            "_check_over",
            *self._get_standing_checks(),
        ]

    def _get_standing_checks(self):
        """Return the checks that can be asked before a quote is accepted as well; to be extended."""
        return [
            "_check_partner",
            "_check_identity",
            "_check_reference",
            "_check_rate",
            "_check_journal",
            "_check_account",
            "_check_lock_date",
            "_check_credit",
        ]

    def _check_all(self):
        """Ask everything that must hold, the approval last.

        :raise JobBlocked: the first thing that a person must mend
        """
        for check in self._get_checks():
            getattr(self, check)()
        self._check_approval()

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
        if not acceptance._covers_order() or acceptance.revision != order.revision_number:
            self._block(
                "E_CHANGED",
                self.env._(
                    "%(order)s was changed after %(signer)s accepted it on %(date)s"
                    " (accepted %(accepted)s, now %(now)s). Bill the accepted version,"
                    " or have it accepted again.",
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

    def _check_journal(self):
        """E_JOURNAL: a sales journal of the company, in use."""
        journal = self.invoice_journal_id
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

    def _check_reference(self):
        """E_PO: the customer's order number, where the policy asks for it."""
        if self.policy_id.require_po_ref and not (self.order_id.client_order_ref or "").strip():
            self._block(
                "E_PO",
                self.env._(
                    "%(customer)s needs an order number on the invoice. Enter the customer's reference of %(order)s.",
                    customer=self.order_id.partner_invoice_id.display_name,
                    order=self.order_id.name,
                ),
            )

    def _check_rate(self):
        """E_RATE: an invoice in another currency needs a rate; the host would silently take 1."""
        currency, company = self.order_id.currency_id, self.company_id
        if currency == company.currency_id:
            return
        known = self.env["res.currency.rate"].search_count(
            [("currency_id", "=", currency.id), ("company_id", "in", [False, company.root_id.id])], limit=1
        )
        if not currency.active or not known:
            self._block(
                "E_RATE",
                self.env._(
                    "There is no exchange rate for %(currency)s. Enter one in Invoicing > Configuration > Currencies"
                    " and try again.",
                    currency=currency.name,
                ),
            )

    def _check_account(self):
        """E_ACCOUNT: every line needs an income account, of its product or of the journal."""
        if self.invoice_journal_id.default_account_id:
            return
        products = self._get_products_without_account()
        if products:
            self._block(
                "E_ACCOUNT",
                self.env._(
                    "%(products)s has no income account, and the journal neither. Choose one.",
                    products=", ".join(products.mapped("display_name")),
                ),
            )

    def _get_products_without_account(self):
        """Return the products of the quote whose sale has no account."""
        products = self.order_id.order_line.product_id.with_company(self.company_id)
        return products.filtered(lambda product: not product.product_tmpl_id.get_product_accounts()["income"])

    def _is_blocked_by_locks(self):
        """Tell whether a closed period stops this job, instead of shifting its date."""
        return self.policy_id.lock_rule == "block" and not self.shift_allowed_by_id

    def _check_credit(self):
        """E_CREDIT: above the limit of the customer, where the policy stops there."""
        message = self._get_credit_message()
        if message and self.policy_id.credit_rule == "hold" and not self.credit_allowed_by_id:
            self._block("E_CREDIT", self.env._("%(message)s Raise the limit, or allow it this once.", message=message))

    def _get_credit_message(self):
        """Return how far the invoice would go over the credit limit, or nothing."""
        if self.policy_id.credit_rule == "off":
            return ""
        company, partner = self.company_id, self.order_id.partner_invoice_id.commercial_partner_id
        partner = partner.with_company(company)
        # The host does not know when this changes: the job before this one may have posted an invoice.
        partner.invalidate_recordset(["credit"])
        limit, currency = partner.credit_limit, company.currency_id
        today = fields.Date.context_today(self)
        amount = self.order_id.currency_id._convert(self.installment_id.amount, currency, company, today)
        if limit <= 0 or currency.compare_amounts(partner.credit + amount, limit) <= 0:
            return ""
        return self.env._(
            "%(customer)s owes %(owed)s; with this invoice of %(amount)s the credit limit of %(limit)s is passed.",
            customer=partner.display_name,
            owed=currency.format(partner.credit),
            amount=currency.format(amount),
            limit=currency.format(limit),
        )

    def _get_warnings(self):
        """Return what an accountant should know although it stops nothing, as sentences."""
        credit = self._get_credit_message() if self.policy_id.credit_rule == "warn" else ""
        return [message for message in (credit, self._get_duplicate_message()) if message]

    def _get_duplicate_message(self):
        """E_DUP is a warning: the same amount for the same customer within a week, from another quote."""
        if not self.twin_id:
            return ""
        return self.env._(
            "%(invoice)s of %(date)s has the same customer and amount: is this the same sale?",
            invoice=self.twin_id.name or self.env._("A draft"),
            date=format_date(self.env, self.twin_id.invoice_date),
        )

    @api.depends("order_id", "amount")
    def _compute_twin_id(self):
        """Find them for all jobs that are done together, in one search."""
        recent = self._find_recent_invoices()
        for job in self:
            customer = job.order_id.partner_invoice_id.commercial_partner_id
            job.twin_id = next((move for move in recent.get(customer, ()) if job._is_twin(move)), False)

    def _find_recent_invoices(self):
        """Return {customer: invoices of the days in which the same sale may have been invoiced already}."""
        jobs = self.filtered("order_id")
        days = [job._get_invoice_date() for job in jobs]
        if not days:
            return {}
        step = max(jobs.currency_id.mapped("rounding"))
        moves = self.env["account.move"].search(
            [
                ("company_id", "in", self.company_id.ids),
                ("commercial_partner_id", "in", self.order_id.partner_invoice_id.commercial_partner_id.ids),
                ("move_type", "=", "out_invoice"),
                ("state", "!=", "cancel"),
                ("invoice_date", ">=", fields.Date.subtract(min(days), days=DUPLICATE_DAYS)),
                ("amount_total", ">=", min(jobs.mapped("amount")) - step),
                ("amount_total", "<=", max(jobs.mapped("amount")) + step),
            ]
        )
        return moves.grouped("commercial_partner_id")

    def _is_twin(self, move):
        """Tell whether an invoice of the customer looks like the one of this job and is of another quote."""
        first = fields.Date.subtract(self._get_invoice_date(), days=DUPLICATE_DAYS)
        difference = abs(move.amount_total - self.amount)
        return (
            move.company_id == self.company_id
            and move.currency_id == self.currency_id
            and move.invoice_date >= first
            and self.currency_id.compare_amounts(difference, self.currency_id.rounding) <= 0
            and self.order_id not in move.invoice_line_ids.sale_line_ids.order_id
        )

    def _check_lock_date(self):
        """E_LOCK: under “Stop and ask” nothing goes into a closed period, nor silently into another one."""
        today = self._get_invoice_date()
        if self.policy_id.mode == "draft" or not self._is_blocked_by_locks():
            return
        taxed = bool(self.order_id.order_line.tax_ids)
        locks = self.company_id._get_violated_lock_dates(today, taxed, self.invoice_journal_id)
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

    def _asks_for_approval(self):
        """Tell whether somebody must approve the amount."""
        policy, company = self.policy_id, self.company_id
        if policy.mode != "hold" or not policy.approval_limit:
            return policy.mode == "hold"
        today = fields.Date.context_today(self)
        amount = self.order_id.currency_id._convert(self.installment_id.amount, company.currency_id, company, today)
        return company.currency_id.compare_amounts(amount, policy.approval_limit) > 0

    def _check_approval(self):
        """E_APPROVAL: the last question, so that what is approved can also be done."""
        if self._asks_for_approval() and not self.approved_by_id:
            self._block(
                "E_APPROVAL",
                self.env._(
                    "%(amount)s for %(customer)s waits for approval. Check it and press Approve.",
                    amount=self.currency_id.format(self.installment_id.amount),
                    customer=self.order_id.partner_invoice_id.display_name,
                ),
            )
