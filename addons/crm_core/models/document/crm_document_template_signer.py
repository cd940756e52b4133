from odoo import fields, models


class CrmDocumentTemplateSigner(models.Model):
    """Who signs the documents of a template, in which order."""

    _name = "crm.document.template.signer"
    _description = "Signer of a document template"
    _order = "template_id, sequence, id"

    template_id = fields.Many2one("crm.document.template", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer("Order", default=1, help="Who has the same number signs at the same time.")
    role = fields.Selection(selection="_selection_role", required=True, default="buyer")

    def _selection_role(self):
        """The roles of an opportunity's parties, those of the verticals with them."""
        return self.env["crm.lead.party"]._fields["role"]._description_selection(self.env)
