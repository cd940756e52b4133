from odoo import api, fields, models, tools


class CrmQuoteLimit(models.Model):
    """How far people of a role may go by themselves; beyond it, somebody of another role approves."""

    _name = "crm.quote.limit"
    _description = "Limit of Quotes"
    _inherit = ["crm.cached.mixin"]
    _order = "sequence, id"

    name = fields.Char(compute="_compute_name")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, help="Empty: all companies.")
    kind = fields.Selection(
        [("discount", "Discount at most"), ("margin", "Margin at least")], "Limit", required=True, default="discount"
    )
    threshold = fields.Float("Percent", required=True, digits=(5, 2))
    group_id = fields.Many2one(
        "res.groups",
        "Who is bound",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.ref("sales_team.group_sale_salesman", raise_if_not_found=False),
    )
    approver_group_id = fields.Many2one(
        "res.groups",
        "Who approves",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.ref("sales_team.group_sale_manager", raise_if_not_found=False),
        help="They are not bound themselves.",
    )
    enforcement = fields.Selection(
        [("warn", "Warn"), ("block", "Do not send or confirm before")],
        "Until approved",
        required=True,
        default="block",
    )

    @api.depends("kind", "threshold")
    def _compute_name(self):
        for limit in self:
            label = dict(self._fields["kind"]._description_selection(self.env)).get(limit.kind, "")
            limit.name = f"{label} {limit.threshold:g} %"

    @api.model
    @tools.ormcache("company_id")
    def _get_limit_ids(self, company_id):
        """Return the ids of the limits of a company; kept in memory, as every quote asks for them."""
        return tuple(self.sudo().search([("company_id", "in", [company_id, False])]).ids)

    def _filter_binding(self, user):
        """Return the limits that bind a user."""
        groups = user.sudo().all_group_ids
        return self.filtered(lambda limit: limit.group_id in groups and limit.approver_group_id not in groups)

    def _is_exceeded(self, figures):
        """Tell whether a quote with these figures is beyond the limit.

        :param figures: dict of ``discount`` and ``margin``, in percent
        """
        self.ensure_one()
        value = figures[self.kind]
        return value > self.threshold if self.kind == "discount" else value < self.threshold
