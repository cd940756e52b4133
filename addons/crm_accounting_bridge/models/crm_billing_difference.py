import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# Snapshots are compared with their hash as long as somebody may still bill them, or so many days.
PROOF_DAYS = 35
# A delivery that is not complete so long after the acceptance is worth a question.
DELIVERY_DAYS = 30
# What account.move._get_agreed_total() says.
AGREED_TOTAL = SQL(
    """
    (move.amount_total + CASE WHEN move.move_type = 'out_refund' THEN -1 ELSE 1 END * COALESCE((
        SELECT SUM(coin.amount_currency) FROM account_move_line coin
         WHERE coin.move_id = move.id AND coin.display_type = 'rounding'), 0))
    """
)


class CrmBillingDifference(models.Model):
    """Something the nightly audit found: an acceptance that is neither invoiced, nor waiting, nor closed.

    Stays until the audit finds it gone, or an accountant closes it and says why.
    """

    _name = "crm.billing.difference"
    _description = "Billing difference"
    _inherit = ["crm.billing.link.mixin"]
    _order = "state, id desc"

    acceptance_id = fields.Many2one(
        "crm.billing.acceptance", "Accepted quote", required=True, readonly=True, index=True
    )
    installment_id = fields.Many2one("crm.billing.installment", "Instalment", readonly=True, index="btree_not_null")
    company_id = fields.Many2one(related="acceptance_id.company_id", store=True, index=True)
    order_id = fields.Many2one(related="acceptance_id.order_id")
    partner_id = fields.Many2one(related="acceptance_id.partner_id", store=True)
    currency_id = fields.Many2one(related="acceptance_id.currency_id")
    code = fields.Selection(
        [
            ("D_QUEUED", "Was due and not in the queue"),
            ("D_GONE", "The invoice is gone"),
            ("D_AMOUNT", "The invoice has another amount"),
            ("D_OVER", "More is invoiced than was accepted"),
            ("D_PARTLY", "Delivered in part for a month"),
            ("D_PROOF", "The acceptance was changed"),
            ("D_PDF", "Its PDF could not be kept"),
        ],
        "What",
        required=True,
        readonly=True,
    )
    expected = fields.Monetary(readonly=True)
    found = fields.Monetary(readonly=True)
    state = fields.Selection(
        [("open", "Open"), ("closed", "Closed")], required=True, default="open", readonly=True, index=True
    )
    note = fields.Char("Why it is right", help="Needed to close it by hand.")
    closed_by_id = fields.Many2one("res.users", "Closed by", readonly=True)
    closed_on = fields.Datetime(readonly=True)

    _open_unique = models.UniqueIndex(
        "(acceptance_id, COALESCE(installment_id, 0), code) WHERE state = 'open'", "This difference is listed already."
    )

    @api.depends("code", "acceptance_id")
    def _compute_display_name(self):
        names = dict(self._fields["code"]._description_selection(self.env))
        for difference in self:
            difference.display_name = f"{difference.acceptance_id.display_name}: {names.get(difference.code, '')}"

    def write(self, vals):
        """People write the reason only; what was found is the audit's."""
        if not self.env.su and set(vals) - {"note"}:
            raise UserError(self.env._("Only the reason of a difference can be written. Close it with the button."))
        return super().write(vals)

    def action_close(self):
        """Close by hand, with the reason in the note.

        :raise UserError: no reason was given
        """
        for difference in self.filtered(lambda difference: difference.state == "open"):
            if not (difference.note or "").strip():
                raise UserError(
                    self.env._(
                        "Say why %(difference)s is right before you close it.", difference=difference.display_name
                    )
                )
            difference.check_access("write")
            # sudo: after the check; the rest of a difference is not written by people.
            difference.sudo().write(
                {"state": "closed", "closed_by_id": self.env.uid, "closed_on": fields.Datetime.now()}
            )

    # ------------------------------------------------------------
    # The audit
    # ------------------------------------------------------------

    @api.model
    def _cron_audit(self):
        """Compare every acceptance with the books; list what differs, close what does not any more.

        :return: the open differences
        """
        self.env["crm.billing.job"]._retry_healing()
        self.env.flush_all()
        rows = {
            **self._find_unqueued(),
            **self._find_wrong_invoices(),
            **self._find_over(),
            **self._find_partly_delivered(),
            **self._find_broken_proofs(),
            **self._find_missing_pdfs(),
        }
        known = {
            (row.acceptance_id.id, row.installment_id.id, row.code): row
            for row in self.search([("state", "=", "open")])
        }
        gone = self.browse(row.id for key, row in known.items() if key not in rows and key[2] != "D_QUEUED")
        gone.write({"state": "closed", "closed_on": fields.Datetime.now()})
        closed = self._get_explained(rows)
        self.create(
            [
                {
                    "acceptance_id": key[0],
                    "installment_id": key[1],
                    "code": key[2],
                    "expected": amounts[0],
                    "found": amounts[1],
                }
                for key, amounts in rows.items()
                if key not in known and key not in closed
            ]
        )
        return self.search([("state", "=", "open")])

    def _get_explained(self, rows):
        """Return those that somebody already explained, for the same amounts."""
        explained = self.search([("state", "=", "closed"), ("closed_by_id", "!=", False)])
        return {
            key
            for row in explained
            for key in [(row.acceptance_id.id, row.installment_id.id, row.code)]
            if key in rows and not row.currency_id.compare_amounts(row.found, rows[key][1])
        }

    def _find_unqueued(self):
        """Queue what is due and has no job; that it had none is a difference worth knowing."""
        waiting = self.env["crm.billing.installment"].search(
            [("job_ids", "=", False), ("acceptance_id.order_id.state", "=", "sale")]
        )
        jobs = waiting.acceptance_id._enqueue_due()
        # What waits for deliveries and dates is found by the cron: nobody forgot it.
        lost = jobs.installment_id.filtered(lambda part: part._is_told())
        return {(part.acceptance_id.id, part.id, "D_QUEUED"): (part.amount, 0) for part in lost}

    def _find_wrong_invoices(self):
        """Find done jobs whose invoice is not there, or not of the agreed amount; credit notes are decisions."""
        query = SQL(
            """
            SELECT part.acceptance_id, part.id, part.amount, COALESCE(SUM(%(total)s), 0), COUNT(move.id)
              FROM crm_billing_installment part
              JOIN crm_billing_job job ON job.installment_id = part.id AND job.op = 'invoice' AND job.job_state = 'done'
              JOIN crm_billing_acceptance acceptance ON acceptance.id = part.acceptance_id
              JOIN res_currency currency ON currency.id = acceptance.currency_id
         LEFT JOIN account_move move
                ON move.billing_installment_id = part.id AND move.move_type = 'out_invoice' AND move.state != 'cancel'
             WHERE NOT EXISTS (
                       SELECT 1 FROM crm_billing_installment_move_rel rel
                         JOIN account_move joined ON joined.id = rel.move_id AND joined.state != 'cancel'
                        WHERE rel.installment_id = part.id)
          GROUP BY part.id, currency.rounding
            HAVING COUNT(move.id) != 1 OR ABS(SUM(%(total)s) - part.amount) >= currency.rounding / 2
            """,
            total=AGREED_TOTAL,
        )
        return {
            (acceptance, part, "D_AMOUNT" if count else "D_GONE"): (amount, found)
            for acceptance, part, amount, found, count in self.env.execute_query(query)
        }

    def _find_over(self):
        """Find orders of which more is invoiced than was accepted last, whoever made the invoices."""
        query = SQL(
            """
            WITH moves AS (
                SELECT DISTINCT line.order_id, move.id, move.move_type, %(total)s AS amount_total
                  FROM sale_order_line_invoice_rel rel
                  JOIN sale_order_line line ON line.id = rel.order_line_id
                  JOIN account_move_line entry ON entry.id = rel.invoice_line_id
                  JOIN account_move move ON move.id = entry.move_id
                 WHERE move.state != 'cancel' AND move.move_type IN ('out_invoice', 'out_refund')
                   AND NOT EXISTS (SELECT 1 FROM crm_billing_installment_move_rel joined WHERE joined.move_id = move.id)
            ), billed AS (
                SELECT order_id, SUM(CASE WHEN move_type = 'out_refund' THEN -amount_total ELSE amount_total END) amount
                  FROM moves GROUP BY order_id
            ), last AS (
                SELECT DISTINCT ON (order_id) id, order_id, amount_total, currency_id
                  FROM crm_billing_acceptance ORDER BY order_id, revision DESC
            )
            SELECT last.id, last.amount_total, billed.amount
              FROM last
              JOIN billed ON billed.order_id = last.order_id
              JOIN res_currency currency ON currency.id = last.currency_id
             WHERE billed.amount - last.amount_total >= currency.rounding / 2
            """,
            total=AGREED_TOTAL,
        )
        return {
            (acceptance, False, "D_OVER"): (total, found) for acceptance, total, found in self.env.execute_query(query)
        }

    def _find_partly_delivered(self):
        """Find what has waited long for the rest of a delivery; what is delivered stands against the agreed amount.

        Who says it is right is asked again when more is delivered.
        """
        query = SQL(
            """
            SELECT acceptance.id,
                   SUM(line.price_total * LEAST(line.qty_delivered / NULLIF(line.product_uom_qty, 0), 1))
              FROM crm_billing_acceptance acceptance
              JOIN sale_order orders ON orders.id = acceptance.order_id AND orders.state = 'sale'
              JOIN sale_order_line line ON line.order_id = orders.id
                   AND line.display_type IS NULL AND NOT COALESCE(line.is_downpayment, FALSE)
             WHERE acceptance.accepted_on < %s
               AND EXISTS (SELECT 1 FROM crm_billing_installment part
                            WHERE part.acceptance_id = acceptance.id
                              AND NOT EXISTS (SELECT 1 FROM crm_billing_job job WHERE job.installment_id = part.id))
          GROUP BY acceptance.id
            HAVING BOOL_OR(line.qty_delivered > 0) AND BOOL_OR(line.qty_delivered < line.product_uom_qty)
            """,
            fields.Datetime.now() - timedelta(days=DELIVERY_DAYS),
        )
        delivered = dict(self.env.execute_query(query))
        parts = self.env["crm.billing.acceptance"].browse(delivered)._get_following()
        return {
            (part.acceptance_id.id, part.id, "D_PARTLY"): (part.amount, delivered[part.acceptance_id.id])
            for part in parts
            if not part.job_ids and part._get_awaited() == "delivered"
        }

    def _find_broken_proofs(self):
        """Find recent acceptances that no longer fit their hash."""
        since = fields.Datetime.now() - timedelta(days=PROOF_DAYS)
        acceptances = self.env["crm.billing.acceptance"].search([("accepted_on", ">=", since)])
        broken = acceptances.filtered(lambda acceptance: not acceptance.is_intact)
        return {(acceptance.id, False, "D_PROOF"): (acceptance.amount_total, 0) for acceptance in broken}

    def _find_missing_pdfs(self):
        """Find what was accepted more than a day ago and has no PDF yet, and try again; the acceptance says why."""
        before = fields.Datetime.now() - timedelta(days=1)
        missing = self.env["crm.billing.acceptance"].search(
            [
                ("create_date", "<", before),
                "|",
                ("proof_ids", "=", False),
                ("proof_ids.job_state", "not in", ("done", "cancelled")),
            ]
        )
        missing.proof_ids.action_job_retry()
        return {(acceptance.id, False, "D_PDF"): (0, 0) for acceptance in missing}
