from odoo import api, fields, models


class CrmBillingAcceptance(models.Model):
    """The whole way on one screen: quote, acceptance, instalments, invoices, payments, credit notes, what is left."""

    _inherit = "crm.billing.acceptance"

    amount_invoiced = fields.Monetary("Invoiced", compute="_compute_trace", compute_sudo=True)
    amount_credited = fields.Monetary("Credited", compute="_compute_trace", compute_sudo=True)
    amount_paid = fields.Monetary("Paid", compute="_compute_trace", compute_sudo=True)
    amount_open = fields.Monetary("To be paid", compute="_compute_trace", compute_sudo=True)
    amount_left = fields.Monetary("Still to be invoiced", compute="_compute_trace", compute_sudo=True)
    trace_html = fields.Html("Trace", compute="_compute_trace", compute_sudo=True, sanitize=False)
    opportunity_id = fields.Many2one(related="order_id.opportunity_id")
    can_rebill = fields.Boolean(compute="_compute_can_rebill")

    def _get_invoices(self):
        """Return the invoices of these acceptances that were not cancelled, joined ones too."""
        return self.installment_ids.invoice_ids.filtered(
            lambda move: move.move_type == "out_invoice" and move.state != "cancel"
        )

    def _is_settled(self):
        """Tell whether everything is invoiced and paid."""
        self.ensure_one()
        invoices = self._get_invoices()
        billed = all(part._is_billed() for part in self.installment_ids)
        return billed and all(move.payment_state in ("in_payment", "paid") for move in invoices)

    def _compute_trace(self):
        for acceptance in self:
            rows = [acceptance._get_trace_row(part) for part in acceptance.installment_ids.sorted("sequence")]
            totals = {name: sum(row[name] for row in rows) for name in ("invoiced", "credited", "paid", "open")}
            for name, amount in totals.items():
                acceptance[f"amount_{name}"] = amount
            left = sum(row["amount"] for row in rows if not row["invoice"] and row["part"].state != "cancelled")
            acceptance.amount_left = left
            acceptance.trace_html = self.env["ir.qweb"]._render(
                "crm_accounting_bridge.acceptance_trace",
                {"rows": rows, "format": acceptance.currency_id.format, "acceptance": acceptance},
            )

    def _get_trace_row(self, part):
        """Return what became of an instalment; of a joined invoice, its share of what is paid and open.

        :return: a dict: ``part``, ``amount``, ``invoice``, ``credit_notes``, ``payments`` (records) and the amounts
            ``invoiced``, ``credited``, ``paid``, ``open`` in the currency of the quote
        """
        invoice = part._get_live_invoice()
        credit_notes = invoice.reversal_move_ids.filtered(lambda move: move.state == "posted")
        agreed = invoice._get_agreed_total() if invoice else 0
        share = part.amount / agreed if agreed else 0
        credited = sum(credit_notes.mapped("amount_total")) * share
        residual = invoice.amount_residual * share if invoice.state == "posted" else 0
        invoiced = invoice.amount_total * share
        posted = invoiced if invoice.state == "posted" else 0
        round_ = self.currency_id.round
        return {
            "part": part,
            "amount": part.amount,
            "invoice": invoice,
            "credit_notes": credit_notes,
            "payments": invoice.matched_payment_ids.filtered(lambda payment: payment.state in ("in_process", "paid")),
            "invoiced": round_(invoiced),
            "credited": round_(credited),
            "paid": round_(max(posted - residual - credited, 0)),
            "open": round_(residual),
        }

    @api.depends_context("uid")
    def _compute_can_rebill(self):
        accountant = self.env.user.has_group("account.group_account_invoice")
        for acceptance in self:
            last = acceptance == acceptance.sudo().order_id._get_last_acceptance()
            acceptance.can_rebill = accountant and last and bool(acceptance.sudo()._get_invoices())

    # ------------------------------------------------------------
    # From here to the others
    # ------------------------------------------------------------

    def action_open_invoices(self):
        """Open the invoices and credit notes, with the rights of the user."""
        self.ensure_one()
        moves = self.sudo()._get_invoices()
        ids = (moves | moves.reversal_move_ids).ids
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        return {**action, "domain": [("id", "in", ids)], "context": {"create": False}}

    def action_open_payments(self):
        """Open the payments of the invoices, with the rights of the user."""
        self.ensure_one()
        ids = self.sudo()._get_invoices().matched_payment_ids.ids
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_account_payments")
        return {**action, "domain": [("id", "in", ids)], "context": {"create": False}}

    def action_open_opportunity(self):
        """Open the opportunity of the quote."""
        return self._open(self.ensure_one().opportunity_id)

    def action_rebill(self):
        """Ask how and why the invoices are credited and made again."""
        self.ensure_one()
        return self._ask(self.env._("Credit and bill again"), "crm.billing.rebill", acceptance_id=self.id)
