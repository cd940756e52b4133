from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

# Whoever creates an opportunity gets a quarter of an hour to plan it before the loop does.
PATIENCE = timedelta(minutes=15)
BATCH = 500


class CrmLead(models.Model):
    """The loop: no open opportunity without a next step."""

    _inherit = "crm.lead"

    next_step_missing = fields.Boolean(
        "Without next step", compute="_compute_next_step_missing", search="_search_next_step_missing"
    )
    loop_policy = fields.Selection(related="pipeline_id.loop_policy")
    loop_snoozed_until = fields.Date(
        "Put off until", copy=False, help="Until this day the opportunity may be without a next step."
    )

    # ------------------------------------------------------------
    # Detect
    # ------------------------------------------------------------

    @api.model
    def _get_next_step_missing_domain(self):
        """Return the domain of open opportunities nobody has planned anything for."""
        awake = Domain("loop_snoozed_until", "=", False) | Domain(
            "loop_snoozed_until", "<=", fields.Date.context_today(self)
        )
        # Not ``activity_ids = False``, which takes what is done for something planned.
        unplanned = Domain("activity_ids", "not any", [("active", "=", True)])
        return awake & unplanned & Domain([("type", "=", "opportunity"), ("won_status", "=", "pending")])

    @api.depends("type", "active", "won_status", "activity_ids.active", "loop_snoozed_until")
    def _compute_next_step_missing(self):
        today = fields.Date.context_today(self)
        for lead in self:
            lead.next_step_missing = (
                lead.type == "opportunity"
                and lead.active
                and lead.won_status == "pending"
                and not lead.activity_ids
                and (not lead.loop_snoozed_until or lead.loop_snoozed_until <= today)
            )

    def _search_next_step_missing(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = self._get_next_step_missing_domain()
        return domain if True in value else ~domain

    # ------------------------------------------------------------
    # Create
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Where the loop is on, what is created is planned soon."""
        leads = super().create(vals_list)
        leads._trigger_loop()
        return leads

    def _trigger_loop(self):
        """Let the cron look soon, if any of these opportunities is in a pipeline that plans by itself."""
        # sudo: the policy of a pipeline is no secret.
        if any(lead.loop_policy == "auto" for lead in self.sudo() if lead.pipeline_id):
            self.env.ref("crm_core.ir_cron_next_step").sudo()._trigger(at=fields.Datetime.now() + PATIENCE)

    @api.model
    def _cron_ensure_next_step(self):
        """Plan something for every open opportunity that has nothing, where the pipeline says so."""
        domain = self._get_next_step_missing_domain() & Domain("pipeline_id.loop_policy", "=", "auto")
        found = self.search(domain, limit=BATCH, order="id")
        remaining = self.search_count(domain) - len(found) if len(found) == BATCH else 0
        found._ensure_next_step()
        self.env["ir.cron"]._commit_progress(len(found), remaining=remaining)

    def _ensure_next_step(self, summary=None, done=None):
        """Where the pipeline says so, plan something for open opportunities that have nothing planned.

        :param summary: what to do, by default what the plan or the activity type says
        :param done: the ``mail.activity`` records that have just ended, if any
        :return: the activities that were created
        """
        if self.env.context.get("mail_activity_automation_skip"):
            return self.env["mail.activity"]
        # sudo: the step belongs to the opportunity's salesperson, whoever ended the one before.
        waiting = self.sudo().filtered(lambda lead: lead._needs_next_step())
        if not waiting:
            return self.env["mail.activity"]
        ended = {activity.res_id: activity.sudo() for activity in done or () if activity.res_model == self._name}
        steps = waiting._get_last_plan_steps()
        none = self.env["mail.activity"].sudo()
        values = [
            lead._prepare_next_step(summary, ended.get(lead.id), steps.get(lead.id))
            for lead in waiting
            if ended.get(lead.id, none).outcome_id.next_step != "none"
        ]
        # No mail about each: My Day and the counter of activities show them.
        return none.with_context(mail_activity_quick_update=True).create(values).with_env(self.env)

    def _needs_next_step(self, policy="auto"):
        """Tell whether the pipeline has this policy and nothing is planned."""
        self.ensure_one()
        return self.pipeline_id.loop_policy == policy and self.next_step_missing

    def _prepare_next_step(self, summary=None, done=None, last_step=None):
        """Return the values of the next activity; a hook for verticals.

        What the outcome of the last one asks for, else the next step of the plan, else what the activity type
        recommends, else the pipeline's dated default.

        :param summary: what to do, if the caller knows
        :param done: the ``mail.activity`` that has just ended, or None
        :param last_step: the ``mail.activity.plan.template`` planned last, or None
        """
        self.ensure_one()
        done = done or self.env["mail.activity"]
        values = (
            done.outcome_id._prepare_next_step()
            or self._prepare_plan_step(done.plan_template_id or last_step)
            or self._prepare_default_step(done)
        )
        return {
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "res_id": self.id,
            "user_id": self._get_next_step_user().id,
            "automated": True,
            **values,
            **({"summary": summary} if summary else {}),
        }

    def _prepare_default_step(self, done):
        """Return kind, day and words of a next step when neither outcome nor plan says anything."""
        pipeline = self.pipeline_id
        kind = done.activity_type_id.suggested_next_type_ids[:1] or pipeline.next_step_type_id
        return {
            "activity_type_id": (kind or self.env.ref("mail.mail_activity_data_todo")).id,
            "summary": kind.summary or self.env._("Decide the next step"),
            "date_deadline": fields.Date.context_today(self) + timedelta(days=pipeline.next_step_days),
        }

    def _prepare_plan_step(self, last):
        """Return the next step of the pipeline's activity plan; empty without a plan or at its end.

        The plan is followed one step at a time. The days between two steps are those between their dates in the plan.

        :param last: the ``mail.activity.plan.template`` planned before, or None
        """
        steps = list(self.pipeline_id.activity_plan_id.template_ids.sorted("sequence"))
        following = steps[steps.index(last) + 1 :] if last in steps else steps
        if not following:
            return {}
        step, today = following[0], fields.Date.context_today(self)
        offset = step._get_date_deadline(today) - (last._get_date_deadline(today) if last in steps else today)
        responsible = step.responsible_type == "other" and step.responsible_id
        return {
            "activity_type_id": step.activity_type_id.id,
            "summary": step.summary or step.activity_type_id.name,
            "note": step.note,
            "date_deadline": today + max(offset, timedelta()),
            "plan_template_id": step.id,
            **({"user_id": responsible.id} if responsible else {}),
        }

    def _get_last_plan_steps(self):
        """Return {id of the opportunity: the step of its pipeline's plan planned last, done or not}; one query."""
        steps = self.pipeline_id.activity_plan_id.template_ids
        if not steps:
            return {}
        domain = [("res_model", "=", self._name), ("res_id", "in", self.ids), ("plan_template_id", "in", steps.ids)]
        planned = self.env["mail.activity"].with_context(active_test=False)
        return {activity.res_id: activity.plan_template_id for activity in planned.search(domain, order="id")}

    def _get_next_step_user(self):
        """Return who does the next step: the salesperson, else the leader of the team, else whoever asks."""
        responsible = self.user_id or self.team_id.user_id
        return responsible if responsible.active else self.team_id.user_id or self.env.user

    # ------------------------------------------------------------
    # Suggest
    # ------------------------------------------------------------

    def _get_next_step_action(self, done=None):
        """Return the dialog that proposes the next step, where the pipeline suggests one; otherwise False."""
        # sudo: reading whether to propose; the dialog itself works as the user.
        for lead in self.sudo():
            if lead._needs_next_step("suggest"):
                mine = lead.sudo(False)
                return mine.has_access("write") and self.env["crm.next.step"]._get_action(lead=mine, done=done)
        return False

    def _get_planned_notice(self):
        """Return a notification that says what the loop has planned for one opportunity, or False."""
        # sudo: whoever finishes an activity may hear what follows.
        lead = self.sudo()
        step = lead.activity_ids[:1] if len(lead) == 1 and lead.loop_policy == "auto" else None
        if not step:
            return False
        message = self.env._("%(what)s, on %(day)s", what=step.display_name, day=step.date_deadline)
        params = {"type": "info", "title": self.env._("Next step"), "message": message}
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}

    def action_plan_next_step(self):
        """Open the dialog that proposes the next step, whatever the pipeline's policy."""
        self.ensure_one()
        return self.env["crm.next.step"]._get_action(lead=self)

    def action_snooze(self):
        """Open the dialog that puts opportunities off."""
        return self.env["crm.activity.snooze"]._get_action(lead_ids=self.ids)

    def _snooze(self, until, reason):
        """Let opportunities rest until a day and say why in their history."""
        self.loop_snoozed_until = until
        body = self.env._("Put off until %(day)s: %(reason)s", day=until, reason=reason)
        self._message_log_batch(bodies=dict.fromkeys(self.ids, body))
