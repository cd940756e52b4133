from odoo import api, fields, models
from odoo.tools import float_round, format_amount

from ..tools import match_sql

# What a property is compared with.
CRITERIA = (
    "operation",
    "type_ids",
    "zone_ids",
    "price_min",
    "price_max",
    "tolerance",
    "beds_min",
    "baths_min",
    "area_min",
    "area_max",
    "must_feature_ids",
    "wish_feature_ids",
)
# A change of one of these calls for new matches.
MATCHED = {*CRITERIA, "state", "company_id"}


class RealestateDemand(models.Model):
    """What a contact looks for: where, what and for how much. A contact may have several.

    An empty criterion asks for nothing. Amounts are in the company's currency.
    """

    _name = "realestate.demand"
    _description = "Property Demand"
    _inherit = ["portal.mixin", "mail.thread", "mail.activity.mixin", "crm.state.mixin"]
    _order = "urgency desc, id desc"
    _rec_names_search = ["partner_id"]
    _check_company_auto = True

    _transitions = {
        "active": ("paused", "won", "lost", "expired"),
        "paused": ("active", "won", "lost", "expired"),
        "won": ("active",),
        "lost": ("active",),
        "expired": ("active", "lost"),
    }

    # Who
    partner_id = fields.Many2one(
        "res.partner", "Contact", required=True, index=True, ondelete="restrict", check_company=True, tracking=True
    )
    lead_id = fields.Many2one(
        "crm.lead", "Opportunity", index="btree_not_null", ondelete="set null", check_company=True
    )
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    user_id = fields.Many2one(
        "res.users",
        "Agent",
        index="btree_not_null",
        tracking=True,
        check_company=True,
        domain="[('share', '=', False)]",
        default=lambda self: self.env.user,
    )
    state = fields.Selection(
        [
            ("active", "Looking"),
            ("paused", "Paused"),
            ("won", "Found with us"),
            ("lost", "Gave up"),
            ("expired", "Expired"),
        ],
        required=True,
        default="active",
        index=True,
        copy=False,
        tracking=True,
    )
    urgency = fields.Selection(
        [("0", "No hurry"), ("1", "Soon"), ("2", "Urgent")], required=True, default="0", tracking=True
    )
    date_expiry = fields.Date("Looks until", copy=False, help="Not matched any more after this day. Empty: no end.")
    note = fields.Text("In their words")

    # What
    operation = fields.Selection([("sale", "Buy"), ("rent", "Rent")], "Wants to", required=True, default="sale")
    type_ids = fields.Many2many("realestate.property.type", string="Types", ondelete="restrict")
    zone_ids = fields.Many2many("realestate.zone", string="Zones", ondelete="restrict")
    # The zones with all their parts: matching joins on equality, not on paths.
    search_zone_ids = fields.Many2many(
        "realestate.zone",
        "realestate_demand_search_zone_rel",
        "demand_id",
        "zone_id",
        "Zones with their parts",
        compute="_compute_search_zone_ids",
        store=True,
        export_string_translation=False,
    )
    # What a property is looked up by (see _get_search_keys)
    search_keys = fields.Char(compute="_compute_search_keys", store=True, export_string_translation=False)
    currency_id = fields.Many2one(related="company_id.currency_id")
    price_min = fields.Monetary("Price from")
    price_max = fields.Monetary("Price up to", tracking=True)
    tolerance = fields.Float(
        "Price tolerance (%)", digits=(5, 2), default=10.0, help="A little more or less still fits, less well."
    )
    # The edges of the tolerance, kept so that matching does not work them out for millions of pairs.
    price_lowest = fields.Monetary(
        "Lowest price that fits", compute="_compute_price_edges", store=True, export_string_translation=False
    )
    price_highest = fields.Monetary(
        "Highest price that fits", compute="_compute_price_edges", store=True, export_string_translation=False
    )
    beds_min = fields.Integer("Bedrooms from")
    baths_min = fields.Integer("Bathrooms from")
    area_min = fields.Float("Area from (m²)", digits=(12, 2))
    area_max = fields.Float("Area up to (m²)", digits=(12, 2))
    must_feature_ids = fields.Many2many(
        "realestate.feature",
        "realestate_demand_must_feature_rel",
        "demand_id",
        "feature_id",
        "Must have",
        ondelete="restrict",
    )
    wish_feature_ids = fields.Many2many(
        "realestate.feature",
        "realestate_demand_wish_feature_rel",
        "demand_id",
        "feature_id",
        "Would be nice",
        ondelete="restrict",
    )
    summary = fields.Char("Looks for", compute="_compute_summary")

    match_count = fields.Integer(compute="_compute_match_count")
    is_too_wide = fields.Boolean(compute="_compute_is_too_wide", export_string_translation=False)

    # Without a list of what is not sorted in yet, which every look-up would read through
    _search_keys_index = models.Index(f"USING gin ({match_sql.KEYS_WANTED}) WITH (fastupdate = off)")
    _positive = models.Constraint(
        "CHECK (price_min >= 0 AND price_max >= 0 AND beds_min >= 0 AND baths_min >= 0"
        " AND area_min >= 0 AND area_max >= 0)",
        "What a client looks for cannot be less than nothing.",
    )
    _tolerance_range = models.Constraint(
        "CHECK (tolerance >= 0 AND tolerance <= 100)", "The price tolerance is between 0 and 100 %."
    )
    _price_range = models.Constraint(
        "CHECK (price_max = 0 OR price_max IS NULL OR price_min IS NULL OR price_min <= price_max)",
        "The highest price is below the lowest one.",
    )
    _area_range = models.Constraint(
        "CHECK (area_max = 0 OR area_max IS NULL OR area_min IS NULL OR area_min <= area_max)",
        "The largest area is below the smallest one.",
    )

    @api.depends("zone_ids")
    def _compute_search_zone_ids(self):
        for demand in self:
            zones = demand.zone_ids._origin
            demand.search_zone_ids = zones.search([("id", "child_of", zones.ids)]) if zones else zones

    @api.depends("search_zone_ids", "zone_ids", "type_ids")
    def _compute_search_keys(self):
        for demand in self:
            demand.search_keys = " ".join(demand._get_search_keys())

    def _get_search_keys(self):
        """Return ``zone:type`` for each zone and type that fits.

        0 is what a property does not tell, ``~`` stands before a zone that tells too little, for what is looked for is
        a part of it, and ``*`` is any.
        """
        parts = self.search_zone_ids.ids
        paths = self.zone_ids._origin.mapped("parent_path")
        around = {int(zone) for path in paths for zone in path.split("/")[:-1]} - set(parts)
        zones = [*parts, 0, *(f"~{zone}" for zone in sorted(around))] if parts else ["*"]
        types = [*self.type_ids.ids, 0] if self.type_ids else ["*"]
        return [f"{zone}:{kind}" for zone in zones for kind in types]

    @api.depends("price_min", "price_max", "tolerance")
    def _compute_price_edges(self):
        for demand in self:
            part = demand.tolerance / 100
            demand.price_lowest = float_round(demand.price_min * (1 - part), 2)
            demand.price_highest = float_round(demand.price_max * (1 + part), 2)

    @api.depends("operation", "type_ids", "zone_ids", "price_min", "price_max", "beds_min", "area_min")
    @api.depends_context("lang")
    def _compute_summary(self):
        operations = dict(self._fields["operation"]._description_selection(self.env))
        for demand in self:
            parts = [operations.get(demand.operation), *demand._get_summary_parts()]
            demand.summary = " · ".join(filter(None, parts))

    def _get_summary_parts(self):
        """Return what the demand asks for, as short plain texts."""
        self.ensure_one()
        return [
            ", ".join(self.type_ids.mapped("name")),
            ", ".join(self.zone_ids.mapped("name")),
            self._get_price_text(),
            self.beds_min and self.env._("%(count)s+ bedrooms", count=self.beds_min),
            self.area_min and self.env._("%(area)s+ m²", area=round(self.area_min)),
        ]

    def _get_price_text(self):
        """Return the price range in words; nothing if every price will do."""
        lowest, highest = (
            format_amount(self.env, amount, self.currency_id, trailing_zeroes=False)
            for amount in (self.price_min, self.price_max)
        )
        if self.price_min and self.price_max:
            return f"{lowest} - {highest}"
        if self.price_max:
            return self.env._("up to %(price)s", price=highest)
        return self.price_min and self.env._("from %(price)s", price=lowest)

    def _compute_match_count(self):
        counts = self.env["realestate.match"]._count_by("demand_id", self)
        for demand in self:
            demand.match_count = counts.get(demand.id, 0)

    @api.depends("match_count")
    def _compute_is_too_wide(self):
        """So much fits that only the best are kept: who asks for less than that helps nobody."""
        keep = self.env["realestate.match"]._get_keep()
        for demand in self:
            demand.is_too_wide = demand.state == "active" and demand.match_count >= keep

    @api.depends("partner_id", "summary")
    def _compute_display_name(self):
        for demand in self:
            demand.display_name = " · ".join(filter(None, [demand.partner_id.name, demand.summary]))

    # ------------------------------------------------------------
    # Creating and writing
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        demands = super().create(vals_list)
        self.env["realestate.match.queue"]._enqueue(demands)
        return demands

    def write(self, vals):
        """Look for matches again when what is asked for changes; who looks again has no end that is past."""
        over = self.browse()
        if vals.get("state") == "active" and "date_expiry" not in vals:
            over = self.filtered(lambda demand: demand.date_expiry and demand.date_expiry < fields.Date.today())
        super(RealestateDemand, over).write({**vals, "date_expiry": False})
        result = super(RealestateDemand, self - over).write(vals)
        if vals.keys() & MATCHED:
            self.env["realestate.match.queue"]._enqueue(self)
        return result

    def _get_criteria(self):
        """Return what is asked for, comparable with what another demand asks for."""
        self.ensure_one()
        values = self.read(CRITERIA)[0]
        return {name: set(values[name]) if isinstance(values[name], list) else values[name] for name in CRITERIA}

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_activate(self):
        """Look (again)."""
        self.write({"state": "active"})

    def action_pause(self):
        """Look no further for now."""
        self.write({"state": "paused"})

    def action_win(self):
        """Note that they found something with us."""
        self.write({"state": "won"})

    def action_lose(self):
        """Note that they gave up or found something elsewhere."""
        self.write({"state": "lost"})

    def action_open_matches(self):
        """Open the properties that fit."""
        return self.env["realestate.match"]._open_side("demand", self)

    @api.model
    def _cron_expire(self):
        """End the demands whose last day is over and have their agents ask."""
        over = [("state", "in", ("active", "paused")), ("date_expiry", "<", fields.Date.today())]
        demands = self.search(over)
        demands.write({"state": "expired"})
        for demand in demands:
            demand.activity_schedule(
                "mail.mail_activity_data_call",
                summary=self.env._("Does %(contact)s still look for a home?", contact=demand.partner_id.name),
                user_id=demand.user_id.id or self.env.uid,
            )
