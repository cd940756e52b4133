"""The commands tell clearly what is wrong."""

import os
import socket
import subprocess
import sys

import pytest

from repository import ROOT

sys.path.insert(0, str(ROOT / "scripts"))


def run(*command, **env):
    """Run a command of ours; return its exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, env={**os.environ, **env}, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def test_wrong_odoo_is_refused(tmp_path):
    (tmp_path / "odoo").mkdir()
    (tmp_path / "odoo/release.py").write_text("version_info = (18, 0, 0, 'final', 0, '')\n")
    code, output = run("scripts/host.py", ODOO_HOME=str(tmp_path))
    assert code == 1
    assert "holds Odoo 18; the suite needs Odoo 19" in output
    assert "Traceback" not in output


def test_no_odoo_is_refused(tmp_path):
    code, output = run("scripts/host.py", ODOO_HOME=str(tmp_path))
    assert code == 1
    assert "no odoo/release.py" in output


def test_a_taken_port_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, output = run("scripts/run.py", PORT=str(port))
    assert code == 1
    assert f"Port {port} is taken. Choose another one: make run PORT={port + 1}" in output


def test_an_unknown_addon_is_told():
    code, output = run("scripts/test.py", "--addon=crm_nothing")
    assert code == 1
    assert "There is no addon crm_nothing; there are:" in output


def test_a_folder_is_complete_or_absent(tmp_path):
    from common import whole

    with pytest.raises(ZeroDivisionError), whole(tmp_path / "made") as building:
        (building / "half").touch()
        raise ZeroDivisionError
    assert not (tmp_path / "made").exists()
    with whole(tmp_path / "made") as building:
        (building / "all").touch()
    assert (tmp_path / "made/all").exists()


def test_complaints_are_found():
    from databases import complaints

    log = "x 1 INFO db odoo: fine\nx 1 WARNING db odoo.x: bad\nx 1 ERROR db odoo.y: worse"
    assert len(complaints(log)) == 2


def test_make_lists_its_targets():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True)
    for target in (
        "run",
        "test",
        "lint",
        "fmt",
        "shell",
        "bench",
        "host-tests",
        "pot",
        "docs",
        "clean",
        "help",
        "reset",
    ):
        assert f"\n{target} " in "\n" + done.stdout, target


def test_the_halves_run_beside_each_other_and_one_failure_fails_all(tmp_path):
    code = (
        "import importlib.util as util, sys, os, pathlib\n"
        "sys.path.insert(0, 'scripts')\n"
        "spec = util.spec_from_file_location('suite_test', 'scripts/test.py')\n"
        "suite_test = util.module_from_spec(spec)\n"
        "spec.loader.exec_module(suite_test)\n"
        f"suite_test.LOGS = pathlib.Path({str(tmp_path)!r})\n"
        # The first ends only after the second one has begun.
        f"flag = {str(tmp_path / 'flag')!r}\n"
        "first = f'import os, time\\nwhile not os.path.exists({flag!r}): time.sleep(.01)'\n"
        'second = f\'open({flag!r}, "w"); print("second"); raise SystemExit(3)\'\n'
        "sys.exit(suite_test.run_beside([[sys.executable, '-c', code] for code in (first, second)], os.environ))\n"
    )
    assert run("-c", code) == (3, "second\n\n")
