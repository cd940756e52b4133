"""The host stays itself: a fast part of its own tests, with the suite installed and not configured (promise P1).

`make host-tests` runs all of them, with and without the suite. Here come the suites that take a minute,
and the host's linter, which looks at our addons as well.
"""

import os

import host_tests

import databases
import postgres

MODULES = ("sale_crm", "privacy_lookup", "test_lint")


def test_short_suites_and_linter_of_the_host():
    name = f"suite_hosttest_{os.getpid()}"
    postgres.copy(os.environ["SUITE_TEMPLATE"], name)
    try:
        databases.install(name, ["test_lint"])
        # TestIndex fails on a model of the host; ours are checked in test_crm_suite.
        tags = f"/sale_crm,/privacy_lookup,{host_tests.LINT_TAGS},-/test_lint:TestIndex"
        failed, number = host_tests.run_host_tests(name, MODULES, tags)
        assert not failed
        assert number > 30
    finally:
        postgres.drop(name)
