"""What every script of the suite shares: places, messages, running programs.

Standard library only: these scripts run before anything is installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = ROOT / ".host"
DATA = HOST / "data"
VENV = HOST / "venv"
LOGS = HOST / "logs"
PYTHON = VENV / "bin" / "python"
ODOO = VENV / "bin" / "odoo-server.py"
CONFIG = ROOT / "odoo.conf"

ADDONS = (
    "crm_core",
    "crm_web_forms",
    "crm_accounting_bridge",
    "crm_realestate",
    "crm_automotive_dealer",
)


class SetupError(Exception):
    """A set-up step cannot go on; the message says what to do next."""


def say(message):
    """Tell the user something, at once."""
    print(message, flush=True)


@contextmanager
def step(title):
    """Show a step that may take long, and how long it took."""
    print(f"  {title} ... ", end="", flush=True)
    start = time.monotonic()
    try:
        yield
    except BaseException:
        print("failed", flush=True)
        raise
    print(f"{time.monotonic() - start:.0f} s", flush=True)


def run(command, *, log=None, error=None, **kwargs):
    """Run a program; on failure raise SetupError with its last lines.

    :param log: file that keeps the whole output
    :param error: what to tell the user when it fails
    :return: its standard output, as text
    """
    command = [str(part) for part in command]
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        **kwargs,
    )
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(done.stdout)
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-12:])
        where = f"\n(whole output: {log})" if log else ""
        raise SetupError(f"{error or 'Failed: ' + ' '.join(command)}\n{tail}{where}")
    return done.stdout


def digest(*paths, extra=""):
    """Return a short hash of the contents of files and folders."""
    result = hashlib.sha256(extra.encode())
    for path in sorted(map(Path, paths)):
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            if "__pycache__" not in file.parts:
                result.update(str(file.relative_to(ROOT)).encode())
                result.update(file.read_bytes())
    return result.hexdigest()[:16]


@contextmanager
def whole(folder):
    """Build a folder aside and move it in place when it is complete."""
    building = folder.with_name(folder.name + ".part")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    yield building
    shutil.rmtree(folder, ignore_errors=True)
    building.rename(folder)


def main(function):
    """Run a script's main function; a SetupError ends it with a clear message."""
    try:
        sys.exit(function(sys.argv[1:]))
    except SetupError as error:
        print(f"\nError: {error}", file=sys.stderr, flush=True)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nStopped.", flush=True)
        sys.exit(130)


def is_root():
    """Tell whether this runs as root (PostgreSQL refuses that, apt needs it)."""
    return os.geteuid() == 0
