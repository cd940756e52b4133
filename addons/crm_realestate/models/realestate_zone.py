from odoo import api, fields, models
from odoo.exceptions import ValidationError


class RealestateZone(models.Model):
    """A place people search in: a province, a town, a district. Zones form a tree."""

    _name = "realestate.zone"
    _description = "Zone"
    _parent_store = True
    _order = "complete_name, id"
    _rec_names_search = ["complete_name", "code"]

    name = fields.Char(required=True, translate=True)
    complete_name = fields.Char(
        "Full name", compute="_compute_complete_name", recursive=True, store=True, index="trigram"
    )
    parent_id = fields.Many2one("realestate.zone", "Part of", index="btree_not_null", ondelete="restrict")
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("realestate.zone", "parent_id", "Parts")
    kind = fields.Selection(
        [
            ("province", "Province"),
            ("town", "Town"),
            ("district", "District"),
            ("neighbourhood", "Neighbourhood"),
            ("custom", "Other"),
        ],
        default="town",
        required=True,
    )
    code = fields.Char(help="Official number of the place, for example the one of the statistics office.")
    property_count = fields.Integer(compute="_compute_property_count")

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for zone in self:
            above = zone.parent_id.complete_name
            zone.complete_name = f"{above} / {zone.name}" if above else zone.name

    @api.depends("complete_name")
    def _compute_display_name(self):
        for zone in self:
            zone.display_name = zone.complete_name or zone.name

    def _compute_property_count(self):
        groups = self.env["realestate.property"]._read_group([("zone_id", "in", self.ids)], ["zone_id"], ["__count"])
        counts = {zone.id: count for zone, count in groups}
        for zone in self:
            zone.property_count = counts.get(zone.id, 0)

    @api.constrains("parent_id")
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A zone cannot be part of itself: choose another zone above it."))

    # ------------------------------------------------------------
    # Creating and writing
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Who looks for a zone looks for its new parts."""
        zones = super().create(vals_list)
        zones._refresh_demands()
        return zones

    def write(self, vals):
        """Who looks for a zone looks for what is part of it now, and no longer for what was."""
        if "parent_id" not in vals:
            return super().write(vals)
        before = self._get_demands()
        result = super().write(vals)
        self._refresh_demands(before)
        return result

    def _get_demands(self):
        """Return the demands that look for these zones, for what is around them or for their parts."""
        # sudo: zones are shared, the demands of every company follow them.
        demands = self.env["realestate.demand"].sudo()
        return demands.search(["|", ("zone_ids", "parent_of", self.ids), ("zone_ids", "child_of", self.ids)])

    def _refresh_demands(self, before=None):
        """Expand the zones of demands again.

        :param before: the demands that looked for these zones until now
        """
        demands = self._get_demands() | (before or self.env["realestate.demand"])
        demands.modified(["zone_ids"])
        self.env["realestate.match.queue"]._enqueue(demands)
