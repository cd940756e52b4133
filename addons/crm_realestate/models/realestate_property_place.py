from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .realestate_booking import LIVE

# Characters of the reference a country's cadastre gives every property; portals ask for the same (Kyero: `catastral`).
CADASTRAL_LENGTH = {"ES": 20}


class RealestateProperty(models.Model):
    """Where a property is, in what it lies, and what else a buyer asks."""

    _inherit = "realestate.property"

    # Building and units
    development_id = fields.Many2one(
        "realestate.development", index="btree_not_null", ondelete="set null", check_company=True
    )
    parent_id = fields.Many2one(
        "realestate.property",
        "Part of",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The building it lies in. Who books the building books every unit.",
    )
    parent_path = fields.Char(index=True, export_string_translation=False)
    child_ids = fields.One2many("realestate.property", "parent_id", "Parts")
    unit_code = fields.Char("Unit", copy=False)
    floor = fields.Char()

    # Coordinates
    latitude = fields.Float(digits=(10, 7))
    longitude = fields.Float(digits=(10, 7))
    map_url = fields.Char("Map", compute="_compute_map_url")
    cadastral_warning = fields.Char(compute="_compute_cadastral_warning", export_string_translation=False)

    # What else is asked
    occupation = fields.Selection(
        [("free", "Free"), ("owner", "Lived in by the owner"), ("tenant", "Let"), ("squatted", "Occupied illegally")],
        default="free",
    )
    condition = fields.Selection(
        [("new", "New"), ("good", "Good"), ("renovated", "Renovated"), ("to_renovate", "Needs work")]
    )
    orientation = fields.Selection(
        [
            ("n", "North"),
            ("ne", "North-east"),
            ("e", "East"),
            ("se", "South-east"),
            ("s", "South"),
            ("sw", "South-west"),
            ("w", "West"),
            ("nw", "North-west"),
        ]
    )
    community_fee = fields.Monetary("Community fee (month)")
    property_tax = fields.Monetary("Property tax (year)")
    emissions_rating = fields.Selection([(letter, letter) for letter in "ABCDEFG"], "Emissions label")

    _coordinates = models.Constraint(
        "CHECK (latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180)",
        "A latitude is between -90 and 90, a longitude between -180 and 180.",
    )
    _unit_unique = models.UniqueIndex(
        "(development_id, unit_code) WHERE development_id IS NOT NULL AND unit_code IS NOT NULL",
        "The development has a unit of this code already.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._prepare_cadastral_ref(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._prepare_cadastral_ref(vals))

    @api.model
    def _prepare_cadastral_ref(self, vals):
        """Return the values with the reference as the cadastre writes it: capitals, no blanks."""
        if not vals.get("cadastral_ref"):
            return vals
        return {**vals, "cadastral_ref": "".join(vals["cadastral_ref"].split()).upper()}

    @api.depends("cadastral_ref", "country_id", "company_id")
    def _compute_cadastral_warning(self):
        """Say, without refusing, that a reference looks mistyped or that the home is noted twice."""
        known = self.filtered("cadastral_ref")
        twins = self.search([("cadastral_ref", "in", known.mapped("cadastral_ref"))]).grouped("cadastral_ref")
        for prop in self:
            others = twins.get(prop.cadastral_ref, self.browse()) if prop.cadastral_ref else self.browse()
            others = others.filtered(lambda one, prop=prop: one.company_id == prop.company_id) - prop._origin
            prop.cadastral_warning = prop._get_cadastral_warning(others)

    def _get_cadastral_warning(self, others):
        """Return what is odd about the reference, False if nothing.

        :param others: properties that have the same
        """
        if others:
            return self.env._("Also the reference of %(property)s", property=others[0].display_name)
        length = CADASTRAL_LENGTH.get(self.country_id.code)
        if self.cadastral_ref and length and len(self.cadastral_ref) != length:
            return self.env._(
                "%(count)s characters instead of %(length)s", count=len(self.cadastral_ref), length=length
            )
        return False

    @api.depends("latitude", "longitude", "street", "zip", "city")
    def _compute_map_url(self):
        for prop in self:
            prop.map_url = prop._get_map_url(prop.latitude, prop.longitude)

    @api.model
    def _get_map_url(self, latitude, longitude):
        """Return the address of a map around a place; none if the place is not known."""
        if not (latitude or longitude):
            return False
        place = f"{latitude:.6f}/{longitude:.6f}"
        return f"https://www.openstreetmap.org/?mlat={latitude:.6f}&mlon={longitude:.6f}#map=17/{place}"

    def _get_place(self):
        """Return (latitude, longitude), or None if the place is not known."""
        known = self and (self.latitude or self.longitude)
        return (self.latitude, self.longitude) if known else None

    def _get_public_coordinates(self):
        """Return (latitude, longitude) as exact as the address may be shown; (0, 0) if nothing may be or is known."""
        self.ensure_one()
        # About 100 m and 1 km.
        digits = {"exact": 6, "street": 3, "zone": 2}[self.address_visibility]
        return round(self.latitude, digits), round(self.longitude, digits)

    # ------------------------------------------------------------
    # Building and units
    # ------------------------------------------------------------

    @api.constrains("parent_id")
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A property cannot be part of itself: choose another building."))
        self._check_parent_free()

    def _check_parent_free(self):
        """Refuse to add a unit to a building that is booked: the booking would not cover it."""
        for prop in self.filtered("parent_id"):
            # sudo: other agents' bookings count as well.
            line = prop.parent_id._get_ancestors().sudo().booking_line_ids.filtered(lambda one: one.state in LIVE)[:1]
            if line and line.booking_id not in prop.sudo().booking_line_ids.booking_id:
                raise ValidationError(
                    self.env._(
                        "%(building)s is booked (%(booking)s): no unit can join it before that is over.",
                        building=line.property_id.display_name,
                        booking=line.booking_id.name,
                    )
                )

    def _get_ancestors(self):
        """Return these properties and what they lie in."""
        found = self
        above = self.parent_id
        while above - found:
            found |= above
            above = above.parent_id
        return found

    def _get_parts(self):
        """Return everything that lies in these properties, themselves left out."""
        return self.search([("id", "child_of", self.ids), ("id", "not in", self.ids)]) if self.ids else self

    def action_open_building_units(self):
        """Open the units of this building."""
        return self._open_related("crm_realestate.realestate_property_action_units", [("parent_id", "=", self.id)])
