"""Run the suite's tests: `make test`, `make test ADDON=crm_core`, `make test K=booking`.

Everything runs on copies of a template database, so that a test can do what it likes. All tests together
run in two halves beside each other: those inside one process, and those that drive servers from outside.
"""

import argparse
import os
import subprocess
from contextlib import ExitStack, contextmanager

import databases
import postgres
from common import CONFIG, DATA, LOGS, PYTHON, ROOT, main, say
from host import ensure_host

HOST_TESTS = ROOT / "tests/system/test_host.py"


def parse(args):
    """Return what the user asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--addon", default="", help="only the tests of this addon")
    parser.add_argument("-k", default="", help="only the tests whose name matches")
    parser.add_argument("--path", default="", help="only this file or folder")
    return parser.parse_args([arg for arg in args if arg not in ("--addon=", "-k=", "--path=")])


def targets(options):
    """Return the folders that pytest collects: a list for each process."""
    if options.path:
        return [[ROOT / options.path]]
    if options.addon:
        return [[databases.folder_of(options.addon) / "tests"]]
    addons = [databases.folder_of(name) / "tests" for name in databases.our_addons()]
    inside = [folder for folder in (ROOT / "tests/repo", *addons) if folder.is_dir()]
    outside = sorted((ROOT / "tests/system").glob("test_*.py"))
    if options.k:
        return [[*inside, *outside]]
    # So that both take as long: one that needs no server of its own.
    outside.remove(HOST_TESTS)
    return [[*inside, HOST_TESTS], outside]


def pytest_command(database, chosen, names):
    """Return the command line of pytest on this database."""
    command = [
        PYTHON, "-m", "pytest", "-p", "log_guard", *chosen,
        f"--odoo-database={database}", f"--odoo-config={CONFIG}", "--odoo-http", "--odoo-log-level=warn",
        f"--odoo-addons-path={databases.addons_path()}", f"--odoo-extra=data-dir={DATA}",
        # Chromium started from here needs more address space than Odoo grants itself.
        "--odoo-extra=max-cron-threads=0", "--odoo-extra=limit-memory-hard=0", "--odoo-extra=db_maxconn=100",
    ]  # fmt: skip
    if names:
        command += ["-k", names]
    return [str(part) for part in command]


@contextmanager
def copy_of(template, number):
    """A database of one process, while it runs."""
    name = f"suite_test_{os.getpid()}_{number}"
    postgres.copy(template, name)
    postgres.keep_statistics(name)
    try:
        yield name
    finally:
        postgres.drop(name)


def run_beside(commands, env):
    """Run commands beside each other, show what the first one says and then the others; return the worst code."""
    with ExitStack() as stack:
        running = []
        for number, command in enumerate(commands):
            log = stack.enter_context(open(LOGS / f"test_{number}.log", "w+")) if number else None
            running.append((subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log), log))
        codes = []
        for process, log in running:
            codes.append(process.wait())
            if log:
                log.seek(0)
                say(log.read())
        return max(codes, key=abs)


def run_tests(args):
    """Make the databases and run pytest on them."""
    options = parse(args)
    chosen = targets(options)
    ensure_host()
    with postgres.database_server(), ExitStack() as stack:
        addons = [options.addon] if options.addon else databases.our_addons()
        everything = not (options.addon or options.k or options.path)
        template = databases.template(addons, fresh=everything)
        names = [stack.enter_context(copy_of(template, number)) for number in range(len(chosen))]
        say(f"  Testing on a copy of {template}\n")
        commands = [pytest_command(name, folders, options.k) for name, folders in zip(names, chosen, strict=True)]
        return run_beside(commands, dict(os.environ, SUITE_TEMPLATE=template, SUITE_LOGS=str(LOGS)))


if __name__ == "__main__":
    main(run_tests)
