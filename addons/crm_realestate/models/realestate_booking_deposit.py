from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import clean_context


class RealestateBooking(models.Model):
    """The deposit of a booking: a quote, never an invoice; whoever invoices quotes invoices it."""

    _inherit = "realestate.booking"

    payer_id = fields.Many2one(
        "res.partner", "Deposit from", compute="_compute_payer_id", store=True, readonly=False, precompute=True
    )
    deposit_amount = fields.Monetary(
        "Deposit", compute="_compute_deposit_amount", store=True, readonly=False, precompute=True
    )
    deposit_order_id = fields.Many2one(
        "sale.order", "Deposit quote", index="btree_not_null", ondelete="set null", readonly=True, copy=False
    )
    deposit_order_state = fields.Selection(related="deposit_order_id.state", string="Quote state")

    _deposit_positive = models.Constraint("CHECK (deposit_amount >= 0)", "A deposit cannot be negative.")

    @api.depends("partner_ids", "lead_id")
    def _compute_payer_id(self):
        for booking in self:
            clients = booking.partner_ids
            if booking.payer_id not in clients or not booking.payer_id:
                booking.payer_id = (booking.lead_id.partner_id & clients._origin) or clients[:1]._origin

    @api.depends("price_agreed")
    def _compute_deposit_amount(self):
        for booking in self:
            if booking.deposit_order_id:
                continue
            company = booking.company_id or self.env.company
            amount = booking.price_agreed * company.realestate_deposit_percent / 100
            booking.deposit_amount = booking.currency_id.round(amount) if booking.currency_id else amount

    # ------------------------------------------------------------
    # Deposit
    # ------------------------------------------------------------

    def action_create_deposit_quote(self):
        """Make the quote for the deposit, once; when the client accepts it, the booking is confirmed.

        :return: the action that opens it
        :raise UserError: no client or no amount
        """
        self.ensure_one()
        if not self.deposit_order_id or self.deposit_order_id.state == "cancel":
            self._check_deposit()
            order = self.env["sale.order"].with_context(clean_context(self.env.context))
            self.deposit_order_id = order.create(self._prepare_deposit_order())
        return self.action_open_deposit_order()

    def action_open_deposit_order(self):
        """Open the deposit quote."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.deposit_order_id.id,
            "views": [(False, "form")],
        }

    def _check_deposit(self):
        """Refuse a quote to nobody or about nothing."""
        if self.state not in ("draft", "held", "confirmed"):
            raise UserError(
                self.env._("%(booking)s needs a hold first: then ask for the deposit.", booking=self.display_name)
            )
        if not self.payer_id or self.currency_id.is_zero(self.deposit_amount):
            raise UserError(
                self.env._("Say who pays the deposit of %(booking)s and how much it is.", booking=self.display_name)
            )

    def _prepare_deposit_order(self):
        """Return the values of the deposit quote; a hook."""
        self.ensure_one()
        company = self.company_id
        amount = self.currency_id._convert(
            self.deposit_amount, company.currency_id, company, fields.Date.context_today(self)
        )
        return {
            "partner_id": self.payer_id.id,
            "company_id": company.id,
            "user_id": self.user_id.id,
            "opportunity_id": self.lead_id.id,
            "origin": self.name,
            "order_line": [Command.create(self._prepare_deposit_line(amount))],
            **({"validity_date": self.date_expiry.date()} if self.date_expiry else {}),
        }

    def _prepare_deposit_line(self, amount):
        """Return the values of the quote's line; a hook."""
        names = ", ".join(self.line_ids.property_id.mapped("display_name"))
        return {
            "product_id": self.env.ref("crm_realestate.product_booking_deposit").id,
            "name": self.env._("Booking deposit %(booking)s: %(properties)s", booking=self.name, properties=names),
            "product_uom_qty": 1,
            "price_unit": amount,
        }

    def _on_deposit_accepted(self):
        """Confirm the bookings whose deposit quote was accepted.

        Never raises for reasons the client cannot help: if the property is another's by now, the
        agent gets an activity.
        """
        for booking in self:
            if booking.state in ("confirmed", "contracted", "done"):
                continue
            try:
                with self.env.cr.savepoint():
                    booking.write({"state": "confirmed"})
            except UserError as error:
                booking._notify_deposit_problem(str(error))

    def _notify_deposit_problem(self, reason):
        """Ask the agent to solve what the machine cannot."""
        self.activity_schedule(
            "mail.mail_activity_data_warning",
            summary=self.env._("The deposit was accepted but the property is not free"),
            note=reason,
            user_id=self.user_id.id,
        )
