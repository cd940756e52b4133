from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..tools import vin as vin_tools
from ..tools import vin_hint
from .automotive_recall_vehicle import OPEN_STATES


class AutomotiveVehicle(models.Model):
    """One car that the dealer sells, shows or looks after: found by VIN, its last six or its plate.

    The host's ``fleet.vehicle`` is a car of our own company, with its costs and drivers; only
    its catalogue of brands and models is used here.
    """

    _name = "automotive.vehicle"
    _description = "Vehicle"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _rec_names_search = ["vin", "plate", "model_id"]
    _check_company_auto = True

    vin = fields.Char(
        "VIN", size=32, index="trigram", copy=False, tracking=True, help="17 characters, without I, O and Q."
    )
    vin_suffix = fields.Char("Last six", compute="_compute_vin_suffix", store=True, index="btree_not_null")
    vin_check = fields.Selection(
        [("valid", "Check digit agrees"), ("not_used", "No check digit"), ("failed", "Check digit differs")],
        string="Check digit",
        compute="_compute_vin_check",
        help="A hint only: makers in Europe do not use it.",
    )
    vin_hint = fields.Char(
        "Made by", compute="_compute_vin_hint", help="What the number suggests; where the package vininfo is installed."
    )
    vin_legacy = fields.Boolean(
        "Old chassis number", help="For cars made before 1981: the number is shorter and is not checked."
    )
    plate = fields.Char(index="trigram", copy=False, tracking=True)
    brand_id = fields.Many2one(related="model_id.brand_id", string="Brand")
    model_id = fields.Many2one("fleet.vehicle.model", index="btree_not_null", tracking=True)
    model_year = fields.Integer("Year", aggregator=None)
    color = fields.Char()
    kind = fields.Selection(
        [("customer", "Customer's car"), ("new", "New"), ("used", "Used"), ("demo", "Demonstration")],
        default="customer",
        required=True,
    )
    odometer = fields.Integer("Odometer (km)", aggregator=None)
    currency_id = fields.Many2one(related="company_id.currency_id")
    price = fields.Monetary("Asking price", help="Of a car we sell, without taxes, in the currency of the company.")
    warranty_until = fields.Date("Warranty until", tracking=True)
    first_registration = fields.Date("First registered")
    last_service_date = fields.Date("Last service", tracking=True)
    last_service_odometer = fields.Integer("Odometer at the last service (km)", aggregator=None)
    next_service_date = fields.Date(
        "Next service", compute="_compute_next_service", store=True, index="btree_not_null", precompute=True
    )
    next_service_odometer = fields.Integer(
        "Next service at (km)", compute="_compute_next_service", store=True, precompute=True, aggregator=None
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, readonly=True, default=lambda self: self.env.company
    )
    party_ids = fields.One2many("automotive.vehicle.party", "vehicle_id", "People")
    owner_id = fields.Many2one("res.partner", compute="_compute_owner_id", search="_search_owner_id")
    recall_line_ids = fields.One2many("automotive.recall.vehicle", "vehicle_id", "Recalls")
    open_recall_count = fields.Integer(
        "Open recalls", compute="_compute_open_recall_count", search="_search_open_recall_count"
    )
    active = fields.Boolean(default=True)

    # Two dealers in one database may both know a car, and neither may learn that from an error.
    _vin_unique = models.UniqueIndex(
        "(company_id, vin) WHERE vin IS NOT NULL", "This VIN is already registered. Search for its last six."
    )
    _plate_unique = models.UniqueIndex(
        "(company_id, plate) WHERE plate IS NOT NULL AND active",
        "Another vehicle has this plate. Search for it, or take the plate off the other one first.",
    )
    _odometer_positive = models.Constraint("CHECK(odometer >= 0)", "The odometer cannot be negative.")

    # ------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------

    @api.depends("vin")
    def _compute_vin_suffix(self):
        for vehicle in self:
            vehicle.vin_suffix = vin_tools.suffix(vehicle.vin) if vehicle.vin else False

    @api.depends("vin", "vin_legacy")
    def _compute_vin_check(self):
        for vehicle in self:
            number = vin_tools.compact(vehicle.vin)
            vehicle.vin_check = number and not vehicle.vin_legacy and vin_tools.check_hint(number)

    @api.depends("vin", "vin_legacy")
    def _compute_vin_hint(self):
        for vehicle in self:
            known = vin_hint.hint(vin_tools.compact(vehicle.vin)) if vehicle.vin and not vehicle.vin_legacy else {}
            years = self.env._(" or ").join(str(year) for year in known.get("years", ()))
            vehicle.vin_hint = ", ".join(filter(None, [known.get("maker"), known.get("country"), years]))

    @api.depends("party_ids.role", "party_ids.date_to", "party_ids.partner_id")
    def _compute_owner_id(self):
        for vehicle in self:
            vehicle.owner_id = vehicle.party_ids.filtered(lambda p: p.role == "owner" and not p.date_to)[:1].partner_id

    @api.model
    def _search_owner_id(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        owners = Domain("role", "=", "owner") & Domain("date_to", "=", False) & Domain("partner_id", operator, value)
        return Domain("party_ids", "any", owners)

    @api.depends("model_id", "first_registration", "last_service_date", "last_service_odometer")
    def _compute_next_service(self):
        """By the rules of the workshop, from the last service or the first registration."""
        # sudo: whoever looks at a car sees when it is due.
        rules = self.env["automotive.service.rule"].sudo().search([("active", "=", True)])
        for vehicle in self:
            rule, since = rules._find_for(vehicle), vehicle.last_service_date or vehicle.first_registration
            vehicle.next_service_date = since + relativedelta(months=rule.months) if since and rule.months else False
            vehicle.next_service_odometer = vehicle.last_service_odometer + rule.distance if rule.distance else 0

    def _get_open_recall_domain(self):
        """Return the domain of the recalls that are still to be performed."""
        return Domain("state", "in", OPEN_STATES) & Domain("recall_id.state", "=", "published")

    @api.depends("recall_line_ids.state", "recall_line_ids.recall_id.state")
    def _compute_open_recall_count(self):
        lines = self.env["automotive.recall.vehicle"]
        domain = self._get_open_recall_domain() & Domain("vehicle_id", "in", self.ids)
        counts = dict(lines._read_group(domain, ["vehicle_id"], ["__count"]))
        for vehicle in self:
            vehicle.open_recall_count = counts.get(vehicle._origin, 0)

    @api.model
    def _search_open_recall_count(self, operator, value):
        """Support the searches for cars with and without an open recall: ``> 0`` and ``= 0``."""
        if (operator, value) not in ((">", 0), ("=", 0)):
            return NotImplemented
        domain = Domain("recall_line_ids", "any", self._get_open_recall_domain())
        return domain if operator == ">" else ~domain

    @api.depends("model_id.display_name", "plate", "vin_suffix", "open_recall_count")
    def _compute_display_name(self):
        """Whoever sees the car anywhere sees that it is called back."""
        for vehicle in self:
            recall = self.env._("recall open") if vehicle.open_recall_count else None
            parts = [vehicle.model_id.display_name, vehicle.plate or vehicle.vin_suffix, recall]
            vehicle.display_name = " · ".join(filter(None, parts)) or self.env._("New vehicle")

    @api.model
    def _search_display_name(self, operator, value):
        """Find by VIN, last six and plate however they are spaced, and by model."""
        domain = Domain(super()._search_display_name(operator, value))
        if operator not in ("ilike", "like", "=") or not isinstance(value, str):
            return domain
        number = vin_tools.compact(value)
        if len(number) < 3:
            return domain
        suffix = Domain("vin_suffix", "=", number)
        return domain | suffix | Domain("vin", operator, number) | Domain("plate", operator, number)

    # ------------------------------------------------------------
    # Checks and CRUD
    # ------------------------------------------------------------

    @api.constrains("vin", "vin_legacy")
    def _check_vin(self):
        for vehicle in self.filtered(lambda v: v.vin and not v.vin_legacy):
            problem = vin_tools.problem(vehicle.vin)
            if problem:
                raise ValidationError(vehicle._get_vin_message(*problem))

    def _get_vin_message(self, code, detail):
        """Return what to tell the user about an unsound VIN; see ``tools.vin.problem``."""
        if code == "letter":
            return self.env._(
                "The VIN %(vin)s contains the letter %(letter)s, which no VIN has. Did you mean %(hint)s?",
                vin=self.vin, letter=detail, hint=vin_tools.FORBIDDEN[detail],
            )  # fmt: skip
        if code == "character":
            return self.env._(
                "The VIN %(vin)s contains “%(character)s”. A VIN has only letters from A to Z and digits.",
                vin=self.vin, character=detail,
            )  # fmt: skip
        return self.env._(
            "The VIN %(vin)s has %(count)s characters and should have 17. Compare it with the registration "
            "document; for a car made before 1981, tick “Old chassis number”.",
            vin=self.vin, count=detail,
        )  # fmt: skip

    @api.model
    def _clean_numbers(self, vals):
        """Return the values with VIN and plate as they are stored."""
        cleaned = {key: vin_tools.compact(vals[key]) or False for key in ("vin", "plate") if key in vals}
        return {**vals, **cleaned}

    @api.model_create_multi
    def create(self, vals_list):
        """Store VIN and plate in upper case without blanks; a car that is called back is known as such at once."""
        vehicles = super().create([self._clean_numbers(vals) for vals in vals_list])
        vehicles._link_recalls()
        return vehicles

    def write(self, vals):
        """Store VIN and plate in upper case without blanks."""
        result = super().write(self._clean_numbers(vals))
        if "vin" in vals:
            self._link_recalls()
        return result

    def _link_recalls(self):
        """Join the recalls that name these cars' numbers."""
        numbers = list(filter(None, self.mapped("vin")))
        if numbers:
            # sudo: who registers a car need not have rights on recalls; the number decides.
            lines = self.env["automotive.recall.vehicle"].sudo()
            lines.search([("vin", "in", numbers), ("company_id", "in", self.company_id.ids)])._link_vehicles()

    @api.onchange("vin", "plate")
    def _onchange_numbers(self):
        self.vin = vin_tools.compact(self.vin) or False
        self.plate = vin_tools.compact(self.plate) or False

    # ------------------------------------------------------------
    # Business
    # ------------------------------------------------------------

    def action_open_recalls(self):
        """Open the recalls of the car."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_automotive_dealer.automotive_recall_vehicle_action")
        action["domain"] = [("vehicle_id", "=", self.id)]
        return action

    def _change_owner(self, partner, date=None):
        """Close the present owner's time and open the new one's.

        :param partner: the new owner, a ``res.partner``
        :param date: when the car changed hands, by default today
        :return: the new ``automotive.vehicle.party``
        """
        self.ensure_one()
        date = date or fields.Date.context_today(self)
        former = self.party_ids.filtered(lambda p: p.role == "owner" and not p.date_to)
        former.date_to = date
        former.flush_recordset()  # before the insert: there is one open owner at any moment
        return self.env["automotive.vehicle.party"].create(
            {"vehicle_id": self.id, "partner_id": partner.id, "role": "owner", "date_from": date}
        )
