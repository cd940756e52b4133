from odoo import fields, models
from odoo.tools import format_date


class ResPartner(models.Model):
    _inherit = "res.partner"

    reminder_paused_until = fields.Date(
        "No reminders until",
        company_dependent=True,
        copy=False,
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    reminder_note = fields.Char(
        "Because",
        company_dependent=True,
        copy=False,
        groups="account.group_account_invoice,account.group_account_readonly",
    )

    def _is_reminder_paused(self, today):
        """Tell whether somebody asked not to remind this customer for now."""
        self.ensure_one()
        # sudo: a yes or no of the company, for the job and the sentence on the card.
        until = self.sudo().reminder_paused_until
        return bool(until) and until >= today

    def _get_reminder_words(self):
        """Say what the customer was told last about what is still open."""
        words = super()._get_reminder_words()
        # sudo: after the check of the card; date and level only, of the current company.
        reminders = self.env["crm.billing.reminder"].sudo()
        firms = {partner: partner.sudo().commercial_partner_id for partner in self}
        found = reminders.search(
            [
                ("company_id", "=", self.env.company.id),
                ("partner_id", "in", [firm.id for firm in firms.values()]),
                ("sent_on", "!=", False),
                ("move_ids.amount_residual", ">", 0),
            ],
            order="id",
        )
        last = {reminder.partner_id: reminder for reminder in found}
        for partner, firm in firms.items():
            if firm in last:
                words[partner] = self.env._(
                    "Reminded on %(date)s: %(level)s.",
                    date=format_date(self.env, last[firm].sent_on),
                    level=last[firm].level_id.name,
                )
        return words
