from odoo import fields, models
from odoo.fields import Domain

from ..my_day.crm_my_day import SHOWN


class CrmMyDay(models.AbstractModel):
    _inherit = "crm.my.day"

    def _get_my_day_sections(self, user):
        """Add the meetings whose conclusion nobody wrote down."""
        return [*super()._get_my_day_sections(user), self._get_conclusion_section(user)]

    def _get_conclusion_section(self, user):
        events, title = self.env["calendar.event"], self.env._("Write down what was agreed")
        # Whoever leads the user sees what is not private.
        domain = events._get_to_conclude_domain() & self.env["res.partner"]._get_open_meeting_domain()
        domain &= Domain("user_id", "=", user.id)
        found = events.search(domain, limit=SHOWN + 1, order="start desc, id desc")
        count = len(found) if len(found) <= SHOWN else events.search_count(domain)
        records = [self._prepare_conclusion(event, user) for event in found[:SHOWN]]
        action = self._prepare_list_action("calendar.event", title, domain)
        return self._prepare_section("conclusions", 35, title, "fa-pencil-square-o", records, count, action)

    def _prepare_conclusion(self, event, user):
        """Return the line of a meeting that was, with the dialog to write it up."""
        begin = fields.Datetime.context_timestamp(self, event.start)
        others = (event.partner_ids - user.partner_id).mapped("name")
        return self._prepare_record(
            event,
            event.name,
            subtitle=" · ".join(filter(None, [", ".join(others), event.objective])),
            date=fields.Date.to_string(begin.date()),
            time=begin.strftime("%H:%M") if begin.date() == self._get_today() and not event.allday else False,
            icon="fa-users",
            actions=[
                {
                    "method": "action_conclude",
                    "label": self.env._("How did it go?"),
                    "icon": "fa-pencil",
                    "key": "n",
                }
            ],
        )
