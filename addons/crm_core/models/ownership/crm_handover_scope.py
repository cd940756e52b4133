from odoo import api, fields, models


class CrmHandoverScope(models.Model):
    """One kind of thing in a hand-over, with how much of it there is."""

    _name = "crm.handover.scope"
    _description = "Hand-over Scope"
    _order = "id"

    handover_id = fields.Many2one("crm.handover", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="handover_id.company_id")
    code = fields.Char(required=True, readonly=True)
    name = fields.Char("What", compute="_compute_name")
    selected = fields.Boolean("Hand over", default=True)
    count = fields.Integer("Records", compute="_compute_count")

    @api.depends("code")
    def _compute_name(self):
        for handover, scopes in self.grouped("handover_id").items():
            labels = {s["code"]: s["label"] for s in handover._get_handover_scopes()} if handover else {}
            for scope in scopes:
                scope.name = labels.get(scope.code, scope.code)

    @api.depends("handover_id.from_user_id", "handover_id.company_id", "handover_id.state")
    def _compute_count(self):
        """Before: what would go; afterwards: what went."""
        for handover, scopes in self.grouped("handover_id").items():
            if handover.state == "draft":
                counts = handover._count_scopes()
            else:
                done = [("handover_id", "=", handover.id), ("state", "in", ("done", "undone"))]
                counts = dict(self.env["crm.handover.line"]._read_group(done, ["scope"], ["__count"]))
            for scope in scopes:
                scope.count = counts.get(scope.code, 0)
