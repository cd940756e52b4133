from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..exceptions import ExchangeRejected
from ..tools import referral

LEAD_ASSIGNED = "automotive.lead.assigned.v1"
LEAD_OUTCOME = "automotive.lead.outcome.v1"
# Working days a dealer has to react.
RESPOND_DAYS = 1
WAITING = ("sent", "late")


class AutomotiveOemLead(models.Model):
    """Somebody who asked the maker for a car: given to a dealer, who tells by itself what becomes of it."""

    _name = "automotive.oem.lead"
    _description = "Maker's Lead"
    _inherit = ["crm.exchange.mixin", "automotive.number.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char("Lead")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    # Who
    contact_name = fields.Char("Customer", tracking=True)
    contact_company = fields.Char("Customer's company")
    email = fields.Char("E-mail")
    phone = fields.Char()
    street = fields.Char()
    zip = fields.Char("ZIP")
    city = fields.Char()
    country_id = fields.Many2one("res.country")
    agreed = fields.Boolean(
        "Asked to be contacted by a dealer", help="Without it nothing is sent: the dealer is another company."
    )
    # What
    brand_id = fields.Many2one("fleet.vehicle.model.brand", index="btree_not_null")
    model_id = fields.Many2one("fleet.vehicle.model", index="btree_not_null", domain="[('brand_id', '=?', brand_id)]")
    interest = fields.Selection(
        [("buy", "Buy"), ("lease", "Lease"), ("test-drive", "Test drive")], default="buy", required=True
    )
    comments = fields.Text("What they say")
    source_id = fields.Many2one("utm.source", "Came through")
    # Where it went
    user_id = fields.Many2one(
        "res.users", "Looked after by", default=lambda self: self.env.user, check_company=True, tracking=True
    )
    peer_id = fields.Many2one(
        "crm.exchange.peer",
        "Dealer",
        index="btree_not_null",
        tracking=True,
        check_company=True,
        domain="[('role', '=', 'dealer'), ('state', 'in', ('connected', 'paused')), ('company_id', '=', company_id)]",
    )
    former_peer_ids = fields.Many2many("crm.exchange.peer", string="Had it before", readonly=True, copy=False)
    assignment = fields.Integer("Times given", readonly=True, copy=False, aggregator=None)
    sent_at = fields.Datetime("Sent on", readonly=True, copy=False)
    respond_by = fields.Datetime("Dealer reacts until", readonly=True, copy=False)
    responded_at = fields.Datetime("Dealer reacted on", readonly=True, copy=False)
    state_at = fields.Datetime("Since", readonly=True, copy=False)
    reason = fields.Char("Why", readonly=True, copy=False, help="The dealer's reason why it ended.")
    transfer_problem = fields.Char(readonly=True, copy=False)
    state = fields.Selection(
        [("draft", "New"), ("sent", "At the dealer"), *referral.STEPS],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )

    _uuid_unique = models.UniqueIndex("(company_id, uuid)")

    @api.depends("name", "contact_name", "contact_company")
    def _compute_display_name(self):
        for lead in self:
            lead.display_name = ": ".join(filter(None, [lead.name, lead.contact_name or lead.contact_company]))

    @api.onchange("model_id")
    def _onchange_model_id(self):
        self.brand_id = self.model_id.brand_id or self.brand_id

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        for lead in self.filtered("assignment"):
            raise UserError(self.env._("%(lead)s was given to a dealer and is kept.", lead=lead.display_name))

    # ------------------------------------------------------------
    # Giving it to a dealer
    # ------------------------------------------------------------

    def action_send(self):
        """Give the leads to their dealers: one message each, in this transaction."""
        for lead in self.filtered(lambda lead: lead.state == "draft"):
            lead._check_ready()
            lead.write({**lead._prepare_sending(), "state": "sent", "state_at": fields.Datetime.now()})
            lead._emit("assigned")

    def _check_ready(self):
        """Refuse to send what a dealer could not use, or must not have.

        :raise UserError: what is missing
        """
        if not self.peer_id:
            raise UserError(self.env._("Choose the dealer who gets %(lead)s.", lead=self.display_name))
        if not (self.contact_name or self.contact_company) or not (self.email or self.phone):
            raise UserError(
                self.env._("%(lead)s needs a name and a phone or an e-mail: the dealer calls.", lead=self.display_name)
            )
        if not self.agreed:
            raise UserError(
                self.env._(
                    "Tick that %(lead)s asked to be contacted by a dealer; without that the name stays here.",
                    lead=self.display_name,
                )
            )

    def _prepare_sending(self):
        now = fields.Datetime.now()
        respond_by = datetime.combine(self.company_id._add_working_days(now.date(), RESPOND_DAYS), now.time())
        return {
            "assignment": self.assignment + 1,
            "sent_at": now,
            "respond_by": respond_by,
            "responded_at": False,
            "reason": False,
            "transfer_problem": False,
        }

    def action_take_back(self):
        """Take the leads back from their dealers, for another one."""
        for lead in self.filtered(lambda lead: lead.peer_id and lead.state not in ("draft", "won")):
            lead._emit("withdrawn")
            lead.activity_unlink(["mail.mail_activity_data_todo"])
            former = [Command.link(lead.peer_id.id)]
            lead.write(
                {"state": "draft", "state_at": fields.Datetime.now(), "former_peer_ids": former, "peer_id": False}
            )

    def action_suggest_dealer(self):
        """Choose the dealer of the brand whose postcode is nearest, among those who did not have it yet."""
        for lead in self.filtered(lambda lead: lead.state == "draft"):
            lead.peer_id = lead._find_dealer()

    def _find_dealer(self):
        """Return the link to the dealer who fits best; a hook."""
        # sudo: see `automotive.publication.mixin._get_dealers`.
        open_ = [("role", "=", "dealer"), ("state", "=", "connected"), ("company_id", "=", self.company_id.id)]
        peers = self.peer_id.sudo().search(open_) - self.former_peer_ids
        fitting = peers.filtered(lambda peer: self.brand_id in peer.brand_ids or not (peer.brand_ids and self.brand_id))
        nearest = fitting.sorted(lambda peer: -referral.same_region(peer._get_zip(), self.zip))[:1]
        return nearest.sudo(False)

    def _emit(self, state):
        """Tell the dealer the whole lead, or that it was taken back: then nothing but that."""
        data = {"state": state, "number": self.name, **(self._get_told() if state == "assigned" else {})}
        self.env["crm.exchange.message"]._emit(
            self.peer_id, LEAD_ASSIGNED, self, f"{state}:{self.assignment}", data, supersede=True
        )

    def _get_told(self):
        """Return what the dealer learns of the customer; names as in ``tools.referral``."""
        told = {
            "name": self.contact_name,
            "company": self.contact_company,
            "email": self.email,
            "phone": self.phone,
            "street": self.street,
            "zip": self.zip,
            "city": self.city,
            "country": self.country_id.code,
            "make": self.brand_id.name,
            "model": self.model_id.name,
            "interest": self.interest,
            "comments": self.comments,
            "respond_by": self.respond_by.isoformat(),
        }
        return {name: value[: referral.TEXTS[name]] for name, value in told.items() if value}

    # ------------------------------------------------------------
    # What comes back
    # ------------------------------------------------------------

    def _exchange_delivered(self, message, body):
        """The dealer has it."""
        self.transfer_problem = False

    def _exchange_dead(self, message):
        """Have somebody give it to another dealer."""
        self.transfer_problem = message.last_error or self.env._("Could not be transferred")
        self._ask(self.env._("%(lead)s did not reach the dealer", lead=self.name))

    @api.model
    def _exchange_receive_outcome(self, content, entry):
        """Note what a dealer tells; who had the lead before is heard, but decides nothing."""
        domain = [("uuid", "=", content["subject"]), ("company_id", "=", entry.company_id.id)]
        lead = self.search(domain)
        if not lead or entry.peer_id not in lead.peer_id | lead.former_peer_ids:
            raise ExchangeRejected(self.env._("This lead was not given to you."))
        try:
            outcome, reason = referral.accept_outcome(content["data"])
        except ValueError as error:
            raise ExchangeRejected(self.env._("The field %(name)s cannot be used.", name=error)) from None
        if entry.peer_id == lead.peer_id and lead.state != "draft":
            lead._take_outcome(outcome, reason)
        else:
            lead._note_former(entry.peer_id, outcome)
        return lead, lead.name

    def _take_outcome(self, outcome, reason):
        """Go where the dealer is; messages come in order, the last one holds."""
        now = fields.Datetime.now()
        values = {"state": outcome, "state_at": now, "reason": reason or False}
        if outcome not in WAITING:
            values["responded_at"] = self.responded_at or now
            self.activity_unlink(["mail.mail_activity_data_todo"])
        self.write(values)
        if outcome in ("late", "declined"):
            self._ask_for_another()

    def _note_former(self, peer, outcome):
        labels = dict(self._fields["state"]._description_selection(self.env))
        told = {"dealer": peer.name, "outcome": labels[outcome]}
        self.message_post(body=self.env._("%(dealer)s, who had it before, tells: %(outcome)s.", **told))

    def _ask_for_another(self):
        self._ask(self.env._("Give %(lead)s to another dealer", lead=self.name))

    def _ask(self, summary):
        user = self.user_id or self.env.ref("base.user_admin")
        if summary not in self.activity_ids.mapped("summary"):
            self.activity_schedule("mail.mail_activity_data_todo", summary=summary, user_id=user.id)

    @api.model
    def _cron_late(self):
        """Notice the dealers who do not react, whether they say so or not."""
        late = self.search([("state", "=", "sent"), ("respond_by", "<", fields.Datetime.now())])
        late.write({"state": "late", "state_at": fields.Datetime.now()})
        for lead in late:
            lead._ask_for_another()
