from odoo import fields, models

STAGES = [
    ("lead", "Lead"),
    ("prospect", "Prospect"),
    ("customer", "Customer"),
    ("supported", "Supported customer"),
    ("dormant", "Dormant"),
    ("lost", "Lost"),
]


class CrmLifecycleChange(models.Model):
    """One step in the life cycle of a customer: when, from where, to where and why."""

    _name = "crm.lifecycle.change"
    _description = "Life Cycle Change"
    _order = "date desc, id desc"
    _rec_name = "to_stage"

    partner_id = fields.Many2one("res.partner", "Customer", required=True, index=True, ondelete="cascade")
    from_stage = fields.Selection(STAGES, "From")
    to_stage = fields.Selection(STAGES, "To")
    event = fields.Selection(
        [
            ("lead", "New enquiry"),
            ("quote", "Quote sent"),
            ("order", "Order or opportunity won"),
            ("case", "Case opened"),
            ("silence", "Silence"),
            ("lost", "Every opportunity lost"),
            ("merge", "Merge of contacts"),
            ("manual", "By hand"),
        ],
        "Why",
        required=True,
    )
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", "Who")
