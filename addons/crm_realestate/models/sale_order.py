from odoo import api, fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    realestate_booking_ids = fields.One2many(
        "realestate.booking", "deposit_order_id", "Bookings", groups="crm_realestate.group_realestate_agent"
    )

    # A column, so that no other quote has to look for bookings when it is accepted.
    is_realestate_deposit = fields.Boolean("Deposit of a booking", compute="_compute_is_realestate_deposit", store=True)
    realestate_fee_booking_id = fields.Many2one(
        "realestate.booking",
        "Fee of the booking",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        groups="crm_realestate.group_realestate_agent",
    )

    @api.depends("realestate_booking_ids")
    def _compute_is_realestate_deposit(self):
        for order in self:
            order.is_realestate_deposit = bool(order.realestate_booking_ids)

    def _on_quote_accepted(self, source):
        """An accepted deposit quote confirms its booking."""
        super()._on_quote_accepted(source)
        deposits = self.filtered("is_realestate_deposit")
        # sudo: the client who signs in the portal may not write bookings.
        for company, bookings in deposits.sudo().realestate_booking_ids.grouped("company_id").items():
            bookings.with_company(company)._on_deposit_accepted()

    def _on_quote_revised(self, revision):
        """A revised deposit quote is the deposit of the same booking."""
        super()._on_quote_revised(revision)
        # sudo: whoever may revise the quote need not be an estate agent.
        self.sudo().realestate_booking_ids.deposit_order_id = revision

    def action_open_bookings(self):
        """Open the booking this quote is the deposit of."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "realestate.booking",
            "res_id": self.realestate_booking_ids[:1].id,
            "views": [(False, "form")],
        }
