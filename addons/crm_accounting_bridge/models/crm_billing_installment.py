from odoo import api, fields, models
from odoo.exceptions import UserError

from .crm_billing_policy import DUE

# All that may happen to an instalment after it was cut: somebody says that it is due, it is invoiced with others.
MUTABLE = {"released_on", "released_by_id", "joined_move_ids"}


class CrmBillingInstallment(models.Model):
    """One invoice that an accepted quote becomes. Its amount was fixed when the quote was accepted."""

    _name = "crm.billing.installment"
    _description = "Instalment"
    _order = "acceptance_id, sequence"

    acceptance_id = fields.Many2one("crm.billing.acceptance", required=True, index=True, ondelete="restrict")
    order_id = fields.Many2one(related="acceptance_id.order_id")
    company_id = fields.Many2one(related="acceptance_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="acceptance_id.currency_id")
    sequence = fields.Integer(required=True)
    kind = fields.Selection(
        [
            ("deposit", "Deposit"),
            ("milestone", "Milestone"),
            ("instalment", "Instalment"),
            ("final", "Final invoice"),
        ],
        required=True,
    )
    name = fields.Char("What for", required=True)
    percent = fields.Float("Share (%)", digits=(16, 4))
    amount = fields.Monetary("Amount with taxes", required=True)
    due = fields.Selection(DUE, required=True, default="trigger")
    milestone_event = fields.Char("Waits for")
    delay_days = fields.Integer("Days later")
    released_on = fields.Datetime("Said to be due on")
    released_by_id = fields.Many2one("res.users", "Said by")
    job_ids = fields.One2many("crm.billing.job", "installment_id", "Jobs")
    move_ids = fields.One2many("account.move", "billing_installment_id", "Own invoices")
    joined_move_ids = fields.Many2many(
        "account.move",
        "crm_billing_installment_move_rel",
        "installment_id",
        "move_id",
        "Joined invoices",
        readonly=True,
    )
    invoice_ids = fields.Many2many("account.move", compute="_compute_invoice_ids", string="Invoices")
    state = fields.Selection(
        [
            ("waiting", "Not due yet"),
            ("queued", "In the queue"),
            ("blocked", "Needs a person"),
            ("invoiced", "Invoiced"),
            ("credited", "Credited"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_state",
    )

    _sequence_unique = models.UniqueIndex("(acceptance_id, sequence)")

    @api.depends("job_ids.job_state", "job_ids.op", "move_ids.payment_state", "joined_move_ids.payment_state")
    def _compute_state(self):
        states = {"done": "invoiced", "cancelled": "cancelled", "blocked": "blocked", "failed": "blocked"}
        for part in self:
            job = part.job_ids.filtered(lambda job: job.op == "invoice")[:1]
            part.state = states.get(job.job_state, "queued") if job else "waiting"
            # sudo: one word about an invoice that the salesperson of the quote may not open.
            if part.state == "invoiced" and part.sudo()._get_live_invoice().payment_state == "reversed":
                part.state = "credited"

    @api.depends("move_ids", "joined_move_ids")
    def _compute_invoice_ids(self):
        for part in self:
            part.invoice_ids = part.move_ids | part.joined_move_ids

    def write(self, vals):
        """Refuse to change an amount that was agreed."""
        if set(vals) - MUTABLE:
            raise UserError(self.env._("The instalments of an accepted quote cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen(self):
        raise UserError(self.env._("The instalments of an accepted quote cannot be deleted."))

    # ------------------------------------------------------------
    # What is due
    # ------------------------------------------------------------

    def _is_billed(self):
        """Tell whether the invoice was made."""
        self.ensure_one()
        return any(job.op == "invoice" and job.job_state == "done" for job in self.job_ids)

    def _is_due(self):
        """Tell whether the event this instalment waits for has happened; a hook."""
        self.ensure_one()
        if self.released_on:
            return True
        acceptance = self.acceptance_id
        by_trigger = self.due == "trigger"
        check = {
            "paid": self._is_covered_by_payments,
            "delivered": acceptance.order_id._is_billing_delivered,
            "milestone": lambda: (
                (acceptance.milestone_event if by_trigger else self.milestone_event)
                in (acceptance.order_id.billing_events or {})
            ),
            "delivery_date": lambda: bool(acceptance.order_id.commitment_date),
            "manual": lambda: False,
        }.get(self._get_awaited(), lambda: True)
        return check()

    def _is_told(self):
        """Tell whether somebody or something announces that this instalment is due, instead of the cron finding it."""
        self.ensure_one()
        return self._get_awaited() not in ("delivered", "delivery_date")

    def _get_awaited(self):
        """Return the code of what makes this instalment due: its own, or the trigger of the policy."""
        self.ensure_one()
        return self.acceptance_id.trigger if self.due == "trigger" else self.due

    def _get_due_from(self):
        """Return the moment (UTC) from which the days of the instalment are counted."""
        self.ensure_one()
        if self.due == "delivery_date" and not self.released_on:
            return self.order_id.commitment_date
        return self.released_on or fields.Datetime.now()

    def _is_covered_by_payments(self):
        """Tell whether the online payments reach this instalment and those before it."""
        acceptance = self.acceptance_id
        so_far = acceptance.installment_ids.filtered(lambda part: part.sequence <= self.sequence)
        needed = acceptance.amount_before + sum(so_far.mapped("amount"))
        return acceptance.currency_id.compare_amounts(acceptance._get_amount_paid(), needed) >= 0

    def _get_live_invoice(self):
        """Return the invoice of this instalment that was not cancelled."""
        self.ensure_one()
        return self.invoice_ids.filtered(lambda move: move.move_type == "out_invoice" and move.state != "cancel")[:1]

    def action_release(self):
        """Say that instalments are due now. Needs the right to change the order.

        :raise UserError: an earlier instalment was given up, or is not invoiced yet
        """
        for part in self.filtered(lambda part: part.state == "waiting"):
            part.order_id.check_access("write")
            part._check_can_release()
            # sudo: whoever may change the order may say what is due; the amounts stay frozen.
            part = part.sudo()
            part.write({"released_on": fields.Datetime.now(), "released_by_id": self.env.uid})
            part.acceptance_id._enqueue_due()

    def _check_can_release(self):
        self.ensure_one()
        earlier = self.sudo().acceptance_id.installment_ids.filtered(lambda part: part.sequence < self.sequence)
        stopped = earlier.filtered(lambda part: part.state == "cancelled")[:1]
        if stopped:
            raise UserError(
                self.env._(
                    "“%(earlier)s” of %(order)s was cancelled, so the rest no longer adds up."
                    " Invoice the order by hand.",
                    earlier=stopped.name,
                    order=self.order_id.name,
                )
            )
