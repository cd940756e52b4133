from odoo import Command, fields, models


class CrmExchangeDiscard(models.TransientModel):
    """Give messages up, for one reason."""

    _name = "crm.exchange.discard"
    _description = "Discard Messages"

    message_ids = fields.Many2many(
        "crm.exchange.message",
        required=True,
        readonly=True,
        default=lambda self: [Command.set(self.env.context.get("active_ids", []))],
    )
    reason = fields.Char(required=True)

    def action_discard(self):
        """Discard what has not arrived; what has is left alone."""
        self.ensure_one()
        given_up = self.message_ids._filter_discardable()
        given_up.write({"discard_reason": self.reason})
        given_up.action_discard()
        return {"type": "ir.actions.act_window_close"}
