from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date, formatLang, html2plaintext

from ...tools import quote_diff


class SaleOrder(models.Model):
    """Revisions: S00012, S00012-2, S00012-3. The customer sees one of them as valid."""

    _inherit = "sale.order"

    revision_number = fields.Integer("Revision", default=1, readonly=True, copy=False)
    revision_root_id = fields.Many2one(
        "sale.order",
        "First revision",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    superseded_by_id = fields.Many2one(
        "sale.order", "Replaced by", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    revision_count = fields.Integer("Revisions", compute="_compute_revisions")
    revised_order_id = fields.Many2one("sale.order", "Replaces", compute="_compute_revisions")
    revision_changes = fields.Html("What changed", compute="_compute_revision_changes", sanitize=False)

    _revision_once = models.UniqueIndex(
        "(COALESCE(revision_root_id, id), revision_number)", "This quote already has a revision with this number."
    )

    def _compute_revisions(self):
        """Count the family and find whom this one replaces, in two queries for all."""
        roots = self.revision_root_id | self.filtered(lambda order: not order.revision_root_id)
        counts = dict(self._read_group([("revision_root_id", "in", roots.ids)], ["revision_root_id"], ["__count"]))
        former = self.search([("superseded_by_id", "in", self.ids)])
        replaced = {order.superseded_by_id.id: order for order in former}
        for order in self:
            order.revision_count = counts.get(order.revision_root_id or order._origin, 0) + 1
            order.revised_order_id = replaced.get(order._origin.id, False)

    def _compute_revision_changes(self):
        for order in self:
            former = order.revised_order_id
            values = {"former": former, "changes": order._get_changes(former) if former else []}
            order.revision_changes = self.env["ir.qweb"]._render("crm_core.quote_changes", values) if former else False

    # ------------------------------------------------------------
    # Revising
    # ------------------------------------------------------------

    def action_revise(self):
        """Replace a quote that is with the customer by a new one, and open that."""
        self.ensure_one()
        return self._revise()._get_records_action(name=self.env._("Revised quote"))

    def _revise(self):
        """Return the next revision of this quote, a draft; this one is cancelled and points to it.

        :raise UserError: it is a draft, an order, or replaced already
        """
        self.ensure_one()
        self._check_revisable()
        # Take the row first: who revises at the same moment waits, is run again, and reads that it was done.
        self.quote_status = "superseded"
        self.flush_recordset(["quote_status"])
        revision = self.with_context(crm_quote_revision=True).copy(self._prepare_revision())
        self.superseded_by_id = revision
        self._action_cancel()
        self._on_quote_event("superseded", revision.name)
        self._on_quote_revised(revision)
        return revision.with_context(crm_quote_revision=False)

    def _check_revisable(self):
        """Refuse what is not with the customer, naming what to do instead."""
        if self.superseded_by_id:
            message = self.env._("%(quote)s was replaced by %(new)s already. Revise that one.")
        elif self.state == "draft":
            message = self.env._("%(quote)s was not sent yet. Change it, there is no need for a revision.")
        elif self.state == "sale":
            message = self.env._("%(quote)s was accepted. Cancel it and set it to quotation to change it.")
        else:
            return
        raise UserError(message % {"quote": self.name, "new": self.superseded_by_id.name})

    def _get_revision_family(self):
        """Return all revisions of this quote, the oldest first."""
        self.ensure_one()
        root = self.revision_root_id or self
        return (root | self.search([("revision_root_id", "=", root.id)])).sorted("revision_number")

    def _get_next_revision_number(self):
        self.ensure_one()
        return max(self._get_revision_family().mapped("revision_number")) + 1

    def _prepare_revision(self):
        """Return what the next revision has different from, or as well as, a copy; a hook."""
        self.ensure_one()
        root, number = self.revision_root_id or self, self._get_next_revision_number()
        return {
            "name": f"{root.name}-{number}",
            "revision_number": number,
            "revision_root_id": root.id,
            "client_order_ref": self.client_order_ref,
            "commitment_date": self.commitment_date,
            "user_id": self.user_id.id,
            "team_id": self.team_id.id,
        }

    def _on_quote_revised(self, revision):
        """Move what hung on the former quote to the new one; a hook for verticals.

        :param revision: the ``sale.order`` that replaces this one
        """
        self.ensure_one()
        revision.message_subscribe(self.message_partner_ids.ids)
        revision._message_log(body=self.env._("Replaces %s.", self._get_html_link(title=self.name)))
        self._message_log(body=self.env._("Replaced by %s.", revision._get_html_link(title=revision.name)))

    def _get_current_revision(self):
        """Return the revision that counts today; the quote itself when it was never replaced."""
        self.ensure_one()
        current, seen = self, self
        while current.superseded_by_id and current.superseded_by_id not in seen:
            current = current.superseded_by_id
            seen |= current
        return current

    def _get_portal_revision(self):
        """Return what the link of a replaced quote leads to: the current one, once that same customer got it."""
        self.ensure_one()
        current = self._get_current_revision()
        shown = current != self and current.state in ("sent", "sale") and self._is_same_customer(current)
        return current if shown else self.browse()

    def _get_portal_former(self):
        """Return the revision the customer is shown the differences from."""
        self.ensure_one()
        former = self.revised_order_id
        return (
            former if former and self.state in ("draft", "sent") and self._is_same_customer(former) else self.browse()
        )

    def _is_same_customer(self, order):
        return order.partner_id.commercial_partner_id == self.partner_id.commercial_partner_id

    def action_draft(self):
        """What was replaced opens again only when its revision was given up before the customer got it."""
        for order in self.filtered("superseded_by_id"):
            revision = order.superseded_by_id
            if revision.state != "cancel" or revision.quote_status:
                raise UserError(
                    self.env._(
                        "%(quote)s was replaced by %(new)s. Work on that one, or cancel it before it is sent.",
                        quote=order.name,
                        new=revision.name,
                    )
                )
            order.superseded_by_id = False
        return super().action_draft()

    def action_open_revisions(self):
        """List the revisions of this quote."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Revisions of %s", (self.revision_root_id or self).name),
            "res_model": "sale.order",
            "view_mode": "list,form",
            "domain": [("id", "in", self._get_revision_family().ids)],
        }

    def _find_mail_template(self):
        """A revision is sent with words that say what it is."""
        template = super()._find_mail_template()
        usual = self.env.ref("sale.email_template_edi_sale", raise_if_not_found=False)
        if self.revised_order_id and template and template == usual:
            return self.env.ref("crm_core.mail_template_quote_revised", raise_if_not_found=False) or template
        return template

    # ------------------------------------------------------------
    # Differences
    # ------------------------------------------------------------

    def _get_changes(self, former):
        """Return the differences from a former revision, as text of the reader's language.

        :return: what :func:`tools.quote_diff.compare` returns, with the values as they are printed
        """
        self.ensure_one()
        changes = quote_diff.compare(former._get_revision_content(), self._get_revision_content())
        return [
            {
                **change,
                "fields": [
                    {
                        "label": self._get_change_labels().get(part["name"], part["name"]),
                        "before": self._format_change(part["name"], part["before"]),
                        "after": self._format_change(part["name"], part["after"]),
                    }
                    for part in change["fields"]
                ],
            }
            for change in changes
        ]

    def _get_revision_content(self):
        """Return what may differ between revisions as plain data: lines, terms and totals.

        A line is known by the first line it descends from.
        """
        self.ensure_one()
        lines = self.order_line.filtered(lambda line: not line.is_downpayment)
        return {
            "lines": {self._get_line_origin(line): line._get_revision_content() for line in lines},
            "terms": {
                "payment_term": self.payment_term_id.name or "",
                "validity_date": self.validity_date or "",
                "note": html2plaintext(self.note or "").strip(),
                "prepayment": self.prepayment_percent if self.require_payment else 0.0,
            },
            "totals": {"amount_untaxed": self.amount_untaxed, "amount_total": self.amount_total},
        }

    @api.model
    def _get_line_origin(self, line):
        while line.revised_line_id:
            line = line.revised_line_id
        return line.id

    def _get_change_labels(self):
        return {
            "name": self.env._("Description"),
            "quantity": self.env._("Quantity"),
            "unit": self.env._("Unit"),
            "price": self.env._("Unit price"),
            "discount": self.env._("Discount (%)"),
            "tax": self.env._("Taxes"),
            "subtotal": self.env._("Amount"),
            "payment_term": self.env._("Payment terms"),
            "validity_date": self.env._("Valid until"),
            "note": self.env._("Terms and conditions"),
            "prepayment": self.env._("Down payment"),
            "amount_untaxed": self.env._("Total without taxes"),
            "amount_total": self.env._("Total"),
        }

    def _format_change(self, name, value):
        if name in ("price", "subtotal", "amount_untaxed", "amount_total"):
            return format_amount(self.env, value, self.currency_id)
        if name == "validity_date":
            return format_date(self.env, value) if value else ""
        if name == "prepayment":
            return f"{formatLang(self.env, value * 100, digits=0)} %"
        return formatLang(self.env, value) if isinstance(value, float) else value
