from odoo import fields, models
from odoo.fields import Command


class RealestateDevelopment(models.Model):
    """A building site or a building of many units that one promoter sells."""

    _name = "realestate.development"
    _description = "Development"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    user_id = fields.Many2one(
        "res.users",
        "Agent",
        check_company=True,
        tracking=True,
        domain="[('share', '=', False)]",
        default=lambda self: self.env.user,
    )
    promoter_id = fields.Many2one("res.partner", index="btree_not_null", check_company=True)
    zone_id = fields.Many2one("realestate.zone", ondelete="restrict")
    street = fields.Char()
    city = fields.Char()
    date_delivery = fields.Date("Keys expected")
    licence = fields.Char("Building licence")
    description = fields.Text(translate=True)
    registration_days = fields.Integer(
        "A client stays registered (days)", default=90, help="How long the promoter keeps a client for the agency."
    )
    unit_ids = fields.One2many("realestate.property", "development_id", "Units")
    unit_count = fields.Integer(compute="_compute_units")
    available_count = fields.Integer("Available", compute="_compute_units")

    _registration_positive = models.Constraint("CHECK (registration_days > 0)", "A registration lasts at least a day.")

    def _compute_units(self):
        """Count the units, in one query for all developments."""
        groups = self.env["realestate.property"]._read_group(
            [("development_id", "in", self.ids)], ["development_id", "availability"], ["__count"]
        )
        counts = {}
        for development, availability, count in groups:
            counts.setdefault(development.id, {})[availability] = count
        for development in self:
            found = counts.get(development.id, {})
            development.unit_count = sum(found.values())
            development.available_count = found.get("available", 0)

    def action_open_units(self):
        """Open the units, floor by floor."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_realestate.realestate_property_action_units")
        return {
            **action,
            "display_name": self.env._("Units of %(development)s", development=self.name),
            "domain": [("development_id", "=", self.id)],
            "context": {**self._prepare_unit_context(), "group_by": "floor"},
        }

    def _prepare_unit_context(self):
        """Return what a unit made from here begins with."""
        return {f"default_{name}": value for name, value in self._prepare_unit().items() if name != "party_ids"}

    def _prepare_unit(self):
        """Return the values every unit of the development shares; a hook."""
        self.ensure_one()
        owner = {"partner_id": self.promoter_id.id, "role": "owner", "share": 100.0}
        return {
            "development_id": self.id,
            "company_id": self.company_id.id,
            "currency_id": self.company_id.currency_id.id,
            "user_id": self.user_id.id,
            "zone_id": self.zone_id.id,
            "street": self.street,
            "city": self.city,
            "party_ids": [Command.create(owner)] if self.promoter_id else [],
        }
