from odoo import api, fields, models


class IrActionsServer(models.Model):
    _inherit = "ir.actions.server"

    state = fields.Selection(
        selection_add=[("crm_document", "Make a document"), ("followers",)], ondelete={"crm_document": "cascade"}
    )
    crm_document_template_id = fields.Many2one(
        "crm.document.template",
        "Document template",
        domain="[('model_id', '=', model_id)]",
        ondelete="restrict",
        compute="_compute_crm_document_template_id",
        readonly=False,
        store=True,
    )
    crm_document_send = fields.Boolean("Send it to be signed", help="What lacks something stays a draft, with a to-do.")

    @api.depends("state", "model_id")
    def _compute_crm_document_template_id(self):
        for action in self:
            if action.state != "crm_document" or action.model_id != action.crm_document_template_id.model_id:
                action.crm_document_template_id = False

    def _name_depends(self):
        return [*super()._name_depends(), "crm_document_template_id"]

    def _generate_action_name(self):
        self.ensure_one()
        if self.state == "crm_document" and self.crm_document_template_id:
            return self.env._("Make %(template)s", template=self.crm_document_template_id.name)
        return super()._generate_action_name()

    def _run_action_crm_document_multi(self, eval_context=None):
        """Make a document of each record the action runs on, and send those that are complete if asked to."""
        records = (eval_context or {}).get("records") or (eval_context or {}).get("record")
        if not records or not self.crm_document_template_id:
            return False
        documents = self.crm_document_template_id._create_documents(records)
        if self.crm_document_send:
            documents._send_complete()
        return documents._open() if len(documents) == 1 else documents._open_list()
