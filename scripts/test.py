"""Run the suite's tests: `make test`, `make test ADDON=crm_core`, `make test K=booking`.

Everything runs on a copy of a template database, so that a test can do what it likes.
"""

import argparse
import os
import subprocess

import databases
import postgres
from common import CONFIG, DATA, LOGS, PYTHON, ROOT, main, say
from host import ensure_host


def parse(args):
    """Return what the user asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--addon", default="", help="only the tests of this addon")
    parser.add_argument("-k", default="", help="only the tests whose name matches")
    parser.add_argument("--path", default="", help="only this file or folder")
    return parser.parse_args([arg for arg in args if arg not in ("--addon=", "-k=", "--path=")])


def targets(options):
    """Return the folders pytest collects, cheap ones first."""
    if options.path:
        return [ROOT / options.path]
    if options.addon:
        return [databases.folder_of(options.addon) / "tests"]
    addons = [databases.folder_of(name) / "tests" for name in databases.our_addons()]
    folders = [ROOT / "tests/repo", *addons, ROOT / "tests/system"]
    return [folder for folder in folders if folder.is_dir()]


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


def run_tests(args):
    """Make the database and run pytest on it."""
    options = parse(args)
    chosen = targets(options)
    ensure_host()
    with postgres.database_server():
        addons = [options.addon] if options.addon else databases.our_addons()
        everything = not (options.addon or options.k or options.path)
        template = databases.template(addons, fresh=everything)
        database = f"suite_test_{os.getpid()}"
        postgres.copy(template, database)
        say(f"  Testing on a copy of {template}\n")
        env = dict(os.environ, SUITE_TEMPLATE=template, SUITE_LOGS=str(LOGS))
        try:
            return subprocess.run(pytest_command(database, chosen, options.k), cwd=ROOT, env=env).returncode
        finally:
            postgres.drop(database)


if __name__ == "__main__":
    main(run_tests)
