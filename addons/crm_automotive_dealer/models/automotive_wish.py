from odoo import api, fields, models


class AutomotiveWish(models.Model):
    """A car that the customer of an opportunity would like: a model, or one that stands here."""

    _name = "automotive.wish"
    _description = "Wished Car"
    _order = "sequence, id"
    _check_company_auto = True

    lead_id = fields.Many2one("crm.lead", "Opportunity", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="lead_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char("In their words", help="Make and model as the customer or the portal wrote them.")
    model_id = fields.Many2one("fleet.vehicle.model", index="btree_not_null", ondelete="restrict")
    vehicle_id = fields.Many2one(
        "automotive.vehicle",
        "This very car",
        check_company=True,
        index="btree_not_null",
        domain="[('kind', '!=', 'customer')]",
    )
    condition = fields.Selection([("new", "New"), ("used", "Used")], default="new", required=True)
    interest = fields.Selection([("buy", "Buy"), ("lease", "Lease")], default="buy", required=True)
    year = fields.Integer(aggregator=None)
    color = fields.Char()
    options = fields.Char("Options wanted", help="As the customer says them, for example: tow bar, winter tyres.")
    currency_id = fields.Many2one(related="lead_id.company_currency")
    budget = fields.Monetary(help="What the customer means to spend, taxes included.")

    _budget_positive = models.Constraint("CHECK (budget IS NULL OR budget >= 0)", "A budget cannot be negative.")

    @api.depends("model_id.display_name", "vehicle_id.display_name", "name")
    def _compute_display_name(self):
        for wish in self:
            parts = wish.vehicle_id.display_name or wish.model_id.display_name or wish.name
            wish.display_name = parts or self.env._("A car")

    @api.onchange("vehicle_id")
    def _onchange_vehicle_id(self):
        if self.vehicle_id:
            self.model_id = self.vehicle_id.model_id
            self.condition = "new" if self.vehicle_id.kind == "new" else "used"

    def _prepare_adf(self):
        """Return the car as ``tools.adf_writer`` takes it."""
        car, model = self.vehicle_id, self.model_id or self.vehicle_id.model_id
        return {
            "interest": self.interest,
            "status": self.condition,
            "year": self.year or car.model_year or "",
            "make": model.brand_id.name,
            "model": model.name or self.name,
            "vin": car.vin,
            "color": self.color or car.color,
            "comments": self.options,
        }
