from odoo import fields, models


class RealestateFeature(models.Model):
    """Something a property has and people ask for: lift, terrace, sea view..."""

    _name = "realestate.feature"
    _description = "Property Feature"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer(export_string_translation=False)

    _name_unique = models.UniqueIndex("(name)", "There is already a feature with this name.")
