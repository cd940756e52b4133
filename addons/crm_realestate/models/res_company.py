from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    realestate_visit_buffer = fields.Integer(
        "Way to a visit (minutes)", default=0, help="Kept free for the agent before and after each new visit."
    )

    _realestate_visit_buffer_positive = models.Constraint(
        "CHECK (realestate_visit_buffer >= 0)", "The way to a visit cannot take less than no time."
    )
