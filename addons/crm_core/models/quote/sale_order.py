from odoo import fields, models
from odoo.http import request
from odoo.tools import SQL

from ...tools import user_agent


class SaleOrder(models.Model):
    _inherit = "sale.order"

    accepted_revision = fields.Integer(
        readonly=True, copy=False, help="The last revision the customer accepted; 0 when none was."
    )
    quote_event_ids = fields.One2many("crm.quote.event", "order_id", "Quote events", readonly=True)
    quote_status = fields.Selection(
        [
            ("sent", "Sent"),
            ("viewed", "Viewed"),
            ("accepted", "Accepted"),
            ("refused", "Refused"),
            ("expired", "Expired"),
            ("superseded", "Superseded"),
        ],
        "Customer's answer",
        readonly=True,
        copy=False,
        help="The last thing that happened with this quote at the customer's.",
    )

    # ------------------------------------------------------------
    # Host
    # ------------------------------------------------------------

    def write(self, vals):
        """Sending a quote, by mail or by hand, is an event; so is a change of what was sent. A signature has a date."""
        if vals.get("signature"):
            self._wait_for_turn_to_sign()
            vals = {"signed_on": fields.Datetime.now(), **vals}
        sent = self.filtered(lambda order: order.state == "draft") if vals.get("state") == "sent" else self.browse()
        result = super().write(vals)
        if sent:
            sent._on_quote_event("sent")
        elif "order_line" in vals:
            # sudo: the revenue of the opportunity follows, whoever changes the quote.
            self.sudo().opportunity_id._sync_quote_revenue()
        return result

    def _wait_for_turn_to_sign(self):
        """Have one signature at a time: who signs twice at once is asked again by the host after the first one.

        Two at once would write the same picture into the same file, which the host takes for a collision
        (`ir.attachment._get_path`).
        """
        self.env.execute_query(SQL("SELECT id FROM sale_order WHERE id IN %s ORDER BY id FOR NO KEY UPDATE", self._ids))

    def action_draft(self):
        """What was accepted and is opened again is another revision."""
        accepted = self.filtered(lambda order: order.accepted_revision == order.revision_number)
        result = super().action_draft()
        reopened = self.filtered(lambda order: order.state == "draft")
        reopened.write({"quote_status": False})
        for order in accepted & reopened:
            order.revision_number = order._get_next_revision_number()
        return result

    def _action_confirm(self):
        """Tell, once for each revision, that the customer accepted."""
        result = super()._action_confirm()
        open_ = self.filtered(lambda order: order.accepted_revision < order.revision_number)
        open_ = open_.with_prefetch(self._prefetch_ids)  # their opportunities are read together
        for source, orders in open_.grouped(lambda order: order._get_acceptance_source()).items():
            # The database knows whether it is the first time, also when two accept at once.
            fresh = self.env["crm.quote.event"]._record(orders, "accepted", dict(self._get_sources())[source])
            for number, accepted in fresh.grouped("revision_number").items():
                # Both at once: each write of a quote asks every addon.
                accepted.write({"accepted_revision": number, "quote_status": "accepted"})
            if fresh:
                fresh._on_quote_accepted(source)
        return result

    def _message_post_after_hook(self, message, msg_values):
        """The host notes in its own words that the customer looked at the quote: that is our event."""
        result = super()._message_post_after_hook(message, msg_values)
        viewed = self.env["ir.model.data"]._xmlid_to_res_id("sale.mt_order_viewed", raise_if_not_found=False)
        if viewed and message.subtype_id.id == viewed and not self._is_read_by_robot():
            self._on_quote_event("viewed")
        return result

    def _is_read_by_robot(self):
        """Tell whether a program opened the page: scanners of mails follow every link."""
        return bool(request) and user_agent.is_robot(request.httprequest.user_agent.string)

    # ------------------------------------------------------------
    # Acceptance
    # ------------------------------------------------------------

    def _get_sources(self):
        return [
            ("payment", self.env._("by payment")),
            ("signature", self.env._("by signature")),
            ("office", self.env._("by the office")),
        ]

    def _get_acceptance_source(self):
        """Return how the customer accepted: ``payment``, ``signature`` or ``office``."""
        self.ensure_one()
        # sudo: whether it was paid decides, whoever confirms.
        paid = self.require_payment and self.sudo().transaction_ids
        if paid and paid.filtered(lambda tx: tx.state in ("authorized", "done")):
            return "payment"
        # The date, not the picture: that one is an attachment, which costs a query.
        return "signature" if self.signed_on else "office"

    def _on_quote_accepted(self, source):
        """Do what an accepted quote starts; to be extended.

        Called once for each revision, inside the transaction that accepts, whatever the way.
        Must not raise for reasons the customer cannot help.

        :param source: ``signature``, ``payment`` or ``office``
        """
        self._after_quote_event("accepted", dict(self._get_sources())[source])

    # ------------------------------------------------------------
    # Events
    # ------------------------------------------------------------

    def _on_quote_event(self, kind, note=None):
        """Record what happened, and do what follows the first time it happens to a revision.

        :param kind: ``sent``, ``viewed``, ``refused``, ``expired`` or ``superseded``
        :param note: why, in one line
        :return: the quotes for which it is new
        """
        fresh = self.env["crm.quote.event"]._record(self, kind, note)
        (self - fresh)._set_quote_status(kind)
        fresh._after_quote_event(kind, note)
        return fresh

    def _set_quote_status(self, kind):
        """Show it on the quotes, and return those it is shown on: a look at what is answered already is not."""
        # sudo: the customer may not write our quote.
        orders = self.sudo().filtered(lambda order: kind != "viewed" or order.quote_status in (False, "sent"))
        changed = orders.filtered(lambda order: order.quote_status != kind)
        if changed:
            changed.write({"quote_status": kind})
        return orders.with_prefetch(self._prefetch_ids)

    def _after_quote_event(self, kind, note=None):
        """Let the quote and its opportunity follow: status, stage, revenue, next step; a hook."""
        orders = self._set_quote_status(kind)
        # sudo: the customer, or a colleague, may not write the opportunity.
        leads = orders.opportunity_id
        if leads.pipeline_id:
            leads._choose_primary_quote(orders, kind)
            leads._sync_quote_revenue()
            orders._tell_opportunity(kind, note)
        if kind != "superseded":
            leads._on_stage_event(f"quote_{kind}")

    def _tell_opportunity(self, kind, note=None):
        """Write what happened into the chatter of the opportunities that follow a pipeline."""
        label = dict(self._fields["quote_status"]._description_selection(self.env))[kind]
        for order in self.filtered("opportunity_id.pipeline_id"):
            said = f"{label}: {note}" if note else label
            order.opportunity_id._message_log(
                body=self.env._("Quote %(quote)s: %(what)s", quote=order._get_html_link(title=order.name), what=said)
            )
