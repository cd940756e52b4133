from odoo import fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    realestate_booking_ids = fields.One2many(
        "realestate.booking", "deposit_order_id", "Bookings", groups="crm_realestate.group_realestate_agent"
    )

    realestate_fee_booking_id = fields.Many2one(
        "realestate.booking",
        "Fee of the booking",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        groups="crm_realestate.group_realestate_agent",
    )

    def _on_quote_accepted(self, source):
        """An accepted deposit quote confirms its booking."""
        super()._on_quote_accepted(source)
        # sudo: the client who signs in the portal may not write bookings.
        for company, bookings in self.sudo().realestate_booking_ids.grouped("company_id").items():
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
