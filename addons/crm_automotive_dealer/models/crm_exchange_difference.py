from odoo import fields, models

#: What no machine can decide.
FOR_A_PERSON = {"lost", "cancelled", "unknown", "content"}


class CrmExchangeDifference(models.Model):
    """One message that is not the same at both ends."""

    _name = "crm.exchange.difference"
    _description = "Exchange Difference"
    _order = "id"
    _rec_name = "uuid"

    comparison_id = fields.Many2one("crm.exchange.comparison", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="comparison_id.company_id", store=True, index=True)
    kind = fields.Selection(
        [
            ("resent", "They had lost it: sent again"),
            ("arrived", "It had arrived after all"),
            ("lost", "They lost it, and we do not keep its words any more"),
            ("cancelled", "They have it, though we cancelled it: ask them to delete it"),
            ("unknown", "They have it, we do not know it: one of us went back to a backup"),
            ("content", "The same messages with other words: compare by hand"),
        ],
        required=True,
        readonly=True,
    )
    uuid = fields.Char("Message", readonly=True)
    message_id = fields.Many2one("crm.exchange.message", "Ours", readonly=True, ondelete="cascade", index=True)
