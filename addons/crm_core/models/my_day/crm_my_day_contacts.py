from odoo import fields, models
from odoo.fields import Domain

from .crm_my_day import SHOWN


class CrmMyDay(models.AbstractModel):
    _inherit = "crm.my.day"

    def _get_my_day_sections(self, user):
        """Add the contacts one should have been in touch with by now."""
        return [*super()._get_my_day_sections(user), self._get_cadence_section(user)]

    def _get_cadence_domain(self, user):
        """Return the domain of the user's contacts past their cadence for whom nothing is planned.

        Contacts without a salesperson are of whoever knows them.
        """
        nobodys = Domain("user_id", "=", False) & Domain("crm_relationship_ids.user_id", "=", user.id)
        # Said in full: "activity_ids = False" finds those that never had one, done ones count too.
        planned = Domain("activity_ids", "any", [("active", "=", True)])
        idle = ~planned & Domain("opportunity_ids", "not any", planned)
        return Domain("next_contact_date", "<=", self._get_today()) & (Domain("user_id", "=", user.id) | nobodys) & idle

    def _get_cadence_section(self, user):
        title, domain = self.env._("Get in touch"), self._get_cadence_domain(user)
        if not self.env["crm.lead"].has_access("read"):
            return self._prepare_section("cadence", 50, title, "fa-handshake-o", [])
        partners = self.env["res.partner"].search(domain, limit=SHOWN + 1, order="next_contact_date, id")
        count = len(partners) if len(partners) <= SHOWN else self.env["res.partner"].search_count(domain)
        records = [self._prepare_cadence(partner) for partner in partners[:SHOWN]]
        action = self._prepare_list_action("res.partner", title, domain)
        return self._prepare_section("cadence", 50, title, "fa-handshake-o", records, count, action)

    def _prepare_cadence(self, partner):
        """Return the line of a contact, with the call that is proposed."""
        last = fields.Datetime.context_timestamp(self, partner.last_interaction_date)
        days = (self._get_today() - last.date()).days
        about = [partner.relationship_level_id.name, self.env._("last contact %(days)s days ago", days=days)]
        return self._prepare_record(
            partner,
            partner.display_name,
            subtitle=" · ".join(filter(None, about)),
            icon="fa-user-o",
            phone=partner.phone,
            actions=[
                {
                    "method": "action_plan_call",
                    "label": self.env._("Plan a call for today"),
                    "icon": "fa-phone-square",
                    "key": "c",
                }
            ],
        )
