import base64
import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command, Domain
from odoo.tools import format_datetime

from .realestate_visit import BLOCKING

REMINDER_HOURS = 24


class RealestateVisit(models.Model):
    """What visitors and owners are told by mail."""

    _inherit = "realestate.visit"

    confirmation_sent = fields.Datetime("Confirmation sent on", readonly=True, copy=False)
    reminder_sent = fields.Datetime("Reminder sent on", readonly=True, copy=False)
    # The key of the public page. Not the host's portal mixin: its notices know one customer, a visit has several.
    access_token = fields.Char(readonly=True, copy=False, groups="base.group_system", export_string_translation=False)

    def write(self, vals):
        """Visitors of a visit that is moved are written to, and reminded, again."""
        if "start" not in vals:
            return super().write(vals)
        before = {visit: (visit.start, visit.state) for visit in self if visit.state in BLOCKING}
        result = super().write(vals)
        moved = self.browse().union(*(visit for visit, known in before.items() if visit._is_moved(*known)))
        if moved:
            moved.reminder_sent = False
            moved._wants_mails().action_send_confirmation()
        return result

    def _is_moved(self, start, state):
        """Tell whether the visit takes place at another time than it did; what is planned anew is told by that step.

        :param start: when it began until now
        :param state: what it was until now
        """
        planned_anew = self.state == "planned" and state != "planned"
        return self.state in BLOCKING and self.start != start and not planned_anew

    def _get_public_url(self):
        """Return the address of the page where visitors confirm or move the visit; the token in it is the key."""
        self.ensure_one()
        # sudo: whoever sends the mail may hand the link out.
        visit = self.sudo()
        if not visit.access_token:
            visit.access_token = str(uuid.uuid4())
        return f"{visit.get_base_url()}/realestate/visit/{visit.id}/{visit.access_token}"

    def _get_visitor_lang(self):
        """Return the language visitors are written to."""
        return self.partner_ids[:1].lang or self.company_id.partner_id.lang or self.env.lang

    def _get_time_zone(self):
        """Return the time zone of the place: the agent's, whoever reads it."""
        self.ensure_one()
        return self.user_id.tz or self.company_id.partner_id.tz or "UTC"

    def _get_local_time(self):
        """Return the moment in the agent's time zone and the visitors' language."""
        self.ensure_one()
        zone = self._get_time_zone()
        return format_datetime(
            self.env, self.start, tz=zone, dt_format="EEEE d MMMM, HH:mm", lang_code=self._get_visitor_lang()
        )

    # ------------------------------------------------------------
    # Sending
    # ------------------------------------------------------------

    def action_send_confirmation(self):
        """Write to the visitors: when, where, who, with a file for their calendar and a link to move it."""
        self._send("crm_realestate.mail_template_visit_confirmation")
        self.confirmation_sent = fields.Datetime.now()

    def _send(self, xmlid):
        """Send a mail with the calendar file to the visitors who have an address."""
        template = self.env.ref(xmlid)
        for visit in self:
            visitors = visit.partner_ids.filtered("email")
            if not visitors:
                continue
            # sudo: templates and outgoing mails are not the agent's to read.
            template.sudo().send_mail(
                visit.id,
                email_values={
                    "recipient_ids": [Command.set(visitors.ids)],
                    "attachment_ids": visit._prepare_ics_attachment().ids,
                },
                email_layout_xmlid="mail.mail_notification_light",
            )

    def _prepare_ics_attachment(self):
        """Return an attachment with the visit as an iCalendar file; none if it has no meeting."""
        self.ensure_one()
        # sudo: the event is the visit's shadow.
        event = self.calendar_event_id.sudo()
        content = event._get_ics_file().get(event.id) if event else None
        attachments = self.env["ir.attachment"].sudo()
        if not content:
            return attachments
        return attachments.create(
            {
                "name": "visit.ics",
                "mimetype": "text/calendar",
                "datas": base64.b64encode(content),
                "res_model": self._name,
                "res_id": self.id,
            }
        )

    def _on_state(self, state):
        """Where the company wants it, visitors are written to as soon as the visit is planned."""
        super()._on_state(state)
        if state == "planned":
            self.reminder_sent = False
            self._wants_mails()._send_confirmation_later()

    def _send_confirmation_later(self):
        """Send once the calendar event exists: the write that plans the visit makes it."""
        for visit in self:
            visit._push_event()
        self.action_send_confirmation()

    def _wants_mails(self):
        """Return the visits whose company writes to visitors by itself."""
        return self.filtered("company_id.realestate_visit_mails")

    @api.model
    def _cron_remind(self):
        """Remind visitors, once, of what is planned for the next day."""
        now = fields.Datetime.now()
        due = self.search(
            Domain("state", "in", BLOCKING)
            & Domain("start", ">", now)
            & Domain("start", "<=", now + timedelta(hours=REMINDER_HOURS))
            & Domain("reminder_sent", "=", False)
            & Domain("company_id.realestate_visit_mails", "=", True)
        )
        for visit in due:
            visit.reminder_sent = now
            visit._send("crm_realestate.mail_template_visit_reminder")
            if not self.env["ir.cron"]._commit_progress(1):
                break
