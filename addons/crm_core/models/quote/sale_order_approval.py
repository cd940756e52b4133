from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools import quote_figures


class SaleOrder(models.Model):
    """Limits of discount and margin by role; without limits (the default) nothing of this happens."""

    _inherit = "sale.order"

    approval_ids = fields.One2many("crm.quote.approval", "order_id", "Approvals", readonly=True)
    approval_state = fields.Selection(
        [("needed", "Approval needed"), ("requested", "Waiting for approval"), ("approved", "Approved")],
        "Approval",
        compute="_compute_approval",
    )
    approval_reason = fields.Char("Beyond the limit", compute="_compute_approval")
    may_approve = fields.Boolean(compute="_compute_approval")

    @api.depends(
        "state", "order_line.price_unit", "order_line.discount", "order_line.product_uom_qty", "approval_ids.state"
    )
    @api.depends_context("uid")
    def _compute_approval(self):
        for order in self:
            exceeded = order._get_exceeded_limits() if order.state in ("draft", "sent") else False
            # sudo: who waits for a decision is shown to whoever reads the quote.
            request = order.sudo().approval_ids.filtered(lambda approval: approval.state == "requested")
            approved = exceeded and order._is_approved()
            missing = "approved" if approved else "needed"
            order.approval_state = "requested" if request else missing if exceeded else False
            order.approval_reason = request.reason or (order._get_excess(exceeded) if exceeded else False)
            order.may_approve = bool(request) and request.sudo(False)._may_decide(self.env.user)

    # ------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------

    def _get_quote_figures(self):
        """Return the discount and the margin of the quote in percent."""
        self.ensure_one()
        lines = self.order_line.filtered(lambda line: not line.display_type and not line.is_downpayment)
        prices = [
            (line._get_quote_list_price(), line.price_unit, line.discount, line.product_uom_qty) for line in lines
        ]
        return {
            "discount": quote_figures.discount(prices),
            "margin": quote_figures.margin(self.amount_untaxed, sum(line._get_quote_cost() for line in lines)),
        }

    def _get_exceeded_limits(self, user=None):
        """Return the limits this quote exceeds for a user, by default the current one; a cancelled one none."""
        self.ensure_one()
        limits = self.env["crm.quote.limit"].sudo()
        limits = limits.browse(limits._get_limit_ids(self.company_id.id)) if self.state != "cancel" else limits
        binding = limits._filter_binding(user or self.env.user) if limits else limits
        if not binding:
            return limits.browse()
        figures = self._get_quote_figures()
        return binding.filtered(lambda limit: limit._is_exceeded(figures))

    def _is_approved(self):
        self.ensure_one()
        figures = self._get_quote_figures()
        # sudo: whether it is approved, not by whom or why.
        return any(approval._covers(self, figures) for approval in self.sudo().approval_ids)

    def _get_excess(self, limits):
        """Say in one line what is beyond which limit."""
        self.ensure_one()
        figures = self._get_quote_figures()
        parts = []
        for limit in limits:
            values = {"value": f"{figures[limit.kind]:g}", "limit": f"{limit.threshold:g}"}
            if limit.kind == "discount":
                parts.append(self.env._("%(value)s %% discount, the limit is %(limit)s %%", **values))
            else:
                parts.append(self.env._("%(value)s %% margin, the limit is %(limit)s %%", **values))
        return "; ".join(parts)

    def _get_blocking_limits(self, user):
        """Return the limits that keep the quote from leaving as long as nobody approved it."""
        self.ensure_one()
        blocking = self._get_exceeded_limits(user).filtered(lambda limit: limit.enforcement == "block")
        return blocking if blocking and not self._is_approved() else blocking.browse()

    def _get_approval_refusal(self):
        """Return why the quote may not leave yet, or False.

        Where nobody of ours acts (a customer signs or pays, a job runs), nothing is refused: the quote was sent.
        """
        self.ensure_one()
        if self.env.su or self.env.user.share:
            return False
        blocking = self._get_blocking_limits(self.env.user)
        return blocking and self.env._(
            "%(quote)s needs an approval: %(excess)s. Use “Ask for approval” on the quote.",
            quote=self.name,
            excess=self._get_excess(blocking),
        )

    # ------------------------------------------------------------
    # Where it stops
    # ------------------------------------------------------------

    def _check_approved(self):
        """Refuse to send what is beyond the user's limit.

        :raise UserError: with what is beyond, and what to do
        """
        for order in self:
            if refusal := order._get_approval_refusal():
                raise UserError(refusal)

    @api.model_create_multi
    def create(self, vals_list):
        """An import makes quotes that are sent or confirmed already: they had to be within the limits."""
        orders = super().create(vals_list)
        orders.filtered(lambda order: order.state in ("sent", "sale"))._check_approved()
        return orders

    def write(self, vals):
        """Whatever way a quote is sent or confirmed, it is within the limits or approved."""
        before = {"sent": ("draft",), "sale": ("draft", "sent")}.get(vals.get("state"), ())
        self.filtered(lambda order: order.state in before)._check_approved()
        return super().write(vals)

    def _check_sent_within_limits(self):
        """Refuse a change that takes what the customer may sign already beyond the user's limit.

        :raise UserError: with what is beyond, and what to do
        """
        for order in self.with_context(crm_core_quote_changed=True).filtered(lambda order: order.state == "sent"):
            if order._get_approval_refusal():
                raise UserError(
                    self.env._(
                        "%(quote)s is with the customer, who could accept this: %(excess)s. Use “Revise”, "
                        "and ask for the approval of the revision.",
                        quote=order.name,
                        excess=order._get_excess(order._get_blocking_limits(self.env.user)),
                    )
                )

    def action_quotation_send(self):
        """Say it before the mail is written, not after."""
        self.filtered(lambda order: order.state == "draft")._check_approved()
        return super().action_quotation_send()

    def _confirmation_error_message(self):
        return super()._confirmation_error_message() or self._get_approval_refusal()

    def _has_to_be_signed(self):
        """A draft somebody looks at by its link is not to be signed before it is approved."""
        return super()._has_to_be_signed() and not self._waits_for_approval()

    def _has_to_be_paid(self):
        return super()._has_to_be_paid() and not self._waits_for_approval()

    def _waits_for_approval(self):
        """Tell whether the salesperson could not have sent this draft yet."""
        self.ensure_one()
        return self.state == "draft" and bool(self.user_id and self._get_blocking_limits(self.user_id))

    # ------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------

    def _request_approval(self, note=None):
        """Ask for the approval of what is beyond the user's limits.

        :param note: why
        :return: the ``crm.quote.approval``
        :raise UserError: nothing is to be approved, or it was asked already
        """
        self.ensure_one()
        if self.approval_state != "needed":
            raise UserError(self.env._("%s is within your limits, or its approval was asked for already.", self.name))
        limits = self._get_exceeded_limits()
        # sudo: asking is open to whoever may write the quote; the record itself is nobody's to write.
        self.check_access("write")
        approval = self.env["crm.quote.approval"].sudo().create(self._prepare_approval(limits, note))
        approval.activity_id = self._schedule_approval(approval)
        return approval.sudo(False)

    def _prepare_approval(self, limits, note):
        return {
            "order_id": self.id,
            "revision": self.revision_number,
            "limit_ids": limits.ids,
            "reason": self._get_excess(limits),
            "note": note,
            "user_id": self.env.uid,
            **self._get_quote_figures(),
        }

    def _schedule_approval(self, approval):
        """Remind who decides, today."""
        return self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Approve quote %(quote)s: %(reason)s", quote=self.name, reason=approval.reason),
            note=approval.note,
            user_id=self._get_approver(approval).id,
        )

    def _get_approver(self, approval):
        """Return who is asked: the leader of the team, or somebody of the role in the company.

        :raise UserError: nobody has the role
        """
        # sudo: who has the role is found among users the salesperson need not see.
        users = approval.limit_ids.sudo().approver_group_id.all_user_ids
        company = self.company_id
        able = users.filtered(
            lambda user: not user.share and company in user.company_ids and approval._may_decide(user)
        )
        leader = self.team_id.user_id & able
        if not able:
            raise UserError(
                self.env._(
                    "Nobody in %(company)s can approve this. Give somebody the role “%(role)s”.",
                    company=company.name,
                    role=", ".join(approval.limit_ids.sudo().approver_group_id.mapped("full_name")),
                )
            )
        return (leader or able.sorted("id"))[:1]

    def _get_request(self):
        """Return the open request for approval of this quote."""
        self.ensure_one()
        return self.approval_ids.filtered(lambda approval: approval.state == "requested")

    def action_draft(self):
        """What is opened again is asked for again."""
        self.sudo()._withdraw_approvals()
        return super().action_draft()

    def _action_cancel(self):
        """Nobody decides about what is cancelled."""
        self.sudo()._withdraw_approvals()
        return super()._action_cancel()

    def _withdraw_approvals(self):
        requests = self.approval_ids.filtered(lambda approval: approval.state == "requested")
        if requests:
            requests.activity_id.unlink()
            requests.write({"state": "cancelled"})
