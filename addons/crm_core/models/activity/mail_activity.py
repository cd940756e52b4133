from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools import schedule


class MailActivity(models.Model):
    _inherit = "mail.activity"

    priority = fields.Selection([("0", "Normal"), ("1", "High"), ("2", "Urgent")], default="0")
    participant_ids = fields.Many2many(
        "res.partner",
        "mail_activity_participant_rel",
        "activity_id",
        "partner_id",
        string="With",
        help="Who else takes part: customers or colleagues.",
    )
    due_time = fields.Float("Time", help="Hour of the day, in the time of the person it is assigned to; 0: any time.")
    reminder = fields.Selection(
        [
            ("0", "At that time"),
            ("15", "15 minutes before"),
            ("60", "1 hour before"),
            ("1440", "1 day before"),
        ],
        help="A message that reminds you. Without an hour, the time is 9:00.",
    )
    # When to remind, in UTC; empty once it was done. Indexed for the cron only where something is to come.
    remind_at = fields.Datetime(compute="_compute_remind_at", store=True, precompute=True, readonly=True)
    outcome_id = fields.Many2one("crm.activity.outcome", index="btree_not_null", ondelete="restrict")
    is_cancelled = fields.Boolean("Cancelled", readonly=True, copy=False)
    cancel_reason = fields.Char(readonly=True, copy=False)
    snooze_count = fields.Integer("Times put off", readonly=True, copy=False)
    plan_template_id = fields.Many2one(
        "mail.activity.plan.template", "Step of the plan", index="btree_not_null", ondelete="set null", readonly=True
    )

    _due_time_of_day = models.Constraint(
        "CHECK(due_time >= 0 AND due_time < 24)", "The time of an activity is an hour between 0:00 and 23:59."
    )
    _remind_at_idx = models.Index("(remind_at) WHERE remind_at IS NOT NULL AND active")

    @api.depends("date_deadline", "due_time", "reminder", "user_id")
    def _compute_remind_at(self):
        for activity in self:
            if not activity.reminder or not activity.date_deadline:
                activity.remind_at = False
                continue
            # sudo: the time zone of a colleague.
            zone = activity.user_id.sudo().tz
            due = schedule.moment(activity.date_deadline, activity.due_time, zone)
            activity.remind_at = due - timedelta(minutes=int(activity.reminder))

    # ------------------------------------------------------------
    # Done: the loop
    # ------------------------------------------------------------

    def _action_done(self, feedback=False, attachment_ids=None):
        """A finished activity starts the next one where the pipeline's loop is on."""
        leads = self._get_leads()
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        if leads and not self.env.context.get("crm_loop_skip"):
            leads.exists()._ensure_next_step(done=self)
        return result

    def action_feedback_schedule_next(self, feedback=False, attachment_ids=None):
        """Propose what the pipeline asks for instead of an empty form."""
        lead = self._get_leads().sudo()
        if len(lead) != 1 or lead.pipeline_id.loop_policy in (False, "off"):
            return super().action_feedback_schedule_next(feedback=feedback, attachment_ids=attachment_ids)
        skipping = self.with_context(crm_loop_skip=True)
        if not super(MailActivity, skipping).action_feedback_schedule_next(feedback, attachment_ids):
            return False
        lead._trigger_loop()
        return lead.sudo(False)._get_next_step_action(done=self)

    def _get_leads(self):
        """Return the opportunities these activities are about."""
        ids = {activity.res_id for activity in self if activity.res_model == "crm.lead" and activity.res_id}
        return self.env["crm.lead"].browse(ids)

    def action_done_and_next(self):
        """Mark as done with one click, from My Day.

        :return: the proposal of the next step where the pipeline suggests one, a word about it where the pipeline
            planned it, otherwise False
        """
        leads = self._get_leads()
        self.filtered("active").action_feedback()
        leads = leads.exists()
        return leads._get_next_step_action(done=self) or leads._get_planned_notice()

    def get_next_step_action(self):
        """Return the proposal of the next step after these were closed anywhere in the web client, or False."""
        return self._get_leads().exists()._get_next_step_action(done=self.exists())

    def action_ask_outcome(self):
        """Open the dialog that asks how it went and what comes next."""
        self.ensure_one()
        return self.env["crm.next.step"]._get_action(activity=self, lead=self._get_leads())

    # ------------------------------------------------------------
    # Put off, cancel
    # ------------------------------------------------------------

    def action_snooze(self):
        """Open the dialog that puts these activities off."""
        return self.env["crm.activity.snooze"]._get_action(activity_ids=self.ids)

    def action_cancel_with_reason(self):
        """Open the dialog that cancels these activities."""
        return self.env["crm.activity.cancel"]._get_action(activity_ids=self.ids)

    def action_cancel(self):
        """The host's button deletes; where a loop is used, what the loop is about asks for a reason and stays."""
        models_kept = self._get_kept_models()
        kept = self.filtered(lambda activity: activity.active and activity.res_model in models_kept)
        super(MailActivity, self - kept).action_cancel()
        return kept.action_cancel_with_reason() if kept else None

    @api.model
    def _get_kept_models(self):
        """Return the models whose cancelled activities are kept; a hook. None as long as no pipeline has a loop."""
        return ["crm.lead", "res.partner", "sale.order"] if self.env["crm.pipeline"]._is_loop_used() else []

    def _snooze(self, until, reason):
        """Put off to another day and say why in the history of the record.

        :param until: the date they are due then
        """
        for activity in self:
            text = self.env._("Put off from %(old)s to %(new)s", old=activity.date_deadline, new=until)
            activity._log_on_record(text, reason)
            activity.snooze_count += 1
        self.date_deadline = until

    def _cancel(self, reason):
        """Cancel without losing: archived, with the reason, as its meeting; the loop goes on.

        :raise UserError: without a reason
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why “%(activity)s” is cancelled.", activity=self[:1].display_name))
        planned = self.filtered("active")
        for activity in planned:
            activity._log_on_record(self.env._("Cancelled"), reason)
        planned.write({"active": False, "is_cancelled": True, "cancel_reason": reason})
        planned.calendar_event_id.active = False
        self._get_leads().exists()._ensure_next_step(done=self)

    def _log_on_record(self, text, reason):
        """Leave a note about this activity in the history of its record."""
        self.ensure_one()
        # sudo: whoever may change the activity may tell it, even without access to the record.
        record = self.res_model and self.env[self.res_model].sudo().browse(self.res_id).exists()
        if record and hasattr(record, "_message_log"):
            body = Markup("<b>%s</b>: %s<br/>%s") % (self.display_name, text, reason or "")
            record._message_log(body=body)

    # ------------------------------------------------------------
    # Reminder
    # ------------------------------------------------------------

    @api.model
    def _cron_remind(self, limit=500):
        """Remind people of what is due soon, by the channel each of them prefers."""
        due = self.search([("remind_at", "<=", fields.Datetime.now())], limit=limit, order="remind_at")
        for activity in due:
            activity._remind()
            activity.remind_at = False
            self.env["ir.cron"]._commit_progress(1)

    def _remind(self):
        """Notify the person this is assigned to: on the screen now, and as they like to be notified."""
        self.ensure_one()
        me = self.with_context(lang=self.user_id.lang, tz=self.user_tz or "UTC")
        if not self.user_id:
            return
        when = " ".join(filter(None, [fields.Date.to_string(self.date_deadline), schedule.clock(self.due_time)]))
        subject = me.env._("Reminder: %(what)s", what=me.display_name)
        body = " · ".join(filter(None, [me.res_name, when]))
        notice = {"title": subject, "message": body, "type": "info", "sticky": True}
        self.user_id._bus_send("simple_notification", notice)
        record = self.res_model and self.env[self.res_model].browse(self.res_id).exists()
        if record and hasattr(record, "message_notify"):
            record.message_notify(partner_ids=self.user_id.partner_id.ids, subject=subject, body=body)
