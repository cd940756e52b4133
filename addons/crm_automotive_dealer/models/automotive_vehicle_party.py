from odoo import fields, models


class AutomotiveVehicleParty(models.Model):
    """Who has to do with a vehicle, as what and when: owners change, the car stays."""

    _name = "automotive.vehicle.party"
    _description = "Vehicle Party"
    _order = "date_to desc nulls first, date_from desc, id desc"
    _rec_name = "partner_id"
    _check_company_auto = True

    vehicle_id = fields.Many2one(
        "automotive.vehicle", required=True, index=True, ondelete="cascade", check_company=True
    )
    partner_id = fields.Many2one("res.partner", "Contact", required=True, index=True, check_company=True)
    role = fields.Selection(
        [("owner", "Owner"), ("keeper", "Keeper"), ("driver", "Driver"), ("lessee", "Lessee")],
        default="owner",
        required=True,
    )
    date_from = fields.Date("From", default=fields.Date.context_today)
    date_to = fields.Date("Until", help="The first day on which this is no longer true; empty while it is.")
    company_id = fields.Many2one(related="vehicle_id.company_id", store=True, index=True)

    _one_open_owner = models.UniqueIndex(
        "(vehicle_id) WHERE role = 'owner' AND date_to IS NULL",
        "The vehicle has an owner already. Set the day on which the former owner gave it away first.",
    )
    # int4range instead of the bare column: needs no extension of PostgreSQL.
    _owners_overlap = models.Constraint(
        "EXCLUDE USING gist (int4range(vehicle_id, vehicle_id, '[]') WITH =,"
        " daterange(date_from, date_to, '[)') WITH &&) WHERE (role = 'owner')",
        "The vehicle had another owner at that time. Correct the days of one of them.",
    )
    _dates_ordered = models.Constraint(
        "CHECK(date_to IS NULL OR date_from IS NULL OR date_to >= date_from)",
        "The last day cannot be before the first.",
    )
