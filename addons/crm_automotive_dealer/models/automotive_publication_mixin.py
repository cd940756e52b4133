from odoo import api, fields, models
from odoo.exceptions import UserError

from ..exceptions import ExchangeRejected


class AutomotivePublicationMixin(models.AbstractModel):
    """What a maker publishes to the dealers of a brand: recalls, campaigns.

    The maker's record has no origin; the dealers' ones are made by the exchange and know who sent them. Every message
    carries the whole state, so that one that comes late can be ignored.
    """

    _name = "automotive.publication.mixin"
    _description = "Published by a Maker"
    _inherit = ["crm.exchange.mixin", "mail.thread", "mail.activity.mixin"]

    #: Type of the message that publishes.
    _publication_type = None
    #: {field: longest text} of what is sent as it is written.
    _publication_texts = {}

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    origin_peer_id = fields.Many2one("crm.exchange.peer", "Published by", readonly=True, index="btree_not_null")
    brand_id = fields.Many2one("fleet.vehicle.model.brand", help="Sent to the dealers of this brand; empty: to all.")
    state = fields.Selection(
        [("draft", "Draft"), ("published", "Published"), ("closed", "Closed")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    revision = fields.Integer(readonly=True, copy=False, aggregator=None)

    # ------------------------------------------------------------
    # Maker
    # ------------------------------------------------------------

    def action_publish(self):
        """Tell every dealer of the brand; again, when something was added."""
        for record in self:
            record._check_own()
            record._check_publishable()
            record.write({"state": "published", "revision": record.revision + 1})
            record._publish()

    def action_close(self):
        """End it at every dealer."""
        for record in self.filtered(lambda record: record.state == "published"):
            record._check_own()
            record.write({"state": "closed", "revision": record.revision + 1})
            record._publish()

    def _check_own(self):
        if self.origin_peer_id:
            maker = self.origin_peer_id.name
            raise UserError(self.env._("%(record)s is published by %(maker)s.", record=self.display_name, maker=maker))

    def _check_publishable(self):
        """Refuse to publish what is not ready; a hook.

        :raise UserError: what is missing
        """

    def _publish(self):
        """Put one message for each dealer in the outbox; a newer one replaces what still waits."""
        data = self._get_publication_data()
        for peer in self._get_dealers():
            self.env["crm.exchange.message"]._emit(
                peer, self._publication_type, self, f"published:{self.revision}", data, supersede=True
            )

    def _get_dealers(self):
        """Return the links to the dealers it goes to."""
        # sudo: whom it goes to is the exchange administrator's decision, made when the link was connected.
        peers = self.env["crm.exchange.peer"].sudo()
        open_ = [("role", "=", "dealer"), ("state", "in", ("connected", "paused"))]
        found = peers.search([*open_, ("company_id", "=", self.company_id.id)])
        return found.filtered(lambda peer: not (self.brand_id and peer.brand_ids) or self.brand_id in peer.brand_ids)

    def _get_publication_data(self):
        """Return what the dealers are told: the whole state; to be extended."""
        return {**{name: self[name] or "" for name in self._publication_texts}, "state": self.state}

    # ------------------------------------------------------------
    # Dealer
    # ------------------------------------------------------------

    @api.model
    def _exchange_receive(self, content, entry):
        """Make or update a dealer's record of what a maker published."""
        values = self._read_publication(content["data"])
        record = self.search([("origin_peer_id", "=", entry.peer_id.id), ("uuid", "=", content["subject"])])
        if record:
            record.write(values)
        else:
            origin = {"origin_peer_id": entry.peer_id.id, "company_id": entry.company_id.id}
            record = self.create({**values, **origin, "uuid": content["subject"]})
        record._on_published(content["data"])
        return record, record.display_name

    @api.model
    def _read_publication(self, data):
        """Return the values of what a maker sent; to be extended.

        :raise ExchangeRejected: a field cannot be used
        """
        # What an older sender does not know yet is empty; only a name there must be.
        texts = {name: data.get(name, "") for name in self._publication_texts}
        for name, limit in self._publication_texts.items():
            text = texts[name]
            self._require_data(name, isinstance(text, str) and len(text) <= limit and (text or name != "name"))
        self._require_data("state", data.get("state") in ("published", "closed"))
        return {**texts, "state": data["state"]}

    @api.model
    def _require_data(self, name, sound):
        """Reject a message for good when one of its fields is not sound."""
        if not sound:
            raise ExchangeRejected(self.env._("The field %(name)s cannot be used.", name=name))

    def _on_published(self, data):
        """Do what a dealer does about news of a maker; a hook."""

    def _ask_dealer(self, summary):
        """Give the person responsible for the link something to do, once."""
        user = self.origin_peer_id.user_id or self.env.ref("base.user_admin")
        if summary not in self.activity_ids.mapped("summary"):
            self.activity_schedule("mail.mail_activity_data_todo", summary=summary, user_id=user.id)
