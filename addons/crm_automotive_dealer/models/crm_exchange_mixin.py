import uuid

from odoo import fields, models


class CrmExchangeMixin(models.AbstractModel):
    """A record that is told to another organisation; the hooks of the exchange engine.

    The engine calls the hooks with ``sudo``, in the transaction that records the event.
    """

    _name = "crm.exchange.mixin"
    _description = "Exchanged Record"

    uuid = fields.Char(
        "Exchange reference", default=lambda self: str(uuid.uuid4()), required=True, readonly=True, copy=False
    )

    def _exchange_refusal(self, message):
        """Return why a message must not leave after all, or None; asked right before each try."""
        return None

    def _exchange_delivered(self, message, body):
        """Note that the other side has a message.

        :param body: its answer, a dict with ``status`` and perhaps ``ref``
        """

    def _exchange_cancelled(self, message, reason):
        """Note that a message will not be sent."""

    def _exchange_dead(self, message):
        """Note that a message could not be transferred and waits for a person."""
