from odoo import fields, models


class CrmDocumentMixin(models.AbstractModel):
    """A button *Documents* for a model: inherit this and put the button on the form.

    Models without it use the action *Documents* of a template, or an automation.
    """

    _name = "crm.document.mixin"
    _description = "Records with documents"

    crm_document_count = fields.Integer(
        "Documents", compute="_compute_crm_document_count", groups="sales_team.group_sale_salesman"
    )

    def _compute_crm_document_count(self):
        domain = [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        counts = dict(self.env["crm.document"]._read_group(domain, ["res_id"], ["__count"]))
        for record in self:
            record.crm_document_count = counts.get(record.id, 0)

    def action_open_crm_documents(self):
        """Open the documents of this record; the form of a new one if there is none."""
        self.ensure_one()
        return self.env["crm.document"]._open_for(self)
