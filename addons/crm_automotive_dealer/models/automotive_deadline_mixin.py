from odoo import api, fields, models
from odoo.fields import Domain

# Working days before the end that a reminder comes.
WARN_DAYS = 2


class AutomotiveDeadlineMixin(models.AbstractModel):
    """An answer that is due on a day: whoever works on it is reminded, a manager is told when it is late."""

    _name = "automotive.deadline.mixin"
    _description = "Due Answer"
    _inherit = ["mail.activity.mixin"]

    #: States in which nobody is waited for.
    _settled_states = ()
    #: Group of those who are told of what is late.
    _escalation_group = None

    answer_due = fields.Date("Answer due", readonly=True, copy=False)
    is_late = fields.Boolean("Late", compute="_compute_is_late", search="_search_is_late")
    warned_on = fields.Date("Reminded on", readonly=True, copy=False)
    escalated_on = fields.Date("Manager told on", readonly=True, copy=False)

    @api.depends("answer_due", "state")
    def _compute_is_late(self):
        today = fields.Date.context_today(self)
        for record in self:
            waiting = record.state not in self._settled_states
            record.is_late = bool(waiting and record.answer_due and record.answer_due < today)

    @api.model
    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = self._get_waiting_domain() & Domain("answer_due", "<", fields.Date.context_today(self))
        return domain if True in value else ~domain

    @api.model
    def _get_waiting_domain(self):
        return Domain("state", "not in", self._settled_states) & Domain("answer_due", "!=", False)

    @api.model
    def _cron_deadlines(self):
        """Remind of what is due soon, and tell a manager of what is late; each once."""
        today = fields.Date.context_today(self)
        waiting = self._get_waiting_domain()
        late = self.search(waiting & Domain("answer_due", "<", today) & Domain("escalated_on", "=", False))
        for record in late:
            record._escalate()
        late.escalated_on = today
        near = self.search(waiting & self._get_soon_domain(today) & Domain("warned_on", "=", False)) - late
        for record in near:
            record._plan_deadline(
                self.env._("Answer %(record)s in time", record=record.display_name), record._get_handler()
            )
        near.warned_on = today

    @api.model
    def _get_soon_domain(self, today):
        """Return what is due within ``WARN_DAYS`` days on which its company works."""
        return Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("answer_due", "<=", company._add_working_days(today, WARN_DAYS))
            for (company,) in self._read_group(self._get_waiting_domain(), ["company_id"])
        )

    def _escalate(self):
        summary = self.env._("%(record)s is late: step in", record=self.display_name)
        self._plan_deadline(summary, self._get_escalation_user())

    def _plan_deadline(self, summary, user):
        values = {"summary": summary, "user_id": user.id, "date_deadline": self.answer_due}
        self.activity_schedule("mail.mail_activity_data_warning", **values)

    def _get_handler(self):
        """Return who works on it; a hook."""
        return self.user_id or self._get_escalation_user()

    def _get_escalation_user(self):
        """Return the manager who is told: who looks after the link if they are one, else the first of the company."""
        # sudo: who the managers are is needed here and shown to nobody.
        managers = self.env.ref(self._escalation_group).sudo().all_user_ids
        own = managers.filtered(lambda user: user.active and self.company_id in user.company_ids)
        responsible = self.peer_id.sudo().user_id
        found = responsible if responsible in own else (own - self.env.ref("base.user_admin"))[:1] or own[:1]
        return found or self.user_id or self.env.user
