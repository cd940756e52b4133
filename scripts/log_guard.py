"""Pytest plug-in: a warning in the log fails the test that caused it.

A test that provokes a warning on purpose says so, with `mute_logger` or `assertLogs`.
"""

import logging

import pytest

from databases import QUIET


class Guard(logging.Handler):
    """Keep what is logged at WARNING or worse."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        """Keep one line."""
        text = f"{record.levelname} {record.name}: {record.getMessage()}"
        if record.name.startswith("odoo") and not any(quiet in text for quiet in QUIET):
            self.lines.append(text)


GUARD = Guard()


def pytest_sessionstart(session):
    """Listen to everything Odoo logs."""
    logging.getLogger().addHandler(GUARD)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item):
    """Fail the test during which something was logged."""
    result = yield
    lines, GUARD.lines = GUARD.lines, []
    if lines:
        pytest.fail("Logged during the test:\n" + "\n".join(lines), pytrace=False)
    return result
