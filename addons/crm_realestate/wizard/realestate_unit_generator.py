from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import units


class RealestateUnitGenerator(models.TransientModel):
    """Make the units of a development from a pattern: ``A{1-3}`` makes A1, A2 and A3."""

    _name = "realestate.unit.generator"
    _description = "Make Units"

    development_id = fields.Many2one("realestate.development", required=True, ondelete="cascade")
    parent_id = fields.Many2one(
        "realestate.property", "Building", help="The property that stands for the whole, if it can be booked as one."
    )
    pattern = fields.Char(required=True, default="{1-3}{A-B}")
    preview = fields.Text("Units", compute="_compute_preview")
    type_id = fields.Many2one("realestate.property.type", required=True)
    floor = fields.Char()
    currency_id = fields.Many2one(related="development_id.company_id.currency_id")
    price_sale = fields.Monetary("Sale price")
    beds = fields.Integer("Bedrooms")
    baths = fields.Integer("Bathrooms")
    area_built = fields.Float("Built area (m²)")

    @api.depends("pattern")
    def _compute_preview(self):
        for wizard in self:
            try:
                wizard.preview = ", ".join(wizard._get_codes())
            except UserError as error:
                wizard.preview = str(error)

    def _get_codes(self):
        """Return the codes of the pattern.

        :raise UserError: the pattern cannot be read or means too many
        """
        try:
            return units.expand(self.pattern)
        except ValueError as error:
            if str(error) == "limit":
                raise UserError(
                    self.env._("More than %(limit)s units at once: make them in parts.", limit=units.LIMIT)
                ) from error
            raise UserError(
                self.env._("A brace is missing in “%(pattern)s”. Write it like A{1-3}.", pattern=self.pattern)
            ) from error

    def action_generate(self):
        """Make the units that do not exist yet and open them."""
        self.ensure_one()
        known = set(self.development_id.unit_ids.mapped("unit_code"))
        missing = [code for code in self._get_codes() if code not in known]
        self.env["realestate.property"].create([self._prepare_unit(code) for code in missing])
        return self.development_id.action_open_units()

    def _prepare_unit(self, code):
        """Return the values of one unit."""
        return {
            **self.development_id._prepare_unit(),
            "name": f"{self.development_id.name} {code}",
            "unit_code": code,
            "floor": self.floor,
            "parent_id": self.parent_id.id,
            "type_id": self.type_id.id,
            "price_sale": self.price_sale,
            "beds": self.beds,
            "baths": self.baths,
            "area_built": self.area_built,
        }
