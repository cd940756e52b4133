"""Check the sources without running them: `make lint`, and `make fmt` to mend what a tool can mend."""

import subprocess

import databases
from common import ROOT, VENV, main, say
from host import ensure_host

# Off, on purpose: a theme's extension of res.partner lives with its theme; a compute method returns
# nothing; the readme is made of Markdown fragments; tests raise what they like.
PYLINT_OFF = "consider-merging-classes-inherited,missing-return,missing-readme"
PYLINT_OFF_IN_TESTS = "translation-required,invalid-commit,external-request-timeout,context-overridden"


def commands(fix):
    """Return the checks: (title, command line)."""
    program = VENV / "bin"
    folders = [str(databases.folder_of(name)) for name in databases.our_addons()]
    tests = [f"{folder}/tests" for folder in folders if (ROOT / folder / "tests").is_dir()]
    pylint = [program / "pylint", "--rcfile=.pylintrc"]
    yield "ruff", [program / "ruff", "check", *(["--fix"] if fix else []), "."]
    yield "ruff format", [program / "ruff", "format", *([] if fix else ["--check"]), "."]
    if not fix:
        yield "pylint-odoo", [*pylint, f"--disable={PYLINT_OFF}", "--ignore-paths=.*/tests/test_.*", *folders]
        yield "pylint-odoo on tests", [*pylint, f"--disable={PYLINT_OFF},{PYLINT_OFF_IN_TESTS}", *tests]
    yield "oca checks", [program / "oca-checks-odoo-module", *(["--fix"] if fix else []), *folders]


def lint(args):
    """Run every check, show only what fails, tell how many did."""
    ensure_host()
    failed = 0
    for title, command in commands("fix" in args):
        done = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            failed += 1
            say(f"{title}:\n{done.stdout}{done.stderr}")
        else:
            say(f"{title}: clean")
    return 1 if failed else 0


if __name__ == "__main__":
    main(lint)
