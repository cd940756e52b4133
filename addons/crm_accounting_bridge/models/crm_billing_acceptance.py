from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import canonical


class CrmBillingAcceptance(models.Model):
    """What a customer accepted, frozen at that moment. Never changed, never deleted.

    Invoices are made from the order, but only while the order still says what was accepted.
    """

    _name = "crm.billing.acceptance"
    _description = "Accepted quote"
    _inherit = ["crm.billing.link.mixin"]
    _order = "accepted_on desc, id desc"

    order_id = fields.Many2one("sale.order", "Quote", required=True, index=True, ondelete="restrict")
    revision = fields.Integer(required=True)
    company_id = fields.Many2one("res.company", required=True, index=True)
    partner_id = fields.Many2one("res.partner", "Customer", required=True, index=True, ondelete="restrict")
    currency_id = fields.Many2one("res.currency", required=True)
    amount_untaxed = fields.Monetary("Untaxed amount")
    amount_tax = fields.Monetary("Taxes")
    amount_total = fields.Monetary("Accepted total")
    amount_before = fields.Monetary(
        "Invoiced before", help="What was invoiced of this order when it was accepted: an earlier revision, a person."
    )
    source = fields.Selection(
        [("signature", "Signature"), ("payment", "Online payment"), ("office", "Confirmed by us")], required=True
    )
    signer = fields.Char("Accepted by")
    signed_on = fields.Datetime("Signed on")
    accepted_on = fields.Datetime("Accepted on", required=True, default=fields.Datetime.now)
    policy_id = fields.Many2one("crm.billing.policy", required=True, index=True, ondelete="restrict")
    policy_reason = fields.Char("Why this policy")
    # Frozen with the amounts: a policy that changes later must not make other invoices due.
    trigger = fields.Char(required=True)
    milestone_event = fields.Char("Waits for")
    snapshot = fields.Json(required=True)
    content_hash = fields.Char("Content (SHA-256)", required=True, help="Lines, taxes, terms and totals.")
    snapshot_hash = fields.Char("Whole record (SHA-256)", required=True)
    is_intact = fields.Boolean("Unchanged", compute="_compute_is_intact")
    snapshot_html = fields.Html("What was accepted", compute="_compute_snapshot_html", sanitize=False)
    installment_ids = fields.One2many("crm.billing.installment", "acceptance_id", "Instalments")
    job_ids = fields.One2many("crm.billing.job", "acceptance_id", "Jobs")
    move_ids = fields.One2many("account.move", "billing_acceptance_id", "Own invoices")

    _revision_unique = models.UniqueIndex("(order_id, revision)", "This revision of the quote was already accepted.")

    @api.depends("order_id.name", "revision")
    def _compute_display_name(self):
        for acceptance in self:
            # sudo: the number of the quote only, for approvers who may not open it.
            name = acceptance.sudo().order_id.name or ""
            acceptance.display_name = f"{name} ({acceptance.revision})" if acceptance.revision > 1 else name

    @api.depends("snapshot", "snapshot_hash", "content_hash")
    def _compute_is_intact(self):
        for acceptance in self:
            acceptance.is_intact = acceptance._is_unchanged()

    def _is_unchanged(self):
        """Tell whether the record still fits its hashes; a hook."""
        self.ensure_one()
        data = self.snapshot or {}
        return (
            canonical.digest(data) == self.snapshot_hash and canonical.digest(data.get("content")) == self.content_hash
        )

    @api.depends("snapshot")
    def _compute_snapshot_html(self):
        for acceptance in self:
            acceptance.snapshot_html = self.env["ir.qweb"]._render(
                "crm_accounting_bridge.acceptance_content",
                {"labels": (acceptance.snapshot or {}).get("labels") or {}, "acceptance": acceptance},
                raise_if_not_found=False,
            )

    def write(self, vals):
        """Refuse to change what the customer accepted."""
        if vals:
            raise UserError(
                self.env._(
                    "What the customer accepted cannot be changed. Set the order back to a quotation, change it"
                    " and have it accepted again."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_proof(self):
        raise UserError(self.env._("What the customer accepted is a proof and cannot be deleted."))

    # ------------------------------------------------------------
    # Instalments and jobs
    # ------------------------------------------------------------

    def _cut_installments(self):
        """Freeze the amounts of the instalments, once."""
        self.ensure_one()
        parts = self.policy_id._cut(self.amount_total - self.amount_before, self.currency_id)
        return self.env["crm.billing.installment"].create(
            [self._prepare_installment(index, *part) for index, part in enumerate(parts, start=1)]
        )

    def _prepare_installment(self, sequence, share, amount):
        """Return the values of one instalment."""
        return {"acceptance_id": self.id, "sequence": sequence, "amount": amount, **share}

    def _enqueue_due(self):
        """Make the job of the next instalment if it is due. Doing it again changes nothing.

        One after the other: an instalment waits until the one before it is invoiced, for the last
        invoice deducts what it finds.
        """
        jobs = self.env["crm.billing.job"]
        for part in self._get_following():
            if not part.job_ids and part._is_due():
                jobs |= jobs._create_for(part, "invoice")
        return jobs

    def _get_following(self):
        """Return the next instalment to be invoiced of each that was accepted last, where there is one."""
        last = (self & self.order_id._get_last_acceptance()).with_prefetch(self._prefetch_ids)
        unbilled = [
            acceptance.installment_ids.sorted("sequence").filtered(lambda part: not part._is_billed())[:1].id
            for acceptance in last
        ]
        return self.env["crm.billing.installment"].browse(filter(None, unbilled))

    def _covers_order(self):
        """Tell whether the order still says what was accepted.

        Merging contacts moves the customer of both, past our refusal to be written: that is no change.
        """
        self.ensure_one()
        content = self.order_id._get_billing_content()
        if content["partner"] == self.partner_id.id:
            content["partner"] = self.snapshot["content"]["partner"]
        return canonical.digest(content) == self.content_hash

    def _reconcile_payments(self):
        """Match the posted invoices with the online payments of their orders, the earliest first."""
        for acceptance in self.filtered("order_id.transaction_ids"):
            transactions = acceptance.order_id.transaction_ids.filtered(lambda tx: tx.state == "done")
            invoices = acceptance.installment_ids.invoice_ids.filtered(
                lambda move: move.state == "posted" and move.move_type == "out_invoice"
            )
            for payment in transactions.payment_id.sorted("id"):
                for invoice in invoices.sorted(lambda move: (move.invoice_date, move.id)):
                    acceptance._reconcile(payment, invoice)

    def _reconcile(self, payment, invoice):
        """Match what is open of a payment with what is open of an invoice."""
        lines = (payment.move_id.line_ids + invoice.line_ids).filtered(
            lambda line: (
                line.account_id == payment.destination_account_id
                and line.parent_state == "posted"
                and not line.reconciled
            )
        )
        if len(lines.move_id) > 1:
            lines.reconcile()

    def _get_amount_paid(self):
        """Return what the customer paid online for the order, in its currency."""
        self.ensure_one()
        done = self.order_id.sudo().transaction_ids.filtered(lambda tx: tx.state == "done")
        return sum(done.mapped("amount"))

    def _get_tz(self):
        """Return the timezone of the company, for its dates."""
        return self.company_id.partner_id.tz or self.policy_id.user_id.tz or "UTC"
