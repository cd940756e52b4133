from odoo import fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    file_ids = fields.One2many("crm.lead.file", "lead_id", "Files", groups="sales_team.group_sale_salesman")
    missing_file_count = fields.Integer(
        "Missing files", compute="_compute_missing_file_count", groups="sales_team.group_sale_salesman"
    )

    def _compute_missing_file_count(self):
        """Count what the stages reached ask for and is not there: nothing is written while stages move."""
        needed = self._get_needed_files()
        for lead in self:
            have = lead.file_ids.filtered(lambda file: file.state == "received").stage_file_id
            own = lead.file_ids.filtered(lambda file: not file.stage_file_id and file.state != "received")
            lead.missing_file_count = len(needed[lead] - have) + len(own)

    def _get_needed_files(self):
        """Return {opportunity: ``crm.stage.file`` of the stages it has reached}, in one query."""
        stages = self.stage_id
        found = self.env["crm.stage.file"].search([("stage_id.pipeline_id", "in", [*stages.pipeline_id.ids, False])])
        return {
            lead: found.filtered(
                lambda file, lead=lead: (
                    file.stage_id.pipeline_id == lead.pipeline_id and file.stage_id.sequence <= lead.stage_id.sequence
                )
            )
            for lead in self
        }

    def action_open_files(self):
        """Open the checklist, with a line for each file the stages reached ask for."""
        self.ensure_one()
        self._add_needed_files()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_core.crm_lead_file_action")
        return {**action, "domain": [("lead_id", "=", self.id)], "context": {"default_lead_id": self.id}}

    def _add_needed_files(self):
        """Add the lines that are not there yet."""
        for lead, needed in self._get_needed_files().items():
            lines = [lead._prepare_file(file) for file in needed - lead.file_ids.stage_file_id]
            self.env["crm.lead.file"].create(lines)

    def _prepare_file(self, stage_file):
        """Return the values of a line of the checklist."""
        partner = stage_file.role and self._get_parties(stage_file.role)[:1]
        return {
            "lead_id": self.id,
            "stage_file_id": stage_file.id,
            "sequence": stage_file.sequence,
            "name": stage_file.name,
            "partner_id": partner.id if partner else False,
        }

    def _merge_dependences(self, opportunities):
        """Merged opportunities bring their files."""
        super()._merge_dependences(opportunities)
        # sudo: who may merge may not see every opportunity; nothing may be lost with those that go.
        self.env["crm.lead.file"].sudo().search([("lead_id", "in", opportunities.ids)]).lead_id = self
