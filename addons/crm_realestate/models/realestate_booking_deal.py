from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import float_compare, format_amount

# What is paid back of a deposit; article 1454 of the Spanish Civil Code for penitential arras.
SETTLEMENT = {"returned": 1, "kept": 0, "doubled": 2}
PAID_STATES = ("sale", "done")


class RealestateBooking(models.Model):
    """The deal behind a booking: sale or rent, what happens to the deposit, our fee and who shares it."""

    _inherit = "realestate.booking"

    operation = fields.Selection(
        [("sale", "Sale"), ("rent", "Rent")],
        compute="_compute_operation",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    deposit_kind = fields.Selection(
        [
            ("reservation", "Reservation"),
            ("confirmatory", "Confirmatory arras"),
            ("penitential", "Penitential arras"),
            ("penal", "Penal arras"),
        ],
        "Kind of deposit",
        required=True,
        default="reservation",
        help="Penitential: the client who withdraws loses it, the owner who withdraws returns it twice.",
    )
    deposit_outcome = fields.Selection(
        [
            ("none", "There was none"),
            ("returned", "Returned"),
            ("kept", "Kept"),
            ("doubled", "Returned twice"),
        ],
        readonly=True,
        copy=False,
        tracking=True,
    )
    offer_ids = fields.One2many("realestate.offer", "booking_id", "Accepted offer", readonly=True)
    queue_position = fields.Integer("Place in the waiting list", compute="_compute_queue_position")
    date_deed = fields.Date("Deed planned for", tracking=True)

    # Fee
    fee_amount = fields.Monetary(
        "Our fee", compute="_compute_fee_amount", store=True, readonly=False, precompute=True, help="Without taxes."
    )
    fee_order_ids = fields.One2many("sale.order", "realestate_fee_booking_id", "Fee quotes")
    commission_ids = fields.One2many("realestate.commission", "booking_id", "Shares of the fee")
    commission_total = fields.Float("Shared (%)", compute="_compute_commission_total", digits=(5, 2))
    commission_state = fields.Selection(
        [("draft", "Proposed"), ("approved", "Approved")],
        "Shares",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
    )

    _fee_positive = models.Constraint("CHECK (fee_amount >= 0)", "A fee cannot be negative.")

    @api.depends("property_id")
    def _compute_operation(self):
        for booking in self:
            booking.operation = "rent" if booking.property_id.operation == "rent" else booking.operation or "sale"

    @api.depends("property_id", "line_ids.property_id", "operation")
    def _compute_price_agreed(self):
        """A property for sale or rent costs what the deal is about."""
        for booking in self:
            if booking.state in ("draft", "waiting") or not booking.price_agreed:
                properties = booking._get_priced_properties()
                booking.price_agreed = sum(prop._get_price(booking.operation) for prop in properties)

    @api.depends("price_agreed", "operation", "property_id")
    def _compute_fee_amount(self):
        for booking in self:
            if booking.commission_state != "approved":
                booking.fee_amount = booking.property_id._get_fee(booking.operation, booking.price_agreed)

    def _compute_queue_position(self):
        waiting = self.filtered(lambda booking: booking.state == "waiting")
        # sudo: other agents' clients are before ours as well.
        queue = self.sudo().search(
            Domain("state", "=", "waiting") & Domain("property_id", "in", waiting.property_id.ids), order="id"
        )
        by_property = queue.grouped("property_id")
        for booking in self:
            before = by_property.get(booking.property_id.sudo(), self.sudo().browse()).ids
            known = booking.state == "waiting" and booking.id in before
            booking.queue_position = before.index(booking.id) + 1 if known else 0

    @api.depends("commission_ids.percent")
    def _compute_commission_total(self):
        for booking in self:
            booking.commission_total = sum(booking.commission_ids.mapped("percent"))

    def _get_asking_price(self):
        """Return what was asked: when the accepted offer was made, else what is asked now."""
        self.ensure_one()
        asked = sum(prop._get_price(self.operation) for prop in self._get_priced_properties())
        return self.offer_ids[:1].asking_price or asked

    # ------------------------------------------------------------
    # Deposit
    # ------------------------------------------------------------

    def _is_deposit_accepted(self):
        """Tell whether the client committed to the deposit."""
        self.ensure_one()
        return self.state in ("confirmed", "contracted") or self.deposit_order_id.state in PAID_STATES

    def action_cancel(self, reason=None, note=None, deposit_outcome=None):
        """Give the properties back and say what becomes of the deposit.

        :param deposit_outcome: ``returned``, ``kept``, ``doubled`` or ``none``; by default none if there is none
        :raise UserError: there was a deposit and nobody says what becomes of it
        """
        for booking in self:
            if booking._is_deposit_accepted() and not deposit_outcome and booking.deposit_amount:
                raise UserError(
                    self.env._(
                        "%(booking)s has a deposit: say whether it is returned, kept or returned twice.",
                        booking=booking.display_name,
                    )
                )
        settled = self.filtered(lambda booking: booking.state not in ("done", "cancelled"))
        result = super().action_cancel(reason, note, deposit_outcome)
        settled.write({"deposit_outcome": deposit_outcome or "none"})
        settled._settle_deposit()
        return result

    def _get_settlement(self):
        """Return what is paid back to the client of the deposit, in the booking's currency."""
        self.ensure_one()
        return self.deposit_amount * SETTLEMENT.get(self.deposit_outcome, 0)

    def _settle_deposit(self):
        """Note on the quote what becomes of the deposit; have somebody pay back what is to be paid back."""
        labels = dict(self._fields["deposit_outcome"]._description_selection(self.env))
        for booking in self.filtered(lambda booking: booking.deposit_outcome not in (False, "none")):
            text = self.env._(
                "%(booking)s was cancelled. Deposit: %(outcome)s.",
                booking=booking.display_name,
                outcome=labels[booking.deposit_outcome],
            )
            if booking.deposit_order_id:
                booking.deposit_order_id.message_post(body=text)
            if booking._get_settlement():
                amount = format_amount(self.env, booking._get_settlement(), booking.currency_id)
                booking.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=self.env._(
                        "Pay back %(amount)s to %(client)s", amount=amount, client=booking.payer_id.name
                    ),
                    user_id=booking.user_id.id,
                )

    # ------------------------------------------------------------
    # Opportunity
    # ------------------------------------------------------------

    def _on_held(self):
        """The opportunity expects our fee of this deal, at the end of the hold or on the day of the deed."""
        result = super()._on_held()
        self._tell_lead()
        return result

    def _on_confirmed(self):
        """Who wanted the same property is offered something else."""
        result = super()._on_confirmed()
        self._tell_lead()
        self.env["crm.lead"]._on_property_taken(self.line_ids.property_id, self.lead_id)
        return result

    def _tell_lead(self):
        """Note on open opportunities what the deal brings and when."""
        for booking in self:
            # sudo: it is booked, whoever's opportunity it is.
            lead = booking.lead_id.sudo()
            if lead.won_status != "pending" or lead.property_id not in booking.sudo().line_ids.property_id:
                continue
            lead._expect_deal(booking.operation, booking.price_agreed, booking.fee_amount)
            deadline = booking.date_deed or (booking.date_expiry and booking.date_expiry.date())
            if deadline:
                lead.date_deadline = deadline

    def _on_freed(self):
        """An accepted offer whose booking is over makes room for another."""
        result = super()._on_freed()
        # sudo: the booking decides, whoever's offer it is.
        self.sudo().offer_ids.filtered(lambda offer: offer.state == "accepted").write({"state": "withdrawn"})
        return result

    # ------------------------------------------------------------
    # Fee
    # ------------------------------------------------------------

    def action_create_fee_quote(self):
        """Make the quotes of our fee, once, to who pays it by the mandate.

        :return: the action that opens them
        :raise UserError: nobody is known who pays, or there is no fee
        """
        self.ensure_one()
        if not self.fee_order_ids.filtered(lambda order: order.state != "cancel"):
            payers = self._get_fee_payers()
            if not payers or self.currency_id.is_zero(self.fee_amount):
                raise UserError(
                    self.env._(
                        "Say how much the fee of %(booking)s is and who owns the property.", booking=self.display_name
                    )
                )
            self.env["sale.order"].create([self._prepare_fee_order(*payer) for payer in payers])
        return self.action_open_fee_quotes()

    def action_open_fee_quotes(self):
        """Open the quotes of our fee."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_quotations")
        orders = self.fee_order_ids
        single = {"view_mode": "form", "views": [(False, "form")], "res_id": orders.id} if len(orders) == 1 else {}
        return {**action, **single, "domain": [("id", "in", orders.ids)], "context": {"create": False}}

    def _get_fee_payers(self):
        """Return who pays the fee: list of (contact, part of it from 0 to 1)."""
        self.ensure_one()
        # sudo: the agent of the buyer makes the quote and may not see the mandate.
        mandate = self._get_fee_mandate()
        owner = self.property_id._get_owners()[:1]
        payer = mandate.fee_payer or "owner"
        found = {
            "owner": [(owner, 1.0)],
            "client": [(self.payer_id, 1.0)],
            "both": [(owner, 0.5), (self.payer_id, 0.5)],
        }
        return [(partner, part) for partner, part in found[payer] if partner]

    def _get_fee_mandate(self):
        """Return the mandate the fee follows: the one in force, else the one the deal fulfilled."""
        # sudo: as above.
        mandates = self.property_id.sudo().mandate_ids.filtered(lambda one: one.operation == self.operation)
        return mandates.filtered(lambda one: one.state in ("signed", "fulfilled"))[:1]

    def _prepare_fee_order(self, partner, part):
        """Return the values of a fee quote; a hook.

        :param partner: who pays
        :param part: of the fee, from 0 to 1
        """
        company = self.company_id
        amount = self.currency_id._convert(
            self.fee_amount * part, company.currency_id, company, fields.Date.context_today(self)
        )
        line = {
            "product_id": self.env.ref("crm_realestate.product_agency_fee").id,
            "name": self.env._("Agency fee: %(property)s", property=self.property_id.display_name),
            "product_uom_qty": 1,
            "price_unit": amount,
        }
        return {
            "partner_id": partner.id,
            "company_id": company.id,
            "user_id": self.user_id.id,
            "origin": self.name,
            "realestate_fee_booking_id": self.id,
            "order_line": [Command.create(line)],
        }

    # ------------------------------------------------------------
    # Documents
    # ------------------------------------------------------------

    def _get_document_parties(self):
        """The clients buy or rent, the owners sell or let."""
        parties = super()._get_document_parties()
        return {**parties, "buyer": self.partner_ids, "payer": self.payer_id, "seller": self.property_id._get_owners()}

    def _on_document_signed(self, document):
        """A contract everybody signed is signed; a booking that has no deposit yet waits for it."""
        if document.kind == "contract":
            self.filtered(lambda booking: booking.state == "confirmed").write({"state": "contracted"})
        return super()._on_document_signed(document)

    # ------------------------------------------------------------
    # Shares
    # ------------------------------------------------------------

    def action_propose_commissions(self):
        """Propose who shares the fee: who brought the property and who found the client, half and half."""
        for booking in self.filtered(lambda booking: booking.commission_state == "draft"):
            booking.commission_ids = [Command.clear(), *map(Command.create, booking._prepare_commissions())]

    def _prepare_commissions(self):
        """Return the values of the shares proposed; a hook."""
        self.ensure_one()
        lister, seller = self.property_id.user_id, self.user_id
        if not lister or lister == seller:
            return [{"role": "selling", "user_id": seller.id, "percent": 100.0}]
        return [
            {"role": "listing", "user_id": lister.id, "percent": 50.0},
            {"role": "selling", "user_id": seller.id, "percent": 50.0},
        ]

    def action_approve_commissions(self):
        """Fix the shares: from now on neither they nor the fee change.

        :raise UserError: they do not make 100 %
        """
        for booking in self:
            if float_compare(booking.commission_total, 100, precision_digits=2):
                raise UserError(
                    self.env._(
                        "The shares of %(booking)s make %(total)s %%, not 100 %%.",
                        booking=booking.display_name,
                        total=round(booking.commission_total, 2),
                    )
                )
        self.write({"commission_state": "approved"})

    def action_reopen_commissions(self):
        """Take the approval back."""
        self.write({"commission_state": "draft"})
