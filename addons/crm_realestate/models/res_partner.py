from odoo import fields, models

from .crm_lead import AGENT


class ResPartner(models.Model):
    _inherit = "res.partner"

    demand_ids = fields.One2many("realestate.demand", "partner_id", "Demands", groups=AGENT)
    demand_count = fields.Integer(compute="_compute_demand_count", groups=AGENT)

    def _compute_demand_count(self):
        groups = self.env["realestate.demand"]._read_group(
            [("partner_id", "in", self.ids)], ["partner_id"], ["__count"]
        )
        counts = {partner.id: count for partner, count in groups}
        for partner in self:
            partner.demand_count = counts.get(partner.id, 0)

    def action_open_demands(self):
        """Open what the contact looks for; the form of a new demand if there is none."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_realestate.realestate_demand_action")
        action.update(domain=[("partner_id", "=", self.id)], context={"default_partner_id": self.id})
        if not self.demand_ids:
            action.update(view_mode="form", views=[(False, "form")])
        return action
