from odoo import api, fields, models

# What a step of a visit makes of the matches it belongs to.
STATE_OF_VISIT = {"planned": "interested", "confirmed": "interested", "done": "visited"}


class RealestateMatch(models.Model):
    """A property that fits what somebody looks for, how well, and what became of it.

    Made and brought up to date by SQL alone (see ``_refresh``); people only say what happened to it.
    """

    _name = "realestate.match"
    _description = "Match"
    _inherit = ["crm.state.mixin"]
    _order = "score desc, id desc"
    # There are as many as demands and properties allow: no column, key or index more than is needed.
    _log_access = False

    _transitions = {
        "new": ("sent", "interested", "dismissed", "visited"),
        "sent": ("interested", "dismissed", "visited", "new"),
        "interested": ("dismissed", "visited", "sent"),
        "dismissed": ("new", "interested", "visited"),
        "visited": ("interested", "dismissed"),
    }

    # No index and no list of its own on the demand: the unique pair below begins with it
    demand_id = fields.Many2one("realestate.demand", required=True, readonly=True, ondelete="cascade")
    property_id = fields.Many2one("realestate.property", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="demand_id.company_id")
    score = fields.Integer(readonly=True, aggregator="avg", help="100: fits in everything that was asked for.")
    # {"over"|"under": percent, "unknown": [criteria], "missing": [feature ids]}: asked when shown, for storing it with
    # hundreds of thousands of matches, most of which nobody reads, costs more than finding them
    reasons = fields.Json(compute="_compute_reasons")
    reason_text = fields.Char("Why not 100", compute="_compute_reason_text")
    currency_id = fields.Many2one(related="company_id.currency_id")
    price = fields.Monetary("Price today", readonly=True, help="In the company's currency.")
    is_current = fields.Boolean("Fits", default=True, readonly=True, help="Still fits, and is available.")
    state = fields.Selection(
        [
            ("new", "New"),
            ("sent", "Proposed"),
            ("interested", "Interested"),
            ("dismissed", "Dismissed"),
            ("visited", "Visited"),
        ],
        required=True,
        default="new",
    )
    dismiss_reason = fields.Selection("_selection_dismiss_reason", readonly=True)
    dismiss_note = fields.Char(readonly=True)
    dismissed_price = fields.Monetary("Price when dismissed", readonly=True)

    # The two sides, for lists and cards
    partner_id = fields.Many2one(related="demand_id.partner_id", string="Contact")
    summary = fields.Char(related="demand_id.summary")
    urgency = fields.Selection(related="demand_id.urgency")
    demand_user_id = fields.Many2one(related="demand_id.user_id", string="Agent of the client")
    property_user_id = fields.Many2one(related="property_id.user_id", string="Agent of the property")
    zone_id = fields.Many2one(related="property_id.zone_id")
    beds = fields.Integer(related="property_id.beds")
    cover_image_id = fields.Many2one(related="property_id.cover_image_id")

    _pair_unique = models.UniqueIndex("(demand_id, property_id)", "These two are matched already.")
    _property_state_index = models.Index("(property_id, state)")

    @api.model
    def _selection_dismiss_reason(self):
        """Return why a property is not for a client; to be extended."""
        return [
            ("price", self.env._("Too expensive")),
            ("place", self.env._("Not there")),
            ("size", self.env._("Too small or too large")),
            ("condition", self.env._("Its condition")),
            ("known", self.env._("Knows it already")),
            ("other", self.env._("Another reason")),
        ]

    @api.depends("demand_id", "property_id")
    def _compute_display_name(self):
        for match in self:
            match.display_name = f"{match.partner_id.name} · {match.property_id.display_name}"

    @api.depends("demand_id", "property_id", "score", "price", "is_current")
    def _compute_reasons(self):
        found = self._get_reasons(self.demand_id.ids, self.property_id.ids)
        for match in self:
            match.reasons = found.get((match.demand_id.id, match.property_id.id), {})

    @api.depends("reasons", "is_current", "state", "price", "dismissed_price")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        features = {feature for match in self for feature in (match.reasons or {}).get("missing", ())}
        names = {feature.id: feature.name for feature in self.env["realestate.feature"].browse(features).exists()}
        for match in self:
            parts = match._get_reason_parts(names)
            match.reason_text = " · ".join(filter(None, parts)) or self.env._("Fits in everything")

    def _get_reason_parts(self, names):
        """Return in plain words what this property has not, or not surely.

        :param names: {feature id: name}
        """
        self.ensure_one()
        reasons = self.reasons or {}
        labels = self._get_criteria_labels()
        unknown = ", ".join(labels[name] for name in reasons.get("unknown", ()))
        missing = ", ".join(names[feature] for feature in reasons.get("missing", ()) if feature in names)
        over, under = reasons.get("over"), reasons.get("under")
        cheaper = self.state == "new" and self.price and self.price < self.dismissed_price
        return [
            not self.is_current and self.env._("No longer fits or taken"),
            cheaper and self.env._("Cheaper than when it was dismissed"),
            over and self.env._("%(percent)s %% over the budget", percent=over),
            under and self.env._("%(percent)s %% under the lowest price", percent=under),
            missing and self.env._("Without: %(features)s", features=missing),
            unknown and self.env._("Not known: %(criteria)s", criteria=unknown),
        ]

    @api.model
    def _get_criteria_labels(self):
        """Return what the criteria of the SQL are called on a screen."""
        return {
            "zone": self.env._("zone"),
            "type": self.env._("type"),
            "price": self.env._("price"),
            "beds": self.env._("bedrooms"),
            "baths": self.env._("bathrooms"),
            "area": self.env._("area"),
        }

    # ------------------------------------------------------------
    # States
    # ------------------------------------------------------------

    def _on_state(self, state):
        """Remember at which price it was dismissed: a lower one brings it back."""
        super()._on_state(state)
        if state == "dismissed":
            for match in self:
                match.dismissed_price = match.price

    def _follow_visit(self, state):
        """Take over what a visit says, where that leads anywhere.

        :param state: of the visit
        """
        target = STATE_OF_VISIT.get(state)
        self.filtered(
            lambda match: match.state != "visited" and target in match._transitions[match.state]
        ).write({"state": target})  # fmt: skip

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_send(self):
        """Note that it was proposed to the client."""
        self.write({"state": "sent"})

    def action_interested(self):
        """Note that the client likes it."""
        self.write({"state": "interested"})

    def action_reopen(self):
        """Take a dismissed match up again."""
        self.write({"state": "new"})

    def action_dismiss(self, reason="other", note=None):
        """Note that it is nothing for this client.

        :param reason: a key of :meth:`_selection_dismiss_reason`
        :param note: in the client's words
        """
        self.write({"state": "dismissed", "dismiss_reason": reason, "dismiss_note": note})

    def action_plan_visit(self):
        """Open the form of a visit of this property with this client."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_realestate.realestate_visit_action")
        context = {
            "default_property_id": self.property_id.id,
            "default_partner_ids": self.partner_id.ids,
            "default_lead_id": self.demand_id.lead_id.id,
            "default_user_id": self.env.uid,
        }
        return {**action, "view_mode": "form", "views": [(False, "form")], "context": context}

    def action_plan_visits(self):
        """Propose visits of these properties with their client, one after the other.

        :raise UserError: of several clients
        """
        return self.env["realestate.visit.round"]._open_for(self)

    @api.model
    def _open_side(self, side, record):
        """Return the action on the matches of one demand or one property, up to date.

        :param side: ``demand`` or ``property``
        :param record: the one record
        """
        record.ensure_one()
        record.check_access("read")
        self._refresh(**{f"{side}_ids": record.ids})
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_realestate.realestate_match_action")
        name = self._get_demand_title(record) if side == "demand" else self.env._("Who is looking for this")
        return {
            **action,
            "name": name,
            "display_name": name,
            "domain": [(f"{side}_id", "=", record.id)],
            "context": {"match_side": side, "search_default_open": 1},
        }

    @api.model
    def _get_demand_title(self, demand):
        """Return the heading of what fits a demand; it says so when only the best are kept."""
        kept = self.search_count([("demand_id", "=", demand.id), ("is_current", "=", True)])
        if kept < self._get_keep():
            return self.env._("What fits")
        total = self._count_fitting(demand)
        if total <= kept:
            return self.env._("What fits")
        return self.env._("What fits: the best %(kept)s of %(total)s", kept=self._get_keep(), total=total)

    @api.model
    def _count_by(self, field, records):
        """Return {record id: number of matches that fit and are not dismissed}."""
        domain = [(field, "in", records.ids), ("is_current", "=", True), ("state", "!=", "dismissed")]
        return {record.id: count for record, count in self._read_group(domain, [field], ["__count"])}
