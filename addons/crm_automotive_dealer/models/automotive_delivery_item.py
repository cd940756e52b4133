from odoo import fields, models


class AutomotiveDeliveryItem(models.Model):
    """What every delivery is checked for; copied to a delivery when it begins."""

    _name = "automotive.delivery.item"
    _description = "Delivery Item"
    _order = "sequence, id"

    sequence = fields.Integer(default=10)
    name = fields.Char("What", required=True, translate=True)
    required = fields.Boolean("Must", default=True)
    company_id = fields.Many2one("res.company", help="Leave empty to share it among all companies.")
