from odoo import api, fields, models
from odoo.fields import Command

AGENT = "crm_realestate.group_realestate_agent"


class CrmLead(models.Model):
    _inherit = "crm.lead"

    property_id = fields.Many2one(
        "realestate.property",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        tracking=True,
        copy=False,
        groups=AGENT,
        help="The property the deal is about.",
    )
    property_ids = fields.Many2many("realestate.property", string="Interested in", copy=False, groups=AGENT)
    visit_ids = fields.One2many("realestate.visit", "lead_id", "Visits", groups=AGENT)
    visit_count = fields.Integer(compute="_compute_visit_count", groups=AGENT)

    booking_ids = fields.One2many("realestate.booking", "lead_id", "Bookings", groups=AGENT)
    booking_count = fields.Integer(compute="_compute_booking_count", groups=AGENT)
    demand_ids = fields.One2many("realestate.demand", "lead_id", "Demands", groups=AGENT)
    demand_count = fields.Integer(compute="_compute_demand_count", groups=AGENT)

    def _compute_demand_count(self):
        groups = self.env["realestate.demand"]._read_group([("lead_id", "in", self.ids)], ["lead_id"], ["__count"])
        counts = {lead.id: count for lead, count in groups}
        for lead in self:
            lead.demand_count = counts.get(lead.id, 0)

    def _compute_booking_count(self):
        groups = self.env["realestate.booking"]._read_group([("lead_id", "in", self.ids)], ["lead_id"], ["__count"])
        counts = {lead.id: count for lead, count in groups}
        for lead in self:
            lead.booking_count = counts.get(lead.id, 0)

    def _compute_visit_count(self):
        groups = self.env["realestate.visit"]._read_group([("lead_id", "in", self.ids)], ["lead_id"], ["__count"])
        counts = {lead.id: count for lead, count in groups}
        for lead in self:
            lead.visit_count = counts.get(lead.id, 0)

    # ------------------------------------------------------------
    # Creating, writing, merging
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._prepare_main_property(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._prepare_main_property(vals))

    @api.model
    def _prepare_main_property(self, vals):
        """Return the values with the main property among those of interest."""
        if not vals.get("property_id"):
            return vals
        return {**vals, "property_ids": [*(vals.get("property_ids") or []), Command.link(vals["property_id"])]}

    def _merge_dependences(self, opportunities):
        """Merged opportunities keep their property, visits, bookings, demands and interests."""
        super()._merge_dependences(opportunities)
        self._merge_real_estate(opportunities)

    def _merge_real_estate(self, opportunities):
        """Bring the real estate records of other opportunities here."""
        # sudo: who may merge may not be an agent; nothing may be lost with the opportunities that go.
        # Not through `_merge_get_fields`, which reads as the user.
        kept, merged = self.sudo(), opportunities.sudo()
        merged.visit_ids.write({"lead_id": self.id})
        merged.booking_ids.write({"lead_id": self.id})
        merged.demand_ids.write({"lead_id": self.id})
        if merged.property_ids:
            kept.property_ids |= merged.property_ids
        if merged.property_id and not kept.property_id:
            kept.property_id = merged.property_id[0]

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_open_visits(self):
        """Open the visits of the opportunity; the form of a new one if there is none."""
        return self._open_real_estate("crm_realestate.realestate_visit_action", self.visit_ids)

    def action_open_bookings(self):
        """Open the bookings of the opportunity; the form of a new one if there is none."""
        return self._open_real_estate("crm_realestate.realestate_booking_action", self.booking_ids)

    def action_open_demands(self):
        """Open what the client looks for; the form of a new demand, like the property, if there is none."""
        action = self._open_real_estate("crm_realestate.realestate_demand_action", self.demand_ids)
        like = self.property_id._prepare_demand_values() if self.property_id else {}
        defaults = {f"default_{name}": value for name, value in like.items()}
        action["context"] |= {"default_partner_id": self.partner_id.id, **defaults}
        return action

    def _open_real_estate(self, xmlid, records):
        """Return the action on records of this opportunity, ready to make another.

        :param xmlid: of an action
        :param records: what exists already
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["context"] = self._prepare_real_estate_context()
        action["domain"] = [("lead_id", "=", self.id)]
        if not records:
            action.update(view_mode="form", views=[(False, "form")])
        return action

    def _prepare_real_estate_context(self):
        """Return what visits and bookings made from here begin with."""
        self.ensure_one()
        return {
            "default_lead_id": self.id,
            "default_property_id": self.property_id.id,
            "default_partner_ids": self.partner_id.ids,
            "default_user_id": self.user_id.id or self.env.uid,
        }
