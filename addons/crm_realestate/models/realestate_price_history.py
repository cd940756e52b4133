from odoo import fields, models


class RealestatePriceHistory(models.Model):
    """One change of a price. Written by the property itself, never by hand."""

    _name = "realestate.price.history"
    _description = "Price Change"
    _order = "date desc, id desc"
    _rec_name = "property_id"

    property_id = fields.Many2one("realestate.property", required=True, index=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="property_id.company_id", store=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    operation = fields.Selection([("sale", "Sale"), ("rent", "Rent")], required=True, readonly=True)
    old_price = fields.Monetary("Before", readonly=True)
    new_price = fields.Monetary("After", readonly=True)
    date = fields.Datetime("Changed on", required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", "Changed by", readonly=True, default=lambda self: self.env.user)
