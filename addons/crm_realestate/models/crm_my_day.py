from odoo import fields, models

from .realestate_visit import BLOCKING


class CrmMyDay(models.AbstractModel):
    _inherit = "crm.my.day"

    def _get_meeting_section(self, user):
        """Meetings that stand for visits are shown as visits, with what to do about them."""
        section = super()._get_meeting_section(user)
        if not self.env["realestate.visit"].has_access("read"):
            return section
        events = [line["id"] for line in section["records"] if line["model"] == "calendar.event"]
        visits = self.env["realestate.visit"].search([("calendar_event_id", "in", events)])
        by_event = {visit.calendar_event_id.id: visit for visit in visits}
        section["records"] = [
            self._prepare_visit(by_event[line["id"]]) if line["id"] in by_event else line for line in section["records"]
        ]
        return section

    def _prepare_visit(self, visit):
        """Return the line of a visit."""
        visitor = visit.partner_ids[:1]
        place = visit.property_id
        about = filter(None, [", ".join(visit.partner_ids.mapped("name")), place.street, place.city])
        actions = [
            {"method": "action_done", "label": self.env._("Done"), "icon": "fa-check", "key": "d"},
            {"method": "action_no_show", "label": self.env._("Nobody came"), "icon": "fa-user-times", "key": "n"},
        ]
        return self._prepare_record(
            visit,
            place.display_name,
            subtitle=" · ".join(about),
            time=fields.Datetime.context_timestamp(self, visit.start).strftime("%H:%M"),
            icon="fa-home",
            phone=visitor.phone,
            actions=actions if visit.state in BLOCKING else [],
        )
