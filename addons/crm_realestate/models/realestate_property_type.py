from odoo import fields, models


class RealestatePropertyType(models.Model):
    """What a property is: flat, house, office, parking space..."""

    _name = "realestate.property.type"
    _description = "Property Type"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="Stable name that feeds and forms use, for example: flat.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    category = fields.Selection(
        [
            ("housing", "Housing"),
            ("premises", "Shop or premises"),
            ("office", "Office"),
            ("industrial", "Industrial"),
            ("parking", "Parking"),
            ("storage", "Storage room"),
            ("land", "Land"),
            ("building", "Building"),
        ],
        default="housing",
        required=True,
        help="Decides which details a property of this type asks for.",
    )

    _code_unique = models.UniqueIndex("(code) WHERE code IS NOT NULL", "Another property type has the same code.")
