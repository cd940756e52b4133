from odoo import models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """What is said about the activity of a meeting need not be said again on the meeting."""
        told = {event: said for event, said in self._get_meeting_reports(feedback).items() if any(said.values())}
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        for event, said in told.items():
            event.write(said)
        return result

    def _get_meeting_reports(self, feedback):
        """Return {meeting not written up yet: its conclusion and outcome}."""
        return {
            activity.calendar_event_id: {"conclusion": feedback, "outcome_id": activity.outcome_id.id}
            for activity in self
            if activity.calendar_event_id and not activity.calendar_event_id._is_concluded()
        }
