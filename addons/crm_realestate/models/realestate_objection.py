from odoo import fields, models


class RealestateObjection(models.Model):
    """What visitors did not like: noise, price, light... Counted, it tells the owner what to change."""

    _name = "realestate.objection"
    _description = "Objection"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    color = fields.Integer(export_string_translation=False)
    active = fields.Boolean(default=True)
