from odoo import fields, models


class AutomotiveDeliveryCheck(models.Model):
    """One thing to be checked before a car is handed over."""

    _name = "automotive.delivery.check"
    _description = "Delivery Check"
    _order = "sequence, id"

    delivery_id = fields.Many2one("automotive.delivery", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="delivery_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char("What", required=True)
    required = fields.Boolean("Must", default=True)
    done = fields.Boolean()
