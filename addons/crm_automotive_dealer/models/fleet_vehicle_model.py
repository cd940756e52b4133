from odoo import fields, models


class FleetVehicleModel(models.Model):
    _inherit = "fleet.vehicle.model"

    oem_code = fields.Char("Maker's code", copy=False, help="As the maker's catalogue names it.")
