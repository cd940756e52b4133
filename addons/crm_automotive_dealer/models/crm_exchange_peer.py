import logging
import secrets

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import network, webhook

_logger = logging.getLogger(__name__)

ADMIN = "crm_automotive_dealer.group_crm_automotive_dealer_exchange_admin"


class CrmExchangePeer(models.Model):
    """Another organisation that messages are exchanged with: in this database or over HTTPS.

    Both ends have a record of the link; the names on it are the same, the other way round.
    """

    _name = "crm.exchange.peer"
    _description = "Exchange Partner"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "company_id, name"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", "Our company", required=True, default=lambda self: self.env.company)
    role = fields.Selection([("maker", "Car maker"), ("dealer", "Car dealer")], "They are a", required=True)
    transport = fields.Selection(
        [("internal", "Company in this database"), ("http", "Another database (HTTPS)")],
        required=True,
        default="http",
        tracking=True,
    )
    mode = fields.Selection(
        [
            ("push", "Both ends send"),
            ("pull", "We fetch from them: they cannot reach us"),
            ("polled", "They fetch from us: we cannot reach them"),
        ],
        "Who calls",
        required=True,
        default="push",
        copy=False,
        help="Where one end is behind a firewall, it sends and fetches, and the other end only answers.",
    )
    state = fields.Selection(
        [("draft", "Not connected"), ("connected", "Connected"), ("paused", "Paused"), ("closed", "Closed by them")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    user_id = fields.Many2one("res.users", "Responsible", default=lambda self: self.env.user, help="Told of problems.")
    brand_ids = fields.Many2many("fleet.vehicle.model.brand", string="Brands", help="Empty: all brands.")
    local_key = fields.Char(
        "Our code", required=True, copy=False, help="For example the dealer number. Both ends agree on it."
    )
    remote_key = fields.Char("Their code", required=True, copy=False)
    remote_company_id = fields.Many2one("res.company", "Their company", copy=False)
    url = fields.Char("Address", copy=False, help="For example https://crm.maker.example.com")
    database = fields.Char(help="Only where their server holds several databases.", copy=False)
    secret_in = fields.Char(
        "Secret they sign with",
        groups=ADMIN,
        copy=False,
        default=lambda self: webhook.new_secret(),
        help="Give it to them. During a change, write both secrets, separated by a blank.",
    )
    secret_out = fields.Char("Secret we sign with", groups=ADMIN, copy=False, help="They give it to you.")
    pseudonym_key = fields.Char(
        groups=ADMIN,
        copy=False,
        default=lambda self: secrets.token_hex(32),
        help="Makes the customer's token. It never leaves this database.",
    )

    _keys_unique = models.UniqueIndex("(local_key, remote_key)", "There is another link with these two codes.")
    _keys_differ = models.Constraint("CHECK(local_key <> remote_key)", "Both ends need a code of their own.")

    # ------------------------------------------------------------
    # Connecting
    # ------------------------------------------------------------

    def action_connect(self):
        """Open the link; inside one database, make the other end as well."""
        for peer in self:
            peer._check_ready()
            if peer.transport == "internal" and not peer._get_counterpart():
                peer._create_counterpart()
            peer.write({"state": "connected", "failure_count": 0, "circuit_until": False})
        self._on_connected()

    def _check_ready(self):
        """Refuse to connect what cannot work."""
        if self.transport == "internal" and (not self.remote_company_id or self.remote_company_id == self.company_id):
            raise UserError(self.env._("Choose the other company of %(peer)s first.", peer=self.name))
        if self.transport == "http":
            if not (webhook.keys(self.secret_in) and webhook.keys(self.secret_out)):
                raise UserError(self.env._("%(peer)s needs a secret for each direction (whsec_...).", peer=self.name))
            reason = network.check(self.url, self._is_private_allowed())
            if reason and self.mode != "polled":
                raise UserError(self._get_refusal_message(reason))

    def _get_refusal_message(self, reason):
        """Return what to tell a person about an address nothing is sent to."""
        return {
            "url": self.env._("The address of %(peer)s must look like https://crm.example.com.", peer=self.name),
            "https": self.env._("The address of %(peer)s must begin with https.", peer=self.name),
            "unknown": self.env._("The address of %(peer)s is not known to the network.", peer=self.name),
            "private": self.env._(
                "The address of %(peer)s belongs to a private network. An administrator can allow that with the "
                "system parameter crm_exchange.allow_private.",
                peer=self.name,
            ),
        }[reason]

    def _create_counterpart(self):
        """Make the other end of a link inside this database."""
        # sudo: whoever may connect partners sets up both ends; the other company agreed to it
        # by having its partner's administrator in this database.
        self.sudo().with_company(self.remote_company_id).create(self._prepare_counterpart())

    def _prepare_counterpart(self):
        """Return the values of the other end."""
        return {
            "name": self.company_id.name,
            "company_id": self.remote_company_id.id,
            "role": "dealer" if self.role == "maker" else "maker",
            "transport": "internal",
            "state": "connected",
            "local_key": self.remote_key,
            "remote_key": self.local_key,
            "remote_company_id": self.company_id.id,
            "user_id": self.user_id.id,
        }

    def _on_connected(self):
        """Prepare what the exchange needs in our company, and wake up what waits; a hook."""
        self._create_purposes()
        self.env["crm.exchange.message"]._wake_all()

    def _create_purposes(self):
        """Have the purpose that a dealer's customers agree to, in each dealer company."""
        ends = self | self.filtered(lambda peer: peer.transport == "internal")._get_counterparts()
        # sudo: connecting is an administrator's decision; the privacy officer edits the text later.
        purposes = self.env["crm.privacy.purpose"].sudo()
        for company in ends.filtered(lambda peer: peer.role == "maker").company_id:
            if not purposes._find("oem_share_feedback", company):
                purposes.create(self._prepare_purpose(company))

    @api.model
    def _prepare_purpose(self, company):
        """Return the values of the purpose of a dealer company."""
        return {
            "name": self.env._("Answer by the maker"),
            "code": "oem_share_feedback",
            "company_id": company.id,
            "lawful_basis": "consent",
            "text": self.env._(
                "You may give my name, my contact details, my vehicle's number and what I told you to its maker, only "
                "so that the maker can answer me. I can withdraw this at any time."
            ),
        }

    def action_pause(self):
        """Stop sending and receiving; what is waiting keeps waiting."""
        self.write({"state": "paused"})

    def action_deliver_now(self):
        """Hand over what waits between two companies of this database, in this transaction."""
        for peer in self:
            if peer.transport != "internal":
                raise UserError(
                    self.env._("%(peer)s is in another database: its messages leave by themselves.", peer=peer.name)
                )
            # sudo: both ends were connected by an administrator; the engine moves bytes, nobody reads them here.
            messages = self.env["crm.exchange.message"].sudo()
            ends = peer.sudo() | peer._get_counterpart()
            for message in messages.search(
                [("peer_id", "in", ends.ids), ("state", "in", ("pending", "retry"))], order="id"
            ):
                message._deliver_here()

    # ------------------------------------------------------------
    # Finding
    # ------------------------------------------------------------

    def _get_counterpart(self):
        """Return the other end of a link inside this database."""
        self.ensure_one()
        # sudo: the other end belongs to a company that the caller does not see.
        return self.sudo().search(
            [
                ("local_key", "=", self.remote_key),
                ("remote_key", "=", self.local_key),
                ("company_id", "=", self.remote_company_id.id),
                ("transport", "=", "internal"),
            ],
            limit=1,
        )

    def _get_counterparts(self):
        return self.browse().union(*(peer._get_counterpart() for peer in self))

    @api.model
    def _find_receiver(self, sender, receiver):
        """Return the HTTP link, open or paused, that a message claims to belong to."""
        keys = [("local_key", "=", receiver), ("remote_key", "=", sender)]
        known = [("transport", "=", "http"), ("state", "in", ("connected", "paused"))]
        return self.sudo().search([*keys, *known], limit=1)

    @api.model
    def _find_for(self, role, company, brand):
        """Return the open link to the maker (or dealer) of a brand, the special one first."""
        peers = self.sudo().search(
            [("role", "=", role), ("company_id", "=", company.id), ("state", "in", ("connected", "paused"))]
        )
        return (
            peers.filtered(lambda peer: brand and brand in peer.brand_ids)[:1]
            or (peers.filtered(lambda peer: not peer.brand_ids)[:1])
        )

    # ------------------------------------------------------------
    # Receiving
    # ------------------------------------------------------------

    def _receive(self, raw, message_uuid):
        """Take a message in for our company, see ``crm.exchange.inbox._receive``; the caller commits.

        A mistake of ours undoes everything and asks for another try.
        """
        self.ensure_one()
        company = self.company_id
        # sudo: the exchange has no user; what it may do is fixed by the handlers and the company.
        inbox = self.env["crm.exchange.inbox"].sudo().with_context(allowed_company_ids=company.ids)
        try:
            with self.env.cr.savepoint():
                return inbox._receive(self.sudo().with_env(inbox.env), raw, message_uuid)
        except psycopg2.OperationalError:
            raise  # a conflict: the caller runs everything again
        except Exception:
            self.env.invalidate_all()
            _logger.exception("A message of %s could not be received", self)
            return 503, {"status": "failed", "reason": "try again"}
