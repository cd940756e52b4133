from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain

# A meeting nobody wrote up for longer than this will not be remembered any more.
LOOK_BACK = timedelta(days=14)
# What is said of one meeting of a series is not said of the others.
OWN_FIELDS = ("conclusion", "outcome_id")


class CalendarEvent(models.Model):
    """Meetings with customers have an objective before and a conclusion after.

    As all but the times of a private meeting, neither is shown to who does not take part.
    """

    _inherit = "calendar.event"

    objective = fields.Text(help="What we want to reach in the meeting.")
    conclusion = fields.Text(copy=False, help="What was agreed: who does what, until when.")
    outcome_id = fields.Many2one("crm.activity.outcome", copy=False, index="btree_not_null", ondelete="restrict")
    reported_elsewhere = fields.Boolean(
        help="The meeting stands for something with a report of its own, a visit for example.",
        export_string_translation=False,
    )
    is_with_customer = fields.Boolean(compute="_compute_is_with_customer", export_string_translation=False)
    is_to_conclude = fields.Boolean(compute="_compute_is_to_conclude", export_string_translation=False)
    has_begun = fields.Boolean(compute="_compute_is_to_conclude", export_string_translation=False)

    @api.depends("opportunity_id", "partner_ids.partner_share", "reported_elsewhere")
    def _compute_is_with_customer(self):
        for event in self:
            outside = event.opportunity_id or any(event.partner_ids.mapped("partner_share"))
            event.is_with_customer = bool(outside) and not event.reported_elsewhere

    @api.depends("is_with_customer", "start", "conclusion", "outcome_id")
    def _compute_is_to_conclude(self):
        now = fields.Datetime.now()
        for event in self:
            event.has_begun = bool(event.start) and event.start <= now
            event.is_to_conclude = event.has_begun and event.is_with_customer and not event._is_concluded()

    def _is_concluded(self):
        self.ensure_one()
        return bool(self.conclusion or self.outcome_id)

    @api.model
    def _get_to_conclude_domain(self):
        """Return the domain of meetings with customers that are over and nobody wrote up."""
        now = fields.Datetime.now()
        over = Domain("stop", "<=", now) & Domain("stop", ">=", now - LOOK_BACK)
        outside = Domain("opportunity_id", "!=", False) | Domain("partner_ids.partner_share", "=", True)
        silent = Domain("conclusion", "=", False) & Domain("outcome_id", "=", False)
        return over & outside & silent & Domain("reported_elsewhere", "=", False)

    # ------------------------------------------------------------
    # Concluding
    # ------------------------------------------------------------

    def write(self, vals):
        """What is concluded is done, and the loop of its opportunity goes on."""
        said = [name for name in OWN_FIELDS if name in vals]
        open_ = self.filtered(lambda event: not event._is_concluded()) if said else self.browse()
        if said and vals.get("recurrence_update") in ("future_events", "all_events"):
            super().write({name: vals[name] for name in said})
            vals = {name: value for name, value in vals.items() if name not in said}
        result = super().write(vals)
        open_.filtered(lambda event: event._is_concluded())._on_concluded()
        return result

    def _on_concluded(self):
        """Close the activities of these meetings, tell the opportunity, let the loop look for the next step."""
        for event in self:
            # sudo: whoever may write what was agreed ends the activity, whosever it is.
            activities = event.sudo().activity_ids
            if event.outcome_id:
                activities.outcome_id = event.outcome_id
            activities.action_feedback()
            event._log_conclusion()
        if not self.env.context.get("crm_loop_skip"):
            self.opportunity_id._ensure_next_step(done=self._prepare_done_activities())

    def _prepare_done_activities(self):
        """Return these meetings as the activities the loop knows: what follows depends on how they went."""
        kind = self.env.ref("mail.mail_activity_data_meeting", raise_if_not_found=False)
        done = {"res_model_id": self.env["ir.model"]._get_id("crm.lead"), "activity_type_id": kind and kind.id}
        activities = self.env["mail.activity"]
        for event in self.filtered("opportunity_id"):
            activities += activities.new({**done, "res_id": event.opportunity_id.id, "outcome_id": event.outcome_id.id})
        return activities

    def _log_conclusion(self):
        """Leave what was agreed in the history of the opportunity; not of what is private."""
        if not self.opportunity_id or self.effective_privacy == "private":
            return
        said = Markup("<br/>").join(filter(None, [self.outcome_id.name, self.conclusion]))
        body = Markup("<b>%s</b><br/>%s") % (self.env._("Meeting: %(name)s", name=self.name), said)
        # sudo: whoever takes part may not have the opportunity.
        self.opportunity_id.sudo()._message_log(body=body)

    def action_conclude(self):
        """Open the dialog that asks what was agreed and what comes next."""
        self.ensure_one()
        lead = self.opportunity_id
        # sudo: whoever takes part may not have the opportunity; then only the conclusion is asked for.
        is_mine = lead.sudo().won_status == "pending" and lead.has_access("write")
        return self.env["crm.next.step"]._get_action(event=self, lead=lead if is_mine else None)
