from odoo import models


class CrmMyDay(models.AbstractModel):
    _inherit = "crm.my.day"

    def _get_activity_sections(self, user):
        """Tell before the call that a customer is overdue, to those who may know."""
        sections = super()._get_activity_sections(user)
        if self.env.user._may_read_receivables():
            self._add_receivable_warnings([line for section in sections for line in section["records"]])
        return sections

    def _add_receivable_warnings(self, lines):
        """Add the warning to the lines about overdue customers; a fixed number of queries."""
        activities = self.env["mail.activity"].browse([line["id"] for line in lines])
        partners = self._get_partner_by_activity(activities)
        known = self.env["res.partner"].concat(*partners.values())
        warnings = known._get_receivable_warnings() if known else {}
        for line, activity in zip(lines, activities, strict=True):
            warning = warnings.get(partners[activity])
            if warning:
                line["subtitle"] = " · ".join(filter(None, [line["subtitle"], warning]))
