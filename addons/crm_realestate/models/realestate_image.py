from odoo import fields, models


class RealestateImage(models.Model):
    """A photo or a floor plan of a property; the first one is its cover."""

    _name = "realestate.image"
    _description = "Property Image"
    _inherit = ["image.mixin"]
    _order = "sequence, id"

    property_id = fields.Many2one("realestate.property", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="property_id.company_id", store=True)
    name = fields.Char("Caption")
    sequence = fields.Integer(default=10)
    is_floor_plan = fields.Boolean("Floor plan")
