"""Exceptions that callers tell apart."""


class KeyReused(Exception):
    """The sender used the number of an earlier submission for another one."""
