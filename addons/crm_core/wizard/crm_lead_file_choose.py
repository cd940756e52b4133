from odoo import fields, models


class CrmLeadFileChoose(models.TransientModel):
    """Take what came with a message as a file of the checklist."""

    _name = "crm.lead.file.choose"
    _description = "Choose a file from the messages"

    file_id = fields.Many2one("crm.lead.file", required=True, ondelete="cascade")
    found_ids = fields.Many2many("ir.attachment", compute="_compute_found_ids")
    attachment_ids = fields.Many2many("ir.attachment", string="Files", domain="[('id', 'in', found_ids)]")

    def _compute_found_ids(self):
        """Find what hangs on the opportunity and its quotes, the newest first."""
        for wizard in self:
            lead = wizard.file_id.lead_id
            homes = {"crm.lead": lead.ids, "sale.order": lead.order_ids.ids}
            found = self.env["ir.attachment"].union(
                *(
                    self.env["ir.attachment"].search([("res_model", "=", model), ("res_id", "in", ids)])
                    for model, ids in homes.items()
                )
            )
            wizard.found_ids = found.sorted("id", reverse=True)[:50]

    def action_take(self):
        """Take the chosen files and close."""
        self.file_id._take(self.attachment_ids)
        return {"type": "ir.actions.act_window_close"}
