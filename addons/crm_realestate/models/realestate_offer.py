from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import clean_context, format_amount, format_datetime

OPEN = ("draft", "sent")


class RealestateOffer(models.Model):
    """What a client would pay, and what the owner answers: a chain of offers and counter-offers.

    One offer of a property is accepted at a time; the database refuses a second. Accepting it books
    the property.
    """

    _name = "realestate.offer"
    _description = "Offer"
    _inherit = ["mail.thread", "mail.activity.mixin", "crm.state.mixin"]
    _order = "id desc"
    _check_company_auto = True

    _transitions = {
        "draft": ("sent", "withdrawn"),
        "sent": ("countered", "accepted", "refused", "expired", "withdrawn"),
        "countered": (),
        "accepted": ("withdrawn",),
        "refused": (),
        "expired": ("sent",),
        "withdrawn": (),
    }

    property_id = fields.Many2one(
        "realestate.property", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="property_id.company_id", store=True)
    currency_id = fields.Many2one(related="property_id.currency_id")
    partner_id = fields.Many2one("res.partner", "Client", required=True, index=True, ondelete="restrict")
    lead_id = fields.Many2one(
        "crm.lead", "Opportunity", index="btree_not_null", ondelete="set null", check_company=True
    )
    user_id = fields.Many2one(
        "res.users",
        "Agent",
        required=True,
        index=True,
        domain="[('share', '=', False)]",
        default=lambda self: self.env.user,
    )
    made_by = fields.Selection(
        [("client", "The client"), ("owner", "The owner")], "Made by", required=True, default="client"
    )
    operation = fields.Selection(
        [("sale", "Sale"), ("rent", "Rent")],
        compute="_compute_operation",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    amount = fields.Monetary(required=True, tracking=True)
    asking_price = fields.Monetary("Price asked", compute="_compute_asking_price", store=True, precompute=True)
    percent = fields.Float("Of the price asked (%)", compute="_compute_percent", digits=(5, 1))
    date_expiry = fields.Datetime("Valid until", default=lambda self: fields.Datetime.now() + timedelta(days=7))
    conditions = fields.Text(help="Financing, furniture, date of the deed...")
    parent_id = fields.Many2one("realestate.offer", "Answers", index="btree_not_null", readonly=True, copy=False)
    child_ids = fields.One2many("realestate.offer", "parent_id", "Counter-offers")
    booking_id = fields.Many2one("realestate.booking", index="btree_not_null", readonly=True, copy=False)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("sent", "Presented"),
            ("countered", "Countered"),
            ("accepted", "Accepted"),
            ("refused", "Refused"),
            ("expired", "Expired"),
            ("withdrawn", "Withdrawn"),
        ],
        required=True,
        default="draft",
        index=True,
        copy=False,
        tracking=True,
    )

    _amount_positive = models.Constraint("CHECK (amount > 0)", "An offer is more than nothing.")
    _one_accepted = models.UniqueIndex(
        "(property_id) WHERE state = 'accepted'", "Another offer of this property is accepted already."
    )

    @api.depends("property_id")
    def _compute_operation(self):
        for offer in self:
            offer.operation = "rent" if offer.property_id.operation == "rent" else offer.operation or "sale"

    @api.depends("property_id", "operation")
    def _compute_asking_price(self):
        """What was asked when the offer was made; later changes of the price leave it."""
        for offer in self:
            offer.asking_price = offer.property_id._get_price(offer.operation)

    @api.depends("amount", "asking_price")
    def _compute_percent(self):
        for offer in self:
            offer.percent = 100 * offer.amount / offer.asking_price if offer.asking_price else 0

    @api.depends("partner_id", "amount")
    def _compute_display_name(self):
        for offer in self:
            amount = format_amount(self.env, offer.amount, offer.currency_id or self.env.company.currency_id)
            offer.display_name = " · ".join(filter(None, [offer.partner_id.name, amount]))

    # ------------------------------------------------------------
    # States
    # ------------------------------------------------------------

    def _filter_moving(self, state):
        """An offer whose time is over cannot be accepted, even if nobody noted it yet."""
        moving = super()._filter_moving(state)
        if state == "accepted":
            moving._check_in_time()
        return moving

    def _check_in_time(self):
        now = fields.Datetime.now()
        for offer in self.filtered(lambda offer: offer.date_expiry and offer.date_expiry <= now):
            raise UserError(
                self.env._(
                    "The offer of %(client)s ended on %(end)s. Present it again with a new date.",
                    client=offer.partner_id.name,
                    end=format_datetime(self.env, offer.date_expiry, dt_format="short"),
                )
            )

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_send(self):
        """Present it to the other side."""
        for offer in self:
            renewed = offer.date_expiry and offer.date_expiry <= fields.Datetime.now()
            offer.write({"state": "sent", **({"date_expiry": False} if renewed else {})})

    def action_refuse(self):
        """Note that the other side says no."""
        self.write({"state": "refused"})

    def action_withdraw(self):
        """Note that who made it takes it back."""
        self.write({"state": "withdrawn"})

    def action_counter(self):
        """Ask for the answer; the offer counts as countered once that is presented."""
        self.ensure_one()
        view = self.env.ref("crm_realestate.realestate_offer_view_form_counter")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Counter-offer"),
            "res_model": "realestate.offer",
            "views": [(view.id, "form")],
            "target": "new",
            "context": {f"default_{name}": value for name, value in self._prepare_counter().items()},
        }

    def action_open_counter(self):
        """Open the answer that was just presented.

        :return: the action that opens its form
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "realestate.offer",
            "res_id": self.id,
            "views": [(False, "form")],
        }

    def _prepare_counter(self):
        """Return what the answer begins with: the same deal, the other side, at a price still to be said."""
        self.ensure_one()
        return {
            "parent_id": self.id,
            "property_id": self.property_id.id,
            "partner_id": self.partner_id.id,
            "lead_id": self.lead_id.id,
            "user_id": self.user_id.id,
            "operation": self.operation,
            "conditions": self.conditions,
            "made_by": "owner" if self.made_by == "client" else "client",
            "state": "sent",
        }

    @api.model_create_multi
    def create(self, vals_list):
        """An answer takes the place of what it answers."""
        offers = super().create(vals_list)
        answered = offers.parent_id
        answered.filtered(lambda offer: offer.state == "sent").write({"state": "countered"})
        return offers

    def action_accept(self):
        """Accept, book the property at this price, and have the agents of the others tell them.

        :return: the action that opens the booking
        :raise UserError: its time is over
        :raise ValidationError: the property is somebody else's; says whose
        """
        self.ensure_one()
        # The form of a counter-offer leaves its defaults in the context.
        bookings = self.env["realestate.booking"].with_context(clean_context(self.env.context))
        self.booking_id = bookings.create(self._prepare_booking())
        self.booking_id.action_hold()
        # What was withdrawn in this transaction must be out of the way of the unique index.
        self.flush_model(["state"])
        self.write({"state": "accepted"})
        self._inform_others()
        return {
            "type": "ir.actions.act_window",
            "res_model": "realestate.booking",
            "res_id": self.booking_id.id,
            "views": [(False, "form")],
        }

    def _prepare_booking(self):
        """Return the values of the booking of an accepted offer; a hook."""
        self.ensure_one()
        return {
            "property_id": self.property_id.id,
            "operation": self.operation,
            "partner_ids": self.partner_id.ids,
            "lead_id": self.lead_id.id,
            "user_id": self.user_id.id,
            "price_agreed": self.amount,
        }

    def _inform_others(self):
        """Ask the agents of the other open offers to tell their clients; nothing is refused by itself."""
        others = Domain("property_id", "=", self.property_id.id) & Domain("state", "in", OPEN)
        # sudo: other agents' offers as well.
        for other in self.sudo().search(others & Domain("id", "!=", self.id)):
            other.activity_schedule(
                "mail.mail_activity_data_call",
                summary=self.env._("Another offer was accepted: tell %(client)s", client=other.partner_id.name),
                user_id=other.user_id.id,
            )

    # ------------------------------------------------------------
    # Expiry
    # ------------------------------------------------------------

    @api.model
    def _cron_expire(self):
        """Note which offers are over and have their agents ask."""
        over = self.search(Domain("state", "=", "sent") & Domain("date_expiry", "<=", fields.Datetime.now()))
        over.write({"state": "expired"})
        for offer in over:
            offer.activity_schedule(
                "mail.mail_activity_data_call",
                summary=self.env._("The offer of %(client)s is over: renew or close it", client=offer.partner_id.name),
                user_id=offer.user_id.id,
            )
