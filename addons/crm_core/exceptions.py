"""Exceptions that callers tell apart."""

from odoo.exceptions import UserError


class JobBlocked(UserError):
    """The job needs a person: the message says what is wrong and what to do.

    :param message: one sentence for the user
    :param code: stable machine code, for filters and tests (for example ``E_AMBIGUOUS``)
    :param values: fields of the job to write with its state; the rest of its work is undone
    """

    def __init__(self, message, code="E_USER", values=None):
        super().__init__(message)
        self.code = code
        self.values = values or {}


class JobRetry(Exception):
    """The job cannot go on now and should be tried again later.

    :param message: why, for the queue's screen
    :param code: stable machine code
    :param seconds: wait at least so long (a peer's ``Retry-After``), else the usual delay
    """

    def __init__(self, message, code="E_RETRY", seconds=0):
        super().__init__(message)
        self.code = code
        self.seconds = seconds
