from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL, format_date

SHOWN = 8
DELAY_DAYS = 365
KINDS = ("invoice", "payment")


class ResPartner(models.Model):
    """What a customer owes, for those who sell: amounts and documents, never the books themselves."""

    _inherit = "res.partner"

    @api.readonly
    def crm_receivables(self):
        """Return what this customer owes to each of the companies the user works in.

        The only door through which salespeople see it: read-only, this customer, these companies.

        :return: a list of dicts, one for each company that knows the customer, the current one first: ``company``,
            ``currency_id``, ``open``, ``overdue``, ``overdue_since`` (date or False), ``credit_limit`` (0: none),
            ``credit_rest``, ``last_payment`` (``date``, ``amount``, or False), ``average_delay`` (days after the due
            date, of a year; False: nothing paid yet), ``reminder`` (text or False), ``invoices``, ``payments`` and
            ``quotes`` (the last ones: ``id``, ``name``, ``date``, ``amount``, ``currency_id``, ``state`` and ``url`` of
            the PDF). Amounts of the company in its currency; dates ``YYYY-MM-DD``
        :raise AccessError: the user may not read this contact, or not what customers owe
        """
        self.ensure_one()
        self._check_receivables()
        figures = self._get_receivable_figures()
        cards = [self._prepare_receivable_card(company, figures) for company in self.env.companies]
        return cards[:1] + [card for card in cards[1:] if card["invoices"] or card["payments"] or card["open"]]

    @api.readonly
    def crm_receivable_warning(self):
        """Return one sentence to know before talking to this customer, or False; of the current company.

        :raise AccessError: as :meth:`crm_receivables`
        """
        self.ensure_one()
        self._check_receivables()
        return self._get_receivable_warnings().get(self, False)

    def _check_receivables(self):
        self.check_access("read")
        if not self.env.user._may_read_receivables():
            raise AccessError(self.env._("You may not see what customers owe. Ask an administrator for the right."))

    # ------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------

    def _get_receivable_figures(self):
        """Return open and overdue amounts of these customers, in one query.

        :return: {(id of the commercial contact, company id): dict with ``open``, ``overdue``, ``overdue_since``}
        """
        # sudo: the commercial contact of who may be read; ids only.
        partners = self.sudo().commercial_partner_id
        self.env["account.move.line"].flush_model()
        self.env["account.account"].flush_model(["account_type"])
        query = SQL(
            """
            SELECT line.partner_id, line.company_id,
                   SUM(line.amount_residual),
                   COALESCE(SUM(line.amount_residual) FILTER (WHERE line.date_maturity < %(today)s), 0),
                   MIN(line.date_maturity) FILTER (WHERE line.date_maturity < %(today)s AND line.amount_residual > 0)
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
             WHERE account.account_type = 'asset_receivable'
               AND line.parent_state = 'posted'
               AND NOT COALESCE(line.reconciled, FALSE)
               AND line.partner_id = ANY(%(partners)s)
               AND line.company_id = ANY(%(companies)s)
          GROUP BY line.partner_id, line.company_id
            """,
            today=fields.Date.context_today(self),
            partners=partners.ids,
            companies=self.env.companies.ids,
        )
        return {
            (partner, company): {"open": total, "overdue": max(overdue, 0.0), "overdue_since": since}
            for partner, company, total, overdue, since in self.env.execute_query(query)
        }

    def _get_receivable_warnings(self):
        """Return {customer: sentence} of those who are overdue at the current company."""
        company = self.env.company
        figures = self._get_receivable_figures()
        reminders = self._get_reminder_words()
        warnings = {}
        for partner in self:
            row = figures.get((partner.sudo().commercial_partner_id.id, company.id))
            if row and company.currency_id.compare_amounts(row["overdue"], 0) > 0 and row["overdue_since"]:
                sentence = self.env._(
                    "%(amount)s overdue since %(date)s.",
                    amount=company.currency_id.format(row["overdue"]),
                    date=format_date(self.env, row["overdue_since"]),
                )
                warnings[partner] = " ".join(filter(None, [sentence, reminders.get(partner)]))
        return warnings

    def _get_reminder_words(self):
        """Return {customer: what was done about it}; a hook."""
        return {}

    def _get_average_delay(self, company):
        """Return how many days after the due date this customer paid on average, in a year; False for never."""
        query = SQL(
            """
            SELECT AVG(paid.day - line.date_maturity)
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
              JOIN account_move move ON move.id = line.move_id
              JOIN LATERAL (SELECT MAX(max_date) AS day FROM account_partial_reconcile
                             WHERE debit_move_id = line.id) paid ON paid.day IS NOT NULL
             WHERE account.account_type = 'asset_receivable'
               AND move.move_type = 'out_invoice' AND move.state = 'posted'
               AND line.reconciled AND line.partner_id = %(partner)s AND line.company_id = %(company)s
               AND line.date_maturity >= %(today)s::date - %(days)s
            """,
            partner=self.sudo().commercial_partner_id.id,
            company=company.id,
            today=fields.Date.context_today(self),
            days=DELAY_DAYS,
        )
        ((average,),) = self.env.execute_query(query)
        return False if average is None else round(float(average))

    # ------------------------------------------------------------
    # The card
    # ------------------------------------------------------------

    def _prepare_receivable_card(self, company, figures):
        """Return the card of one company, see :meth:`crm_receivables`."""
        # sudo: after the check of the door; this customer and this company only.
        firm = self.sudo().commercial_partner_id.with_company(company)
        row = figures.get((firm.id, company.id), {"open": 0.0, "overdue": 0.0, "overdue_since": False})
        limit = firm.credit_limit if firm.credit_limit > 0 else 0.0
        payments = self._get_receivable_payments(firm, company)
        return {
            "company": company.name,
            "company_id": company.id,
            "currency_id": company.currency_id.id,
            "open": row["open"],
            "overdue": row["overdue"],
            "overdue_since": fields.Date.to_string(row["overdue_since"]) or False,
            "credit_limit": limit,
            "credit_rest": limit - row["open"] if limit else 0.0,
            "last_payment": {"date": payments[0]["date"], "amount": payments[0]["amount"]} if payments else False,
            "average_delay": self._get_average_delay(company),
            "reminder": self.with_company(company)._get_reminder_words().get(self, False),
            "invoices": self._get_receivable_invoices(firm, company),
            "payments": payments,
            "quotes": self._get_receivable_quotes(company),
        }

    def _get_receivable_domain(self, kind, firm, company):
        """Return which documents of a customer are shown."""
        common = [("commercial_partner_id", "=", firm.id), ("company_id", "=", company.id)]
        if kind == "invoice":
            return [*common, ("move_type", "in", ("out_invoice", "out_refund")), ("state", "=", "posted")]
        return [
            ("partner_id", "child_of", firm.id),
            ("company_id", "=", company.id),
            ("payment_type", "=", "inbound"),
            ("partner_type", "=", "customer"),
            ("state", "in", ("in_process", "paid")),
        ]

    def _get_receivable_invoices(self, firm, company):
        """Return the last invoices and credit notes, those that are open first."""
        moves = firm.env["account.move"].search(
            self._get_receivable_domain("invoice", firm, company),
            order="amount_residual desc, invoice_date desc",
            limit=SHOWN,
        )
        states = dict(moves._fields["payment_state"]._description_selection(self.env))
        return [
            {
                **self._prepare_receivable_document(move, "invoice", move.invoice_date, move.amount_total),
                "due": fields.Date.to_string(move.invoice_date_due) or False,
                "residual": move.amount_residual,
                "late": bool(move.amount_residual and move.invoice_date_due < fields.Date.context_today(self)),
                "state": states.get(move.payment_state, ""),
            }
            for move in moves
        ]

    def _get_receivable_payments(self, firm, company):
        """Return the last payments."""
        payments = firm.env["account.payment"].search(
            self._get_receivable_domain("payment", firm, company), order="date desc, id desc", limit=SHOWN
        )
        return [
            {
                **self._prepare_receivable_document(payment, "payment", payment.date, payment.amount),
                "state": payment.memo or "",
            }
            for payment in payments
        ]

    def _get_receivable_quotes(self, company):
        """Return the open quotes, as far as the user may read them."""
        orders = self.env["sale.order"]
        if not orders.has_access("read"):
            return []
        domain = [
            ("partner_id.commercial_partner_id", "=", self.sudo().commercial_partner_id.id),
            ("company_id", "=", company.id),
            ("state", "in", ("draft", "sent")),
        ]
        found = orders.search(domain, order="date_order desc", limit=SHOWN)
        states = dict(orders._fields["state"]._description_selection(self.env))
        return [
            {
                **self._prepare_receivable_document(order, "quote", order.date_order.date(), order.amount_total),
                "state": states[order.state],
                "url": f"/report/pdf/sale.report_saleorder/{order.id}",
            }
            for order in found
        ]

    def _prepare_receivable_document(self, record, kind, date, amount):
        """Return what every line of the card has."""
        return {
            "id": record.id,
            "name": record.display_name if kind == "quote" else record.name or "",
            "date": fields.Date.to_string(date) or False,
            "amount": amount,
            "currency_id": record.currency_id.id,
            "url": f"/crm_accounting_bridge/receivable/{self.id}/{kind}/{record.id}",
        }

    def _get_receivable_pdf(self, kind, record_id):
        """Return the PDF of an invoice or a receipt of this customer.

        :param kind: ``invoice`` or ``payment``
        :return: (file name, content)
        :raise AccessError: not allowed, or no document of this customer in the user's companies
        """
        self.ensure_one()
        self._check_receivables()
        # sudo: after the check; only what the card lists.
        firm = self.sudo().commercial_partner_id
        model = {"invoice": "account.move", "payment": "account.payment"}.get(kind)
        record = firm.env[model or "account.move"].browse(record_id).exists()
        company = record.company_id
        if (
            not model
            or company not in self.env.companies
            or not record.filtered_domain(self._get_receivable_domain(kind, firm, company))
        ):
            raise AccessError(self.env._("This is no document of %(customer)s.", customer=self.display_name))
        report = {"invoice": "account.account_invoices", "payment": "account.action_report_payment_receipt"}[kind]
        content, _type = firm.env["ir.actions.report"].with_company(company)._render_qweb_pdf(report, record.ids)
        return f"{(record.name or kind).replace('/', '_')}.pdf", content
