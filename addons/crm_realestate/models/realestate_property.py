from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain

PRICE_OF = {"sale": "price_sale", "rent": "price_rent"}
# What a booking in this state makes of its properties.
AVAILABILITY_OF = {"held": "on_hold", "confirmed": "reserved", "contracted": "under_contract"}
# A change of one of these calls for new matches; so does a booking.
MATCHED = {
    "active",
    "state",
    "company_id",
    "operation",
    "type_id",
    "zone_id",
    "currency_id",
    "price_sale",
    "price_rent",
    "area_built",
    "area_usable",
    "area_plot",
    "beds",
    "baths",
    "feature_ids",
}


class RealestateProperty(models.Model):
    """Something the agency sells or lets: a flat, a house, a parking space, land.

    ``state`` says where it is in the agency's hands; ``availability`` is always derived from the
    state and the bookings, never written.
    """

    _name = "realestate.property"
    _description = "Property"
    _inherit = ["mail.thread", "mail.activity.mixin", "crm.state.mixin"]
    _order = "ref desc, id desc"
    _rec_names_search = ["ref", "name", "street"]
    _parent_store = True
    _check_company_auto = True

    _transitions = {
        "prospect": ("valuation", "mandate", "active", "withdrawn"),
        "valuation": ("prospect", "mandate", "active", "withdrawn"),
        "mandate": ("valuation", "active", "withdrawn"),
        "active": ("prospect", "mandate", "closed_sold", "closed_rented", "withdrawn"),
        "closed_sold": ("active",),
        "closed_rented": ("active",),
        "withdrawn": ("prospect", "valuation", "active"),
    }

    # Description
    name = fields.Char("Title", required=True, translate=True, tracking=True)
    ref = fields.Char("Reference", copy=False, index="trigram", help="Given by itself when left empty.")
    active = fields.Boolean(default=True)
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
    type_id = fields.Many2one("realestate.property.type", index="btree_not_null", ondelete="restrict")
    category = fields.Selection(related="type_id.category")
    operation = fields.Selection(
        [("sale", "Sale"), ("rent", "Rent"), ("both", "Sale or rent")], required=True, default="sale", tracking=True
    )
    state = fields.Selection(
        [
            ("prospect", "Prospect"),
            ("valuation", "Valuation"),
            ("mandate", "Entrusted"),
            ("active", "Active"),
            ("closed_sold", "Sold"),
            ("closed_rented", "Rented"),
            ("withdrawn", "Withdrawn"),
        ],
        required=True,
        default=lambda self: self._default_state(),
        index=True,
        copy=False,
        tracking=True,
        help="Prospect: the owner has not entrusted it to us yet. Entrusted: signed, not on offer yet.",
    )
    availability = fields.Selection(
        [
            ("available", "Available"),
            ("on_hold", "On hold"),
            ("reserved", "Reserved"),
            ("under_contract", "Under contract"),
            ("partial", "Partly taken"),
            ("unavailable", "Not on offer"),
        ],
        compute="_compute_availability",
        recursive=True,
        store=True,
        index=True,
        help="Follows the bookings by itself.",
    )
    # Plain, as portals take it, and of its own in each language: the host ties the languages of formatted text together
    description = fields.Text(translate=True)
    feature_ids = fields.Many2many("realestate.feature", string="Features")

    # Prices
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    price_sale = fields.Monetary("Sale price", tracking=True)
    price_rent = fields.Monetary("Monthly rent", tracking=True)
    price = fields.Monetary(compute="_compute_price", store=True, help="Sale price, or the rent if it is only let.")
    price_history_ids = fields.One2many("realestate.price.history", "property_id", "Price changes")

    # Place
    zone_id = fields.Many2one("realestate.zone", index="btree_not_null", ondelete="restrict")
    street = fields.Char()
    street2 = fields.Char("Floor and door")
    zip = fields.Char("Postcode")
    city = fields.Char()
    country_id = fields.Many2one("res.country", default=lambda self: self.env.company.country_id)
    address_visibility = fields.Selection(
        [("exact", "Exact address"), ("street", "Street without number"), ("zone", "Zone only")],
        "Address shown outside",
        required=True,
        default="zone",
        help="How much of the address feeds and prints for clients may tell.",
    )

    # Measures
    area_built = fields.Float("Built area (m²)", digits=(12, 2))
    area_usable = fields.Float("Usable area (m²)", digits=(12, 2))
    area_plot = fields.Float("Plot (m²)", digits=(12, 2))
    beds = fields.Integer("Bedrooms")
    baths = fields.Integer("Bathrooms")
    year_built = fields.Integer("Year built")
    energy_rating = fields.Selection(
        [(letter, letter) for letter in "ABCDEFG"] + [("process", "In process"), ("exempt", "Exempt")],
        "Energy label",
    )
    cadastral_ref = fields.Char("Cadastral reference", copy=False, index="btree_not_null")

    # People and pictures
    party_ids = fields.One2many("realestate.party", "property_id", "Owners and others", copy=False)
    show_parties = fields.Boolean(compute="_compute_show_parties", export_string_translation=False)
    image_ids = fields.One2many("realestate.image", "property_id", "Photos")
    cover_image_id = fields.Many2one("realestate.image", compute="_compute_cover_image_id")

    # What happens to it
    visit_ids = fields.One2many("realestate.visit", "property_id", "Visits")
    booking_line_ids = fields.One2many("realestate.booking.line", "property_id", "Bookings")
    booking_count = fields.Integer(compute="_compute_booking_count")
    booking_id = fields.Many2one("realestate.booking", "Booked by", compute="_compute_booking_id")
    # Counts the times it was taken: an update of the row for concurrent transactions to fail on.
    booking_version = fields.Integer(
        default=0, required=True, readonly=True, copy=False, export_string_translation=False
    )
    visit_count = fields.Integer(compute="_compute_visit_count")
    lead_count = fields.Integer(compute="_compute_lead_count")
    match_count = fields.Integer(compute="_compute_match_count")

    _ref_unique = models.UniqueIndex("(company_id, ref)", "Another property of the company has this reference.")
    # What is on offer, the way matching asks for it.
    _match_index = models.Index("(zone_id, type_id) WHERE active IS TRUE AND availability = 'available'")
    _prices_positive = models.Constraint("CHECK (price_sale >= 0 AND price_rent >= 0)", "A price cannot be negative.")
    _areas_positive = models.Constraint(
        "CHECK (area_built >= 0 AND area_usable >= 0 AND area_plot >= 0)", "An area cannot be negative."
    )
    _rooms_positive = models.Constraint("CHECK (beds >= 0 AND baths >= 0)", "A number of rooms cannot be negative.")

    @api.model
    def _default_state(self):
        """Begin on offer, or as a prospect where the menu of prospects asks for it.

        Not ``default_state``: that key would reach the mails and activities written on the way.
        """
        return "prospect" if self.env.context.get("realestate_capture") else "active"

    @api.depends(
        "state",
        "booking_line_ids.state",
        "booking_line_ids.date_hold",
        "booking_line_ids.date_expiry",
        "child_ids.availability",
    )
    def _compute_availability(self):
        for prop in self:
            line = prop._get_current_line()
            if prop.state != "active":
                prop.availability = "unavailable"
            elif line:
                prop.availability = AVAILABILITY_OF[line.state]
            else:
                # sudo: as in the lines.
                parts = prop.sudo().child_ids.mapped("availability")
                prop.availability = "partial" if {*AVAILABILITY_OF.values(), "partial"} & set(parts) else "available"

    def _get_current_line(self):
        """Return the booking line that occupies this property now."""
        self.ensure_one()
        now = fields.Datetime.now()
        # sudo: everybody may know that it is taken.
        return self.sudo().booking_line_ids.filtered(
            lambda line: (
                line.state in AVAILABILITY_OF
                and line.date_hold <= now
                and (not line.date_expiry or line.date_expiry > now)
            )
        )[:1]

    @api.model
    def _refresh_availability(self):
        """Derive it again where a booking made ahead has begun meanwhile."""
        now = fields.Datetime.now()
        begun = (
            Domain("state", "in", list(AVAILABILITY_OF))
            & Domain("date_hold", "<=", now)
            & (Domain("date_expiry", "=", False) | Domain("date_expiry", ">", now))
        )
        behind = self.search(Domain("availability", "=", "available") & Domain("booking_line_ids", "any", begun))
        self.env.add_to_compute(self._fields["availability"], behind)
        self.env["realestate.match.queue"]._enqueue(behind)

    @api.depends("availability")
    def _compute_booking_id(self):
        for prop in self:
            prop.booking_id = prop._get_current_line().booking_id

    @api.depends("operation", "price_sale", "price_rent")
    def _compute_price(self):
        for prop in self:
            prop.price = prop.price_rent if prop.operation == "rent" else prop.price_sale

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_show_parties(self):
        everything = self.env.su or self.env.user.has_group("crm_realestate.group_realestate_coordinator")
        for prop in self:
            prop.show_parties = everything or prop.user_id == self.env.user

    @api.depends("image_ids.sequence")
    def _compute_cover_image_id(self):
        images = self.env["realestate.image"].search([("property_id", "in", self.ids)])
        covers = {}
        for image in images:
            covers.setdefault(image.property_id.id, image.id)
        for prop in self:
            prop.cover_image_id = covers.get(prop._origin.id, False)

    def _compute_booking_count(self):
        groups = self.env["realestate.booking.line"]._read_group(
            [("property_id", "in", self.ids), ("state", "!=", "cancelled")], ["property_id"], ["__count"]
        )
        counts = {prop.id: count for prop, count in groups}
        for prop in self:
            prop.booking_count = counts.get(prop.id, 0)

    def _compute_visit_count(self):
        groups = self.env["realestate.visit"]._read_group(
            [("property_id", "in", self.ids), ("state", "!=", "cancelled")], ["property_id"], ["__count"]
        )
        counts = {prop.id: count for prop, count in groups}
        for prop in self:
            prop.visit_count = counts.get(prop.id, 0)

    def _compute_lead_count(self):
        groups = self.env["crm.lead"]._read_group([("property_ids", "in", self.ids)], ["property_ids"], ["__count"])
        counts = {prop.id: count for prop, count in groups}
        for prop in self:
            prop.lead_count = counts.get(prop.id, 0)

    def _compute_match_count(self):
        counts = self.env["realestate.match"]._count_by("property_id", self)
        for prop in self:
            prop.match_count = counts.get(prop.id, 0)

    @api.depends("ref", "name")
    def _compute_display_name(self):
        for prop in self:
            prop.display_name = f"[{prop.ref}] {prop.name or ''}" if prop.ref else prop.name

    # ------------------------------------------------------------
    # Creating and writing
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Number what has no reference; the first price opens the history."""
        properties = super().create([self._prepare_ref(vals) for vals in vals_list])
        properties._log_prices({})
        self.env["realestate.match.queue"]._enqueue(properties)
        return properties

    def write(self, vals):
        """Keep what a price was before it changed; look for matches again when something they look at changes."""
        before = {}
        if vals.keys() & set(PRICE_OF.values()):
            before = {prop.id: {name: prop[name] for name in PRICE_OF.values()} for prop in self}
        result = super().write(vals)
        if before:
            self._log_prices(before)
        if vals.keys() & MATCHED:
            self.env["realestate.match.queue"]._enqueue(self)
        return result

    def _filter_moving(self, state):
        """A property that somebody has booked stays on offer until the deal or the booking is over.

        :raise UserError: names the booking
        """
        moving = super()._filter_moving(state)
        for prop in moving.filtered(lambda prop: prop.state == "active"):
            booking = prop._get_current_line().booking_id
            if booking:
                raise UserError(
                    self.env._(
                        "%(property)s is booked (%(booking)s, %(agent)s). Finish or cancel the booking first.",
                        property=prop.display_name,
                        booking=booking.name,
                        agent=booking.user_id.name,
                    )
                )
        return moving

    def _check_on_offer(self):
        """Refuse to book what is not on offer.

        :raise ValidationError: names the property and its state
        """
        labels = dict(self._fields["state"]._description_selection(self.env))
        for prop in self.filtered(lambda prop: prop.state != "active"):
            raise ValidationError(
                self.env._(
                    "%(property)s is not on offer (%(state)s): put it on offer before you book it.",
                    property=prop.display_name,
                    state=labels[prop.state],
                )
            )

    @api.model
    def _prepare_ref(self, vals):
        """Return the values with a reference: the company's next one if none is given."""
        if vals.get("ref"):
            return vals
        company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
        return {**vals, "ref": self.env["ir.sequence"].with_company(company).next_by_code("realestate.property")}

    def _log_prices(self, before):
        """Append the prices that differ from what they were.

        :param before: {property id: {field: price}}; nothing known counts as zero
        """
        rows = [
            {
                "property_id": prop.id,
                "currency_id": prop.currency_id.id,
                "operation": operation,
                "old_price": before.get(prop.id, {}).get(name, 0.0),
                "new_price": prop[name],
            }
            for prop in self
            for operation, name in PRICE_OF.items()
            if prop[name] != before.get(prop.id, {}).get(name, 0.0)
        ]
        # sudo: the history is written by the property alone; nobody has the right to edit it.
        self.env["realestate.price.history"].sudo().create(rows)

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_activate(self):
        """Put on offer (again)."""
        self.write({"state": "active"})

    def action_withdraw(self):
        """Take off the market."""
        self.write({"state": "withdrawn"})

    def action_close(self):
        """Note that it was let, when it was only for rent, else that it was sold."""
        for operation, properties in self.grouped("operation").items():
            properties.write({"state": "closed_rented" if operation == "rent" else "closed_sold"})

    def action_open_visits(self):
        """Open the visits of this property."""
        return self._open_related("crm_realestate.realestate_visit_action", [("property_id", "=", self.id)])

    def action_open_bookings(self):
        """Open the bookings this property is part of."""
        return self._open_related("crm_realestate.realestate_booking_action", [("line_ids.property_id", "=", self.id)])

    def action_new_booking(self):
        """Open the form of a new booking of this property."""
        return {**self.action_open_bookings(), "view_mode": "form", "views": [(False, "form")]}

    def action_open_leads(self):
        """Open the opportunities that are interested in this property."""
        return self._open_related("crm_realestate.crm_lead_action_property", [("property_ids", "in", self.ids)])

    def action_open_matches(self):
        """Open the demands that look for this property."""
        return self.env["realestate.match"]._open_side("property", self)

    def action_new_visit(self):
        """Open the form of a new visit of this property."""
        return {**self.action_open_visits(), "view_mode": "form", "views": [(False, "form")]}

    def action_find_visit(self):
        """Show when its agent could show this property."""
        self.ensure_one()
        finder = self.env["realestate.visit.finder"].create(
            {"property_id": self.id, "user_id": self.user_id.id or self.env.uid}
        )
        return finder.action_search()

    def _open_related(self, xmlid, domain):
        """Return an action on what belongs to this property; what is made there begins with it."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        return {**action, "domain": domain, "context": {"default_property_id": self.id}}

    def _prepare_demand_values(self):
        """Return what somebody who asked about this property probably looks for; a hook."""
        self.ensure_one()
        operation = "rent" if self.operation == "rent" else "sale"
        price = self[PRICE_OF[operation]]
        currency = self.company_id.currency_id
        return {
            "operation": operation,
            "type_ids": [Command.set(self.type_id.ids)],
            "zone_ids": [Command.set(self.zone_id.ids)],
            "price_max": self.currency_id._convert(price, currency, self.company_id, fields.Date.today()),
        }

    # ------------------------------------------------------------
    # Finding
    # ------------------------------------------------------------

    @api.model
    def _find_by_ref(self, ref, company):
        """Return the property of a company with this reference, whatever the case and blanks around.

        :param ref: what a person or a portal wrote
        :return: one property or none
        """
        wanted = (ref or "").strip()
        if not wanted:
            return self.browse()
        escaped = wanted.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        return self.search(Domain("ref", "=ilike", escaped) & Domain("company_id", "=", company.id), limit=1)
