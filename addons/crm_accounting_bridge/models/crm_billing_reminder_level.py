from odoo import fields, models


class CrmBillingReminderLevel(models.Model):
    """One step of reminding a customer who is overdue; the steps are taken one after the other."""

    _name = "crm.billing.reminder.level"
    _description = "Reminder level"
    _order = "company_id, days, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    days = fields.Integer("Days overdue", required=True, default=7, help="Of the oldest open invoice.")
    mail_template_id = fields.Many2one(
        "mail.template", "E-mail", domain="[('model', '=', 'crm.billing.reminder')]", required=True
    )
    user_id = fields.Many2one(
        "res.users", "Responsible", check_company=True, help="Who is told when a reminder cannot be sent."
    )
    tell_salesperson = fields.Boolean("Also plan a call for the salesperson")

    _days_positive = models.Constraint("CHECK(days > 0)", "A reminder comes at least a day after the due date.")
    _days_unique = models.UniqueIndex("(company_id, days) WHERE active", "There is a level after so many days already.")
