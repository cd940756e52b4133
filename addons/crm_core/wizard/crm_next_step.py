from odoo import api, fields, models
from odoo.exceptions import UserError

STEP_FIELDS = ("activity_type_id", "summary", "date_deadline", "due_time", "user_id", "note", "plan_template_id")


class CrmNextStep(models.TransientModel):
    """How it went and what comes next, in one dialog, filled in beforehand.

    With an activity or a meeting it closes that one first; without, it only plans.
    """

    _name = "crm.next.step"
    _description = "Next step"

    activity_id = fields.Many2one("mail.activity", "To be closed", ondelete="cascade")
    event_id = fields.Many2one("calendar.event", "Meeting", ondelete="cascade")
    # The activity that has just been closed, for the plan and its outcome.
    done_activity_id = fields.Many2one("mail.activity", ondelete="cascade")
    lead_id = fields.Many2one("crm.lead", ondelete="cascade")
    closed_type_id = fields.Many2one("mail.activity.type", "Kind", compute="_compute_closed_type_id")
    outcome_id = fields.Many2one(
        "crm.activity.outcome",
        domain="['|', ('activity_type_ids', '=', False), ('activity_type_ids', 'in', closed_type_id)]",
    )
    feedback = fields.Text("What happened")
    is_planned = fields.Boolean("Plan the next step", compute="_compute_step", store=True, readonly=False)
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        compute="_compute_step",
        store=True,
        readonly=False,
        domain="[('res_model', 'in', (False, 'crm.lead'))]",
    )
    summary = fields.Char("What", compute="_compute_step", store=True, readonly=False)
    date_deadline = fields.Date("When", compute="_compute_step", store=True, readonly=False)
    due_time = fields.Float("Time")
    user_id = fields.Many2one("res.users", "Who", compute="_compute_step", store=True, readonly=False)
    note = fields.Html(compute="_compute_step", store=True, readonly=False)
    plan_template_id = fields.Many2one(
        "mail.activity.plan.template", compute="_compute_step", store=True, readonly=False
    )

    @api.depends("activity_id", "event_id")
    def _compute_closed_type_id(self):
        meeting = self.env.ref("mail.mail_activity_data_meeting", raise_if_not_found=False)
        for wizard in self:
            wizard.closed_type_id = wizard.activity_id.activity_type_id or (meeting if wizard.event_id else False)

    @api.depends("lead_id", "outcome_id", "activity_id", "done_activity_id")
    def _compute_step(self):
        """Fill in what outcome, plan or pipeline ask for."""
        for wizard in self:
            lead, last = wizard.lead_id, wizard.activity_id or wizard.done_activity_id
            wizard.is_planned = bool(lead) and lead.won_status == "pending" and wizard.outcome_id.next_step != "none"
            values = wizard._prepare_proposal(lead, last) if wizard.is_planned else {}
            for name in ("activity_type_id", "summary", "date_deadline", "user_id", "note", "plan_template_id"):
                wizard[name] = values.get(name, False)

    def _prepare_proposal(self, lead, last):
        """Return the values of the proposed activity; the chosen outcome goes before the plan."""
        # sudo: plans and past steps may be somebody else's; what is proposed is harmless.
        lead = lead.sudo()
        values = lead._prepare_next_step(None, last.sudo(), lead._get_last_plan_steps().get(lead.id))
        asked = self.outcome_id._prepare_next_step()
        return {**values, "plan_template_id": False, **asked} if asked else values

    @api.model
    def _get_action(self, activity=None, lead=None, done=None, event=None):
        """Return the action that opens the dialog.

        :param activity: the ``mail.activity`` to close, if it is still open
        :param lead: the ``crm.lead`` to plan for, if there is one
        :param done: the ``mail.activity`` that has just been closed
        :param event: the ``calendar.event`` to write up
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("How did it go?") if activity or event else self.env._("What comes next?"),
            "res_model": self._name,
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_activity_id": activity.id if activity else False,
                "default_event_id": event.id if event else False,
                "default_lead_id": lead.id if lead else False,
                "default_done_activity_id": done[:1].id if done else False,
                "dialog_size": "medium",
            },
        }

    def action_confirm(self):
        """Close the activity or the meeting, if any, and plan the next step, if wanted."""
        self.ensure_one()
        self._close()
        if self.is_planned and self.lead_id:
            self.env["mail.activity"].create(self._prepare_activity())
        return {"type": "ir.actions.act_window_close"}

    def _prepare_activity(self):
        """Return the values of the activity this dialog plans."""
        chosen = {name: self._fields[name].convert_to_write(self[name], self) for name in STEP_FIELDS}
        target = {"res_model_id": self.env["ir.model"]._get_id("crm.lead"), "res_id": self.lead_id.id}
        return {**chosen, **target}

    def _close(self):
        """Mark what is closed as done, with its outcome, leaving the next step to this dialog."""
        activity = self.activity_id
        self._conclude()
        if activity.active:
            activity.outcome_id = self.outcome_id
            activity.with_context(crm_loop_skip=self.is_planned).action_feedback(self.feedback)

    def _conclude(self):
        """Write the conclusion of the meeting.

        :raise UserError: neither outcome nor conclusion were given
        """
        event = self.event_id.with_context(crm_loop_skip=self.is_planned)
        if event and not (self.outcome_id or self.feedback):
            raise UserError(self.env._("Say how “%(meeting)s” went: choose one or write it down.", meeting=event.name))
        if event:
            event.write({"conclusion": self.feedback, "outcome_id": self.outcome_id.id})

    def action_later(self):
        """Put the opportunity off instead of planning something."""
        self.ensure_one()
        return self.lead_id.action_snooze()
