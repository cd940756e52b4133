from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from .realestate_property import PRICE_OF

# Days before the end of a mandate at which its agent is told, each once.
ALERT_DAYS = (30, 15, 7)
PERIOD_FIELDS = {"state", "kind", "operation", "date_start", "date_end", "property_id"}


class RealestateMandate(models.Model):
    """What the owner entrusted to us: to sell or to let, for how much, until when and for which fee.

    The database refuses two exclusive mandates of a property for the same operation at one time.
    """

    _name = "realestate.mandate"
    _description = "Mandate"
    _inherit = ["mail.thread", "mail.activity.mixin", "crm.document.mixin", "crm.state.mixin"]
    _order = "date_start desc, id desc"
    _check_company_auto = True

    _transitions = {
        "draft": ("signed", "cancelled"),
        "signed": ("expired", "fulfilled", "cancelled"),
        "expired": ("signed",),
        "fulfilled": ("signed",),
        "cancelled": ("draft",),
    }

    property_id = fields.Many2one("realestate.property", required=True, index=True, ondelete="cascade", tracking=True)
    company_id = fields.Many2one(related="property_id.company_id", store=True)
    user_id = fields.Many2one(
        "res.users",
        "Agent",
        index="btree_not_null",
        compute="_compute_user_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('share', '=', False)]",
    )
    kind = fields.Selection(
        [
            ("exclusive", "Exclusive"),
            ("shared", "Exclusive, shared with other agencies"),
            ("non_exclusive", "Not exclusive"),
        ],
        required=True,
        default="exclusive",
        tracking=True,
    )
    operation = fields.Selection([("sale", "Sale"), ("rent", "Rent")], required=True, default="sale")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("signed", "Signed"),
            ("expired", "Expired"),
            ("fulfilled", "Fulfilled"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="draft",
        index=True,
        copy=False,
        tracking=True,
    )
    date_start = fields.Date("From", required=True, default=fields.Date.context_today, tracking=True)
    date_end = fields.Date("Until", tracking=True, help="The last day. An exclusive mandate must have one.")
    days_left = fields.Integer(compute="_compute_days_left")
    # The last of ALERT_DAYS its agent was told about; 0: none.
    alerted_days = fields.Integer(readonly=True, copy=False, export_string_translation=False)

    # Price and fee
    currency_id = fields.Many2one(related="property_id.currency_id")
    price = fields.Monetary(
        "Price agreed with the owner", compute="_compute_price", store=True, readonly=False, precompute=True
    )
    fee_type = fields.Selection(
        [("percent", "Part of the price"), ("fixed", "Fixed amount")], "Fee", required=True, default="percent"
    )
    fee_percent = fields.Float("Fee (%)", digits=(5, 2), default=lambda self: self.env.company.realestate_fee_percent)
    fee_fixed = fields.Monetary("Fixed fee")
    fee_payer = fields.Selection(
        [("owner", "The owner"), ("client", "The buyer or tenant"), ("both", "Both")],
        "Who pays",
        required=True,
        default="owner",
        help="What the law allows depends on the place and on whether it is sold or let.",
    )
    fee = fields.Monetary("Fee expected", compute="_compute_fee")
    signed_document = fields.Binary("Signed document", attachment=True, copy=False)
    signed_filename = fields.Char(copy=False, export_string_translation=False)
    note = fields.Text("Terms")

    _range = models.Constraint("CHECK (date_end >= date_start)", "A mandate must end after it begins.")
    _exclusive_ends = models.Constraint(
        "CHECK (state <> 'signed' OR kind = 'non_exclusive' OR date_end IS NOT NULL)",
        "An exclusive mandate must have a last day.",
    )
    _fee_range = models.Constraint(
        "CHECK (fee_percent BETWEEN 0 AND 100 AND fee_fixed >= 0 AND price >= 0)",
        "A fee is between 0 and 100 % or an amount from zero up, and a price is not negative.",
    )
    # int4range makes plain integers fit for GiST without the btree_gist extension.
    _one_exclusive = models.Constraint(
        "EXCLUDE USING gist (int4range(property_id, property_id, '[]') WITH =,"
        " int4range((operation = 'rent')::integer, (operation = 'rent')::integer, '[]') WITH =,"
        " daterange(date_start, date_end, '[]') WITH &&)"
        " WHERE (state = 'signed' AND kind <> 'non_exclusive')",
        "The property has another exclusive mandate at that time. End that one first or choose other dates.",
    )

    @api.depends("property_id")
    def _compute_user_id(self):
        for mandate in self:
            mandate.user_id = mandate.property_id.user_id or mandate.user_id or self.env.user

    @api.depends("property_id", "operation")
    def _compute_price(self):
        for mandate in self:
            prop = mandate.property_id
            known = prop.price_rent if mandate.operation == "rent" else prop.price_sale
            mandate.price = known or mandate.price or prop.valuation_price

    @api.depends("fee_type", "fee_percent", "fee_fixed", "price")
    def _compute_fee(self):
        for mandate in self:
            mandate.fee = mandate._get_fee(mandate.price)

    @api.depends("date_end", "state")
    def _compute_days_left(self):
        today = fields.Date.context_today(self)
        for mandate in self:
            counts = mandate.state == "signed" and mandate.date_end
            mandate.days_left = max((mandate.date_end - today).days, 0) if counts else 0

    @api.depends("property_id", "kind")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for mandate in self:
            mandate.display_name = " · ".join(filter(None, [kinds.get(mandate.kind), mandate.property_id.display_name]))

    def _get_fee(self, price):
        """Return our fee for a deal at this price, in the property's currency and without taxes."""
        self.ensure_one()
        if self.fee_type == "fixed":
            return self.fee_fixed
        amount = price * self.fee_percent / 100
        return self.currency_id.round(amount) if self.currency_id else amount

    @api.model
    def _get_current_domain(self):
        """Return the domain of the mandates in force today."""
        today = fields.Date.context_today(self)
        open_end = Domain("date_end", "=", False) | Domain("date_end", ">=", today)
        return Domain("state", "=", "signed") & Domain("date_start", "<=", today) & open_end

    # ------------------------------------------------------------
    # States
    # ------------------------------------------------------------

    def write(self, vals):
        """Say which mandate is in the way; the database would only say no."""
        if vals.keys() & PERIOD_FIELDS:
            for mandate in self:
                mandate._check_exclusive(vals)
        if "date_end" in vals:
            vals = {**vals, "alerted_days": 0}
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        mandates = super().create([{**vals, "state": "draft"} for vals in vals_list])
        default_state = self.default_get(["state"]).get("state", "draft")
        for mandate, vals in zip(mandates, vals_list, strict=True):
            state = vals.get("state", default_state)
            if state != "draft":
                mandate.write({"state": "signed" if state in ("signed", "expired", "fulfilled") else state})
            if state in ("expired", "fulfilled"):
                mandate.write({"state": state})
        return mandates

    def _check_exclusive(self, vals):
        """Refuse a second exclusive mandate for the same time.

        :param vals: what is about to be written
        :raise ValidationError: names the other one and until when it runs
        """
        self.ensure_one()
        merged = self.new({}, origin=self)
        merged.update({name: vals[name] for name in vals.keys() & PERIOD_FIELDS})
        if merged.state != "signed" or merged.kind == "non_exclusive":
            return
        if not merged.date_end:
            raise ValidationError(
                self.env._(
                    "Say until when the exclusive mandate of %(property)s runs: without an end it is not valid.",
                    property=merged.property_id.display_name,
                )
            )
        other = self._find_exclusive_clash(merged)
        if other:
            raise ValidationError(
                self.env._(
                    "%(property)s has an exclusive mandate of %(agent)s already, until %(until)s."
                    " End that one first or choose other dates.",
                    property=merged.property_id.display_name,
                    agent=other.user_id.name,
                    until=format_date(self.env, other.date_end),
                )
            )

    def _find_exclusive_clash(self, merged):
        """Return another exclusive mandate for the same property, operation and time.

        :param merged: this mandate as it will be
        """
        # sudo: another agent's mandate counts as well.
        return self.sudo().search(
            Domain("id", "!=", self.id)
            & Domain("property_id", "=", merged.property_id._origin.id or merged.property_id.id)
            & Domain("operation", "=", merged.operation)
            & Domain("state", "=", "signed")
            & Domain("kind", "!=", "non_exclusive")
            & Domain("date_start", "<=", merged.date_end)
            & Domain("date_end", ">=", merged.date_start),
            limit=1,
        )

    def _on_state(self, state):
        """A signed mandate takes the property out of the prospects."""
        super()._on_state(state)
        if state == "signed":
            for mandate in self:
                mandate._check_owners()
                mandate._set_asking_price()
            self.property_id._on_mandate_signed()
        elif state in ("expired", "cancelled"):
            self.property_id._on_mandate_ended()

    def _check_owners(self):
        """Refuse to sign when the owners' shares are known and do not make a whole.

        :raise UserError: says how much is missing
        """
        shares = self.property_id.party_ids.filtered(lambda party: party.role == "owner").mapped("share")
        if any(shares) and abs(sum(shares) - 100) > 0.01:
            raise UserError(
                self.env._(
                    "The owners of %(property)s have %(total)s %% together. Complete them, then sign the mandate.",
                    property=self.property_id.display_name,
                    total=round(sum(shares), 2),
                )
            )

    def _set_asking_price(self):
        """What was agreed with the owner is asked, where no price was said yet."""
        self.ensure_one()
        # sudo: who may sign mandates may not be the agent of the property.
        prop, name = self.property_id.sudo(), PRICE_OF[self.operation]
        if self.price and not prop[name] and prop.operation in (self.operation, "both"):
            prop[name] = self.price

    # ------------------------------------------------------------
    # Documents
    # ------------------------------------------------------------

    def _get_document_parties(self):
        """The owners entrust, the agency takes it on."""
        parties = super()._get_document_parties()
        return {**parties, "seller": self.property_id._get_owners(), "other": self.company_id.partner_id}

    def _on_document_signed(self, document):
        """A mandate everybody signed is signed."""
        drafts = self.filtered(lambda mandate: mandate.state == "draft")
        try:
            with self.env.cr.savepoint():
                drafts.write({"state": "signed"})
        except UserError as error:
            drafts._schedule(str(error))
        return super()._on_document_signed(document)

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_sign(self):
        """Note that the owner signed."""
        self.write({"state": "signed"})

    def action_cancel(self):
        """Note that the owner ended it early."""
        self.write({"state": "cancelled"})

    def action_draft(self):
        """Begin again."""
        self.write({"state": "draft"})

    def action_renew(self):
        """Open a draft of the next mandate on the same terms, from the day after this one, for as long."""
        self.ensure_one()
        start = (self.date_end or fields.Date.context_today(self)) + timedelta(days=1)
        length = (self.date_end - self.date_start) if self.date_end else timedelta(days=0)
        renewed = self.copy({"date_start": start, "date_end": self.date_end and start + length})
        return {
            "type": "ir.actions.act_window",
            "res_model": "realestate.mandate",
            "res_id": renewed.id,
            "views": [(False, "form")],
        }

    # ------------------------------------------------------------
    # Alerts
    # ------------------------------------------------------------

    @api.model
    def _cron_alert(self):
        """End the mandates whose last day is over; tell the agents of those that end soon."""
        today = fields.Date.today()
        signed = Domain("state", "=", "signed")
        over = self.search(signed & Domain("date_end", "<", today))
        over.write({"state": "expired"})
        over._schedule(self.env._("The mandate is over: renew it or withdraw the property"))
        soon = self.search(signed & Domain("date_end", "<=", today + timedelta(days=max(ALERT_DAYS))))
        for mandate in soon:
            mandate._alert((mandate.date_end - today).days)

    def _alert(self, days):
        """Tell the agent once for each threshold passed.

        :param days: until the last day
        """
        threshold = min(limit for limit in ALERT_DAYS if days <= limit)
        if not self.alerted_days or self.alerted_days > threshold:
            self.alerted_days = threshold
            self._schedule(self.env._("The mandate ends in %(days)s days: talk to the owner", days=days))

    def _schedule(self, summary):
        for mandate in self:
            mandate.activity_schedule(
                "mail.mail_activity_data_call", summary=summary, user_id=mandate.user_id.id or self.env.uid
            )
