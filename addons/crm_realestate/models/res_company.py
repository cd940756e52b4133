from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    realestate_visit_buffer = fields.Integer(
        "Travel to a visit (minutes)", default=0, help="Kept free for the agent before and after each new visit."
    )
    realestate_visit_mails = fields.Boolean(
        "Write to visitors", help="Visitors get a confirmation by e-mail when a visit is planned, and a reminder."
    )
    realestate_public = fields.Boolean("Public pages", help="Show what is published under /homes, to everybody.")
    realestate_hold_hours = fields.Integer("A hold lasts (hours)", default=48)
    realestate_max_extensions = fields.Integer(
        "Extensions an agent may give", default=2, help="Coordinators may extend more often."
    )
    realestate_deposit_percent = fields.Float(
        "Deposit (% of the price)", default=1.0, help="Proposed in new bookings; each one may have another amount."
    )
    realestate_reopen_percent = fields.Float(
        "Price drop that brings back what was dismissed (%)", default=5.0, help="0: what is dismissed stays so."
    )

    realestate_mandate_required = fields.Boolean(
        "Mandate needed", help="A property is put on offer only with a mandate in force."
    )
    realestate_fee_percent = fields.Float(
        "Usual fee (% of the price)", default=3.0, help="Proposed in new mandates; without taxes."
    )

    _realestate_settings = models.Constraint(
        "CHECK (realestate_visit_buffer >= 0 AND realestate_hold_hours > 0 AND realestate_max_extensions >= 0"
        " AND realestate_deposit_percent BETWEEN 0 AND 100 AND realestate_reopen_percent BETWEEN 0 AND 100"
        " AND realestate_fee_percent BETWEEN 0 AND 100)",
        "A hold lasts at least an hour, a percentage is between 0 and 100, nothing else can be less than zero.",
    )
