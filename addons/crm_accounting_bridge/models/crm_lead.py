from odoo import fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    billing_acceptance_count = fields.Integer("Accepted", compute="_compute_billing_acceptance_count")

    def _compute_billing_acceptance_count(self):
        acceptances = self.env["crm.billing.acceptance"]
        counts = {}
        if acceptances.has_access("read"):
            groups = acceptances._read_group([("order_id.opportunity_id", "in", self.ids)], ["order_id"], ["__count"])
            for order, count in groups:
                lead = order.sudo().opportunity_id.id  # sudo: the link of a quote whose acceptance the user may read
                counts[lead] = counts.get(lead, 0) + count
        for lead in self:
            lead.billing_acceptance_count = counts.get(lead.id, 0)

    def action_open_billing(self):
        """Open what the customer accepted, and how far its invoices are."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_accounting_bridge.crm_billing_acceptance_action")
        found = self.env["crm.billing.acceptance"].search([("order_id.opportunity_id", "=", self.id)])
        if len(found) == 1:
            return found._open_form()
        return {**action, "domain": [("id", "in", found.ids)], "context": {}}
