import logging

import psycopg2

from odoo import api, fields, models

from ..tools import canonical

_logger = logging.getLogger(__name__)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    billing_acceptance_ids = fields.One2many("crm.billing.acceptance", "order_id", "Acceptances")
    billing_job_ids = fields.One2many("crm.billing.job", "order_id", "Billing jobs")
    billing_state = fields.Selection(
        [
            ("waiting", "Not due yet"),
            ("queued", "In the queue"),
            ("blocked", "Needs a person"),
            ("invoiced", "Invoiced"),
            ("credited", "Credited"),
            ("cancelled", "Cancelled"),
        ],
        "Billing",
        compute="_compute_billing_state",
    )

    @api.depends("billing_acceptance_ids", "billing_job_ids.job_state")
    def _compute_billing_state(self):
        """Sum up the instalments of the last acceptance, and a quote that could not be read at all."""
        for order in self:
            # sudo: whoever reads the order may know how far its invoices are, as one word.
            order = order.sudo()
            parts = order.billing_acceptance_ids.sorted("revision")[-1:].installment_ids
            states = set(parts.mapped("state"))
            if order.billing_job_ids.filtered(lambda job: job.job_state in ("blocked", "failed")):
                states.add("blocked")
            ranked = ("blocked", "queued", "waiting", "invoiced", "credited", "cancelled")
            order.billing_state = next((state for state in ranked if state in states), False)

    # ------------------------------------------------------------
    # Acceptance
    # ------------------------------------------------------------

    def _on_quote_accepted(self, source):
        """Freeze what was accepted and queue the invoices that are due, inside the same transaction."""
        result = super()._on_quote_accepted(source)
        configured = self.env["crm.billing.policy"]._get_configured_company_ids()
        for order in self.filtered(lambda order: order.company_id.id in configured):
            order._billing_accept_safely(source)
        return result

    def _billing_accept_safely(self, source):
        """Freeze and queue; whatever goes wrong on our side must not stop the customer.

        A conflict with another transaction is not ours: the host runs the request again.
        """
        self.ensure_one()
        self.env.flush_all()  # what the host still had to write is not ours to catch
        try:
            with self.env.cr.savepoint():
                self._billing_accept(source)
                self.env.flush_all()
        except psycopg2.OperationalError:
            raise
        except Exception:
            _logger.exception("Cannot queue the invoices of %s; left to the billing job", self.name)
            self.env.invalidate_all()
            self.env["crm.billing.job"].sudo()._create_accept(self, source)

    def _billing_accept_again(self, acceptance):
        """Bill what was accepted once more, as the next revision; after its invoices were credited.

        :param acceptance: the last one of this order
        :return: the new ``crm.billing.acceptance``
        """
        self.ensure_one()
        number = self._get_next_revision_number()
        self.write({"revision_number": number, "accepted_revision": number})
        return self._billing_accept(acceptance.source, acceptance.policy_id)

    def _billing_accept(self, source, policy=None):
        """Make the acceptance, its instalments and the jobs that are due. Again: returns the first one.

        :param source: ``signature``, ``payment`` or ``office``
        :param policy: by default the one that fits
        :return: the ``crm.billing.acceptance``, empty when no policy fits
        """
        self.ensure_one()
        # sudo: the customer accepts; what we do then is our business, on this order only.
        order = self.sudo().with_company(self.company_id)
        known = order.billing_acceptance_ids.filtered(lambda record: record.revision == order.revision_number)
        if known:
            return known
        policy = policy or order.env["crm.billing.policy"]._find_for(order, source)
        if not policy:
            return known
        acceptance = known.create(order._prepare_billing_acceptance(policy, source))
        acceptance._cut_installments()
        acceptance._enqueue_due()
        return acceptance

    def _prepare_billing_acceptance(self, policy, source):
        """Return the values of the record of what was accepted."""
        self.ensure_one()
        signer = self.signed_by or (self.env.user.name if source == "office" else self.partner_id.name)
        content = self._get_billing_content()
        snapshot = {
            "content": content,
            "line_ids": self._get_billing_lines().ids,
            "labels": self.with_context(lang=self._get_lang())._get_billing_labels(),
            "acceptance": {
                "order": self.name,
                "revision": self.revision_number,
                "source": source,
                "signer": signer,
                "signed_on": fields.Datetime.to_string(self.signed_on) or "",
                "signature": canonical.digest(self.signature.decode()) if self.signed_on and self.signature else "",
            },
            "policy": policy._prepare_snapshot(),
        }
        return {
            "order_id": self.id,
            "revision": self.revision_number,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "amount_untaxed": self.amount_untaxed,
            "amount_tax": self.amount_tax,
            "amount_total": self.amount_total,
            "amount_before": self._get_billed_amount(),
            "source": source,
            "signer": signer,
            "signed_on": self.signed_on,
            "policy_id": policy.id,
            "policy_reason": policy._get_reason(),
            "trigger": policy.trigger,
            "milestone_event": policy.milestone_event,
            "snapshot": snapshot,
            "content_hash": canonical.digest(content),
            "snapshot_hash": canonical.digest(snapshot),
        }

    def _get_billing_content(self):
        """Return what the customer accepts as plain data: lines, taxes, terms and totals.

        Without down payments, lines of nothing, deliveries and the invoice address: those may change afterwards.
        """
        self.ensure_one()
        lines = self._get_billing_lines()
        return {
            "partner": self.partner_id.id,
            "currency": self.currency_id.name,
            "lines": [line._get_billing_content() for line in lines],
            "terms": {"payment_term": self.payment_term_id.id, "note": str(self.note or "")},
            "totals": {name: canonical.number(self[name]) for name in ("amount_untaxed", "amount_tax", "amount_total")},
        }

    def _get_billing_lines(self):
        """Return the lines that were accepted or would be now."""
        self.ensure_one()
        lines = self.order_line.filtered(
            lambda line: not line.is_downpayment and (line.display_type or line.product_uom_qty)
        )
        return lines.sorted("id").with_prefetch(self.order_line._prefetch_ids)

    def _get_billing_labels(self):
        """Return the same for people, in the words of the quote."""
        self.ensure_one()
        lines = self.order_line.filtered(lambda line: not line.is_downpayment)
        return {
            "customer": self.partner_id.display_name,
            "payment_term": self.payment_term_id.name or "",
            "lines": [line._get_billing_labels() for line in lines],
        }

    def _get_billed_amount(self):
        """Return what is invoiced of this order, drafts included, credit notes deducted."""
        self.ensure_one()
        moves = self.sudo().order_line.invoice_lines.move_id.filtered(
            lambda move: move.state != "cancel" and move.move_type in ("out_invoice", "out_refund")
        )
        return sum((move._get_order_amount(self) for move in moves), 0.0)

    # ------------------------------------------------------------
    # Host
    # ------------------------------------------------------------

    def _action_cancel(self):
        """A cancelled order is not invoiced any more."""
        result = super()._action_cancel()
        # sudo: whoever may cancel the order stops what it started.
        self.sudo().billing_job_ids._cancel(self.env._("The order was cancelled."))
        return result

    def _prepare_invoice(self):
        """Add what the billing job says about its invoice: date, journal, instalment."""
        values = self.env.context.get("crm_accounting_bridge_invoice_values", {})
        return {**super()._prepare_invoice(), **values.get(self.id, {})}

    def _get_invoice_grouping_keys(self):
        """Never lose a payment term or a journal when our jobs join quotes."""
        keys = super()._get_invoice_grouping_keys()
        ours = self.env.context.get("crm_accounting_bridge_invoice_values")
        return [*keys, "invoice_payment_term_id", "journal_id"] if ours else keys

    def action_open_billing(self):
        """Open how this order is invoiced: its acceptance, or its jobs when there is none."""
        self.ensure_one()
        acceptances = self.billing_acceptance_ids
        if not acceptances:
            action = self.env["ir.actions.act_window"]._for_xml_id("crm_accounting_bridge.crm_billing_job_action")
            return {**action, "domain": [("order_id", "=", self.id)], "context": {}}
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_accounting_bridge.crm_billing_acceptance_action")
        action["context"] = {}
        if len(acceptances) == 1:
            return {**action, "res_id": acceptances.id, "views": [[False, "form"]]}
        return {**action, "domain": [("order_id", "=", self.id)]}
