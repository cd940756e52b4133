from odoo import api, fields, models
from odoo.exceptions import UserError

# States in which we work on a property or offer it.
ON_OUR_BOOKS = ("prospect", "valuation", "mandate", "active")


class RealestateProperty(models.Model):
    """How a property comes to us: who found it, what it is worth, what the owner entrusted to us."""

    _inherit = "realestate.property"

    # Valuation
    owner_price = fields.Monetary("Price the owner has in mind")
    valuation_price = fields.Monetary("Our valuation", tracking=True)
    valuation_date = fields.Date("Valued on", copy=False)
    valuation_note = fields.Text("Reasons for the valuation", copy=False)

    # Mandate
    mandate_ids = fields.One2many("realestate.mandate", "property_id", "Mandates", copy=False)
    mandate_count = fields.Integer(compute="_compute_mandate")
    mandate_status = fields.Selection(
        [("none", "No mandate"), ("exclusive", "Exclusive"), ("open", "Not exclusive"), ("ending", "Ends soon")],
        "Mandate",
        compute="_compute_mandate",
        help="From the mandates in force today.",
    )
    # Time on the market
    date_listed = fields.Date("On the market since", copy=False, readonly=True)
    date_closed = fields.Date("Off the market since", copy=False, readonly=True)
    days_on_market = fields.Integer(compute="_compute_days_on_market")
    is_published = fields.Boolean(
        "Shown on the web",
        copy=False,
        tracking=True,
        help="On our public pages and in the feeds for portals, while it is on offer.",
    )

    # Papers and keys
    document_ids = fields.One2many("realestate.document", "property_id", "Documents", copy=False)
    key_ids = fields.One2many("realestate.key", "property_id", "Keys", copy=False)

    def _get_current_mandates(self):
        """Return the mandates of these properties in force today, the exclusive ones first."""
        mandate = self.env["realestate.mandate"]
        # sudo: everybody may know that there is one; its terms stay behind the rules.
        found = mandate.sudo().search(mandate._get_current_domain() & fields.Domain("property_id", "in", self.ids))
        return found.sorted(lambda one: one.kind == "non_exclusive")

    def _compute_mandate(self):
        mandates = self._get_current_mandates().grouped("property_id")
        groups = self.env["realestate.mandate"]._read_group(
            [("property_id", "in", self.ids)], ["property_id"], ["__count"]
        )
        counts = {prop.id: count for prop, count in groups}
        for prop in self:
            mandate = mandates.get(prop.sudo(), self.env["realestate.mandate"])[:1]
            prop.mandate_count = counts.get(prop.id, 0)
            prop.mandate_status = prop._get_mandate_status(mandate)

    @api.model
    def _get_mandate_status(self, mandate):
        """Return what to say about a mandate in force, or about none."""
        if not mandate:
            return "none"
        if mandate.date_end and mandate.days_left <= 30:
            return "ending"
        return "open" if mandate.kind == "non_exclusive" else "exclusive"

    @api.depends("date_listed", "date_closed")
    def _compute_days_on_market(self):
        today = fields.Date.context_today(self)
        for prop in self:
            end = prop.date_closed or today
            prop.days_on_market = (end - prop.date_listed).days if prop.date_listed else 0

    # ------------------------------------------------------------
    # States
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """What is created on offer is on the market from today."""
        properties = super().create(vals_list)
        properties.filtered(lambda prop: prop.state == "active")._note_listed()
        return properties

    def _filter_moving(self, state):
        """Where the company wants it, nothing is put on offer without a mandate.

        :raise UserError: names the property
        """
        moving = super()._filter_moving(state)
        if state == "active":
            moving._check_mandate()
        return moving

    def _check_mandate(self):
        strict = self.filtered(lambda prop: prop.company_id.realestate_mandate_required)
        for prop in strict - strict._get_current_mandates().property_id.with_env(self.env):
            raise UserError(
                self.env._("%(property)s has no mandate in force: sign one first.", property=prop.display_name)
            )

    def _on_state(self, state):
        """Keep since when it is, or is no longer, on the market."""
        super()._on_state(state)
        today = fields.Date.context_today(self)
        if state == "active":
            self._note_listed()
        elif state == "valuation":
            self.filtered(lambda prop: not prop.valuation_date).valuation_date = today
            self._tell_listing_leads("valued")
        elif state not in ON_OUR_BOOKS:
            self.write({"date_closed": today, "is_published": False})
            self._close_mandates(state)

    def _note_listed(self):
        today = fields.Date.context_today(self)
        fresh = self.filtered(lambda prop: not prop.date_listed)
        fresh.date_listed = today
        self.date_closed = False

    def _close_mandates(self, state):
        """What was sold or let fulfils the mandate for that."""
        operation = {"closed_sold": "sale", "closed_rented": "rent"}.get(state)
        # sudo: the deal ends the mandate, whoever's it is.
        signed = self.sudo().mandate_ids.filtered(
            lambda mandate: mandate.state == "signed" and mandate.operation == operation
        )
        signed.write({"state": "fulfilled"})

    def _on_mandate_signed(self):
        """A property we have been entrusted with is no prospect any more."""
        # sudo: who may sign mandates may not be the agent of the property.
        early = self.sudo().filtered(lambda prop: prop.state in ("prospect", "valuation"))
        early.write({"state": "mandate"})
        self._tell_listing_leads("mandated")

    def _tell_listing_leads(self, event):
        """Move the opportunities to win the mandate."""
        # sudo: it happened, whoever's opportunity it is.
        leads = self.env["crm.lead"].sudo().search(
            [("property_id", "in", self.ids), ("realestate_side", "=", "owner")]
        )  # fmt: skip
        leads._on_stage_event(event)

    def _on_mandate_ended(self):
        """Where a mandate is needed, what has none any more is shown to nobody outside."""
        strict = self.filtered(lambda prop: prop.company_id.realestate_mandate_required)
        left = strict - strict._get_current_mandates().property_id.with_env(self.env)
        # sudo: as above.
        left.sudo().is_published = False

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_valuate(self):
        """Begin the valuation."""
        self.write({"state": "valuation"})

    def action_open_mandates(self):
        """Open the mandates; the form of a new one if there is none."""
        action = self._open_related("crm_realestate.realestate_mandate_action", [("property_id", "=", self.id)])
        action["context"]["default_operation"] = "rent" if self.operation == "rent" else "sale"
        if not self.mandate_ids:
            action.update(view_mode="form", views=[(False, "form")])
        return action

    def action_publish(self):
        """Show on the web what is on offer.

        :raise UserError: names the property that is not, or what it lacks
        """
        for prop in self:
            missing = prop._get_publish_defects()
            if missing:
                raise UserError(
                    self.env._(
                        "%(property)s cannot be shown on the web yet. Missing: %(missing)s.",
                        property=prop.display_name,
                        missing=", ".join(missing),
                    )
                )
        self.is_published = True

    def action_unpublish(self):
        """Take off the web."""
        self.is_published = False

    def _get_publish_defects(self):
        """Return what a property still needs before outsiders may see it, in words; a hook."""
        self.ensure_one()
        energy = self.category in ("housing", "premises", "office", "building") and not self.energy_rating
        return [
            name
            for name, is_missing in (
                (self.env._("on offer"), self.state != "active"),
                (self.env._("price"), not self.price),
                (self.env._("zone"), not self.zone_id),
                (self.env._("type"), not self.type_id),
                # Royal Decree 390/2021 (Spain), and the directive behind it elsewhere in the EU: every advert says it.
                (self.env._("energy label"), energy),
            )
            if is_missing
        ]
