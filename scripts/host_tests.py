"""Run the host's own tests with the suite installed, and without it; compare: `make host-tests`.

The suite is installed and not configured: whatever fails with it and not without it is ours.
"""

import json
import re
import socket
import subprocess

import databases
import postgres
from common import ADDONS, HOST, LOGS, ROOT, main, say, step
from host import ensure_host

MODULES = ("crm", "sale_crm", "sales_team", "sale", "calendar", "privacy_lookup", "phone_validation")
# Not part of any installation; the linter pylints the whole host otherwise, which is not our matter.
EXTRA = ("test_lint", "test_crm_full")
LINT_TAGS = "/test_lint,-/test_lint:TestPyLint,-/test_lint:TestPylintChecks,-/test_lint:TestESLint"
FAILURE = re.compile(r" (?:FAIL|ERROR): ((?:Subtest )?\w+\.\w+|setUpClass \([\w.]+\))")
TOTAL = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")


def free_port():
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_host_tests(database, modules, tags):
    """Update modules with their tests on; return (names that failed, number of tests)."""
    log = LOGS / f"{database}.log"
    options = ["-u", ",".join(modules), "--test-tags", tags, "--stop-after-init", "--http-port", str(free_port())]
    command = databases.odoo_command("server", *options, database=database)
    with log.open("w") as output:
        subprocess.run(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    text = log.read_text(errors="replace")
    totals = TOTAL.findall(text)
    return set(FAILURE.findall(text)), sum(int(total[2]) for total in totals[-1:])


def prepare(database, with_suite, extra):
    """Make a database with the host's modules, and the suite or not."""
    postgres.copy(databases.host_template(), database)
    addons = [*extra, *(ADDONS if with_suite else ())]
    if addons:
        databases.install(database, addons)


def measure(with_suite):
    """Run all of it on a new database; return (names that failed, number of tests)."""
    tags = ",".join(f"/{name}" for name in (*MODULES, "test_crm_full")) + "," + LINT_TAGS
    database = f"suite_hosttests_{'with' if with_suite else 'without'}"
    with step(f"The host's tests {'with' if with_suite else 'without'} the suite"):
        prepare(database, with_suite, EXTRA)
        result = run_host_tests(database, (*MODULES, *EXTRA), tags)
    postgres.drop(database)
    return result


def measure_bare_host():
    """Return the same without the suite; kept for this host, which does not change."""
    kept = HOST / f"{databases.host_template()}.tests.json"
    if not kept.exists():
        failed, number = measure(False)
        kept.write_text(json.dumps([sorted(failed), number]))
    failed, number = json.loads(kept.read_text())
    return set(failed), number


def compare(_args):
    """Run everything with the suite, and once without; fail on what only fails with it."""
    ensure_host()
    with postgres.database_server():
        return report(*measure_bare_host(), *measure(True))


def report(before, number_before, after, number_after):
    """Say what the suite breaks; return the exit code."""
    new = sorted(after - before)
    for name in new:
        say(f"  fails only with the suite: {name}")
    say(f"  without: {len(before)} failed of {number_before}; with: {len(after)} failed of {number_after}")
    say(f"{number_after - len(new)} passed, {len(new)} failed")
    return 1 if new or not number_after or number_after < number_before else 0


if __name__ == "__main__":
    main(compare)
