from odoo import models
from odoo.fields import Domain
from odoo.tools import format_amount

from .crm_my_day import SHOWN


class CrmMyDay(models.AbstractModel):
    _inherit = "crm.my.day"

    def _get_my_day_sections(self, user):
        """Add the quotes a colleague cannot send before this user has decided."""
        sections = super()._get_my_day_sections(user)
        if self.env["crm.quote.approval"].has_access("read"):
            sections.append(self._get_approval_section(user))
        return sections

    def _get_activity_domain(self, user):
        """What is decided with one click in its own section is not shown a second time."""
        domain = super()._get_activity_domain(user)
        asked = Domain("state", "=", "requested") & Domain("activity_id", "!=", False)
        # sudo: which activities to leave out; nothing of them is shown.
        reminders = self.env["crm.quote.approval"].sudo()._search(asked).subselect("activity_id")
        return domain & Domain("id", "not in", reminders)

    def _get_approval_section(self, user):
        title, approvals = self.env._("Your approval is asked for"), self.env["crm.quote.approval"]
        domain = approvals._get_decidable_domain(user)
        found = approvals.search(domain, limit=SHOWN + 1, order="id")
        count = len(found) if len(found) <= SHOWN else approvals.search_count(domain)
        records = [self._prepare_approval(approval) for approval in found[:SHOWN]]
        action = self._prepare_list_action("crm.quote.approval", title, domain)
        return self._prepare_section("approval", 15, title, "fa-gavel", records, count, action)

    def _prepare_approval(self, approval):
        """Return the line of a request: who asks for what, and why."""
        order = approval.order_id
        amount = format_amount(self.env, order.amount_total, order.currency_id)
        return self._prepare_record(
            approval,
            " · ".join([order.name, order.partner_id.display_name, amount]),
            subtitle=" · ".join(filter(None, [approval.reason, approval.user_id.name, approval.note])),
            icon="fa-file-text-o",
            open=order,
            actions=[
                {"method": "action_approve", "label": self.env._("Approve"), "icon": "fa-check", "key": "d"},
                {
                    "method": "action_decide",
                    "label": self.env._("Decide, with a note"),
                    "icon": "fa-pencil",
                    "key": "n",
                },
            ],
        )
