from odoo import api, fields, models


class CrmHandoverLine(models.Model):
    """One record of a hand-over: who had it, who got it, and what came of undoing it."""

    _name = "crm.handover.line"
    _description = "Hand-over Line"
    _order = "id"
    _rec_name = "name"

    handover_id = fields.Many2one("crm.handover", required=True, index=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="handover_id.company_id", store=True, index=True)
    scope = fields.Char(required=True, readonly=True)
    scope_name = fields.Char("What", compute="_compute_scope_name")
    name = fields.Char("Record", readonly=True)
    # The row that changed; for most scopes the record itself, for followers theirs.
    row_id = fields.Integer(readonly=True)
    res_model = fields.Char("Record type", readonly=True)
    res_id = fields.Many2oneReference("Record number", model_field="res_model", readonly=True)
    # The customer it concerns. A merge moves it as every foreign key.
    partner_id = fields.Many2one("res.partner", "Customer", index="btree_not_null", ondelete="set null", readonly=True)
    old_user_id = fields.Many2one("res.users", "From", readonly=True, ondelete="set null")
    new_user_id = fields.Many2one("res.users", "To", index="btree_not_null", readonly=True, ondelete="set null")
    followed = fields.Boolean(readonly=True, help="The new owner followed the record before.")
    state = fields.Selection(
        [
            ("done", "Handed over"),
            ("failed", "Not handed over"),
            ("undone", "Given back"),
            ("skipped", "Not given back"),
        ],
        required=True,
        readonly=True,
    )
    note = fields.Char("Why", readonly=True)

    _row_idx = models.Index("(handover_id, scope, state)")
    _record_idx = models.Index("(res_model, res_id)")

    @api.depends("scope")
    def _compute_scope_name(self):
        for handover, lines in self.grouped("handover_id").items():
            labels = {scope["code"]: scope["label"] for scope in handover._get_handover_scopes()} if handover else {}
            for line in lines:
                line.scope_name = labels.get(line.scope, line.scope)

    def action_open_record(self):
        """Open the record."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    def action_open_brief(self):
        """Show what the new owner must know about the customer."""
        self.ensure_one()
        return self.partner_id.action_crm_brief()
