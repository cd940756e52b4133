from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    vehicle_party_ids = fields.One2many(
        "automotive.vehicle.party",
        "partner_id",
        "Vehicles",
        groups="crm_automotive_dealer.group_crm_automotive_dealer_user",
    )
