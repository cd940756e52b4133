from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class CrmQuoteApproval(models.Model):
    """Somebody asked to go beyond a limit, and what was decided. It covers the figures it was given for."""

    _name = "crm.quote.approval"
    _description = "Approval of a Quote"
    _inherit = ["crm.state.mixin"]
    _order = "id desc"
    _rec_name = "order_id"

    _transitions = {
        "requested": ("approved", "refused", "cancelled"),
        "approved": (),
        "refused": (),
        "cancelled": (),
    }

    order_id = fields.Many2one("sale.order", "Quote", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="order_id.company_id")
    revision = fields.Integer(required=True)
    state = fields.Selection(
        [
            ("requested", "Requested"),
            ("approved", "Approved"),
            ("refused", "Refused"),
            ("cancelled", "Withdrawn"),
        ],
        required=True,
        default="requested",
    )
    limit_ids = fields.Many2many("crm.quote.limit", string="Limits")
    reason = fields.Char("What is beyond", required=True)
    discount = fields.Float("Discount (%)", digits=(5, 2))
    margin = fields.Float("Margin (%)", digits=(5, 2))
    note = fields.Text("Why")
    user_id = fields.Many2one("res.users", "Asked by", required=True, default=lambda self: self.env.user)
    approver_id = fields.Many2one("res.users", "Decided by")
    decision_date = fields.Datetime()
    decision_note = fields.Text("Decision")
    activity_id = fields.Many2one("mail.activity", index="btree_not_null", ondelete="set null")

    may_decide = fields.Boolean(compute="_compute_may_decide")

    _one_open = models.UniqueIndex(
        "(order_id) WHERE state = 'requested'", "An approval of this quote is requested already."
    )

    def _covers(self, order, figures):
        """Tell whether this approval is of this revision and of figures at least as good for us."""
        self.ensure_one()
        return (
            self.state == "approved"
            and self.revision == order.revision_number
            and figures["discount"] <= self.discount
            and figures["margin"] >= self.margin
        )

    @api.depends("state", "limit_ids", "user_id")
    @api.depends_context("uid")
    def _compute_may_decide(self):
        for approval in self:
            approval.may_decide = approval.state == "requested" and approval._may_decide(self.env.user)

    @api.model
    def _get_decidable_domain(self, user):
        """Return the domain of the open requests a user may decide, as :meth:`_may_decide` tells of one."""
        groups = user.sudo().all_group_ids
        others = Domain("limit_ids", "any", [("approver_group_id", "not in", groups.ids)])
        return Domain("state", "=", "requested") & Domain("user_id", "!=", user.id) & ~others

    def _may_decide(self, user):
        """Tell whether a user may decide: of the approving role of every limit, and not who asked."""
        self.ensure_one()
        groups = user.sudo().all_group_ids
        # sudo: the roles of the limits are not a secret of the request.
        return user != self.user_id and self.sudo().limit_ids.approver_group_id <= groups

    def action_approve(self):
        """Approve as it was asked, with one click."""
        self._decide("approved")

    def action_decide(self):
        """Open the dialog to approve or refuse with a note."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_core.crm_quote_approve_action_decide")
        return {**action, "context": {"default_order_id": self.order_id.id, "default_mode": "decide"}}

    def action_open_order(self):
        """Open the quote it is about."""
        self.ensure_one()
        return self.order_id._get_records_action(name=self.order_id.name)

    def _decide(self, state, note=None):
        """Approve or refuse, and tell who asked.

        :param state: ``approved`` or ``refused``
        :raise AccessError: the user may not decide it
        """
        for approval in self:
            if not approval._may_decide(self.env.user):
                raise AccessError(
                    self.env._(
                        "You cannot decide about %s: ask somebody of the approving role.", approval.order_id.name
                    )
                )
        # sudo: deciding is open to the approving role, as checked; writing the record is not.
        self.sudo().write(
            {
                "state": state,
                "approver_id": self.env.uid,
                "decision_date": fields.Datetime.now(),
                "decision_note": note,
            }
        )

    def _on_state(self, state):
        """Close the reminder; tell who asked."""
        for approval in self:
            approval.activity_id.action_feedback(approval.decision_note or False)
            if state in ("approved", "refused"):
                approval._tell_decision(state)

    def _tell_decision(self, state):
        """Post the decision on the quote, to who asked."""
        if state == "approved":
            said = self.env._("Approved: %s", self.reason)
        else:
            said = self.env._("Not approved: %s", self.reason)
        self.order_id.message_post(
            body=" – ".join(filter(None, (said, self.decision_note))),
            partner_ids=self.user_id.partner_id.ids,
            author_id=self.approver_id.partner_id.id,
            subtype_xmlid="mail.mt_note",
        )
