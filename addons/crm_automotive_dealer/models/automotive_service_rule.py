from odoo import api, fields, models


class AutomotiveServiceRule(models.Model):
    """When a car is due for service: after so many months or kilometres, whichever comes first."""

    _name = "automotive.service.rule"
    _description = "Service Rule"
    _order = "model_id nulls last, brand_id nulls last, id"

    name = fields.Char(required=True)
    brand_id = fields.Many2one("fleet.vehicle.model.brand", help="Empty: all brands.")
    model_id = fields.Many2one("fleet.vehicle.model", help="Empty: all models. The most special rule holds.")
    months = fields.Integer("Every (months)", default=12)
    distance = fields.Integer("Every (km)", default=15000)
    active = fields.Boolean(default=True)

    _positive = models.Constraint(
        "CHECK (months >= 0 AND distance >= 0 AND months + distance > 0)", "A rule needs months, kilometres, or both."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Another rule is another day for the cars."""
        rules = super().create(vals_list)
        self._recompute_vehicles()
        return rules

    def write(self, vals):
        """Another rule is another day for the cars."""
        result = super().write(vals)
        self._recompute_vehicles()
        return result

    def unlink(self):
        """Without its rule a car is due by another one, or by none."""
        result = super().unlink()
        self._recompute_vehicles()
        return result

    @api.model
    def _recompute_vehicles(self):
        # sudo: the rules hold for the cars of every company.
        vehicles = self.env["automotive.vehicle"].sudo().search([("active", "in", (True, False))])
        for name in ("next_service_date", "next_service_odometer"):
            self.env.add_to_compute(vehicles._fields[name], vehicles)

    def _find_for(self, vehicle):
        """Return the most special of these rules that holds for a vehicle."""
        fitting = self.filtered(
            lambda rule: (
                (not rule.model_id or rule.model_id == vehicle.model_id)
                and (not rule.brand_id or rule.brand_id == vehicle.brand_id)
            )
        )
        return fitting.sorted(lambda rule: (not rule.model_id, not rule.brand_id))[:1]
