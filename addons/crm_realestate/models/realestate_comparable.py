from odoo import api, fields, models


class RealestateComparable(models.Model):
    """A home others offer or sold, noted to compare prices with."""

    _name = "realestate.comparable"
    _description = "Comparable Home"
    _order = "date desc, id desc"

    name = fields.Char("Address or title", required=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    zone_id = fields.Many2one("realestate.zone", required=True, index=True, ondelete="restrict")
    type_id = fields.Many2one("realestate.property.type", required=True, ondelete="restrict")
    operation = fields.Selection([("sale", "Sale"), ("rent", "Rent")], required=True, default="sale")
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    price = fields.Monetary(required=True)
    area_built = fields.Float("Built area (m²)", digits=(12, 2), required=True)
    price_per_m2 = fields.Monetary("Price / m²", compute="_compute_price_per_m2", store=True, aggregator="avg")
    beds = fields.Integer("Bedrooms")
    source = fields.Char(help="The agency or the portal that shows it.")
    url = fields.Char("Link")
    date = fields.Date("Seen on", required=True, default=fields.Date.context_today)

    _positive = models.Constraint("CHECK (price > 0 AND area_built > 0)", "A comparable home has a price and an area.")

    @api.depends("price", "area_built")
    def _compute_price_per_m2(self):
        for home in self:
            home.price_per_m2 = home.price / home.area_built if home.area_built else 0.0
