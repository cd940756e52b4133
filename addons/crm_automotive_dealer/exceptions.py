"""Exceptions that callers tell apart."""

from odoo.exceptions import UserError


class ExchangeRejected(UserError):
    """A message that will never be right: its sender is told so and does not send it again."""
