from odoo import fields, models


class AutomotiveBay(models.Model):
    """A place in the workshop: one car at a time."""

    _name = "automotive.bay"
    _description = "Workshop Bay"
    _order = "sequence, name"

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
