"""Run the benchmarks: `make bench`, or `make bench K=intake` for one.

Each file of benchmarks/ measures a promise as a ratio to the host or a peer in the same run; nothing
here is a test, for a busy machine must not turn it red.
"""

import importlib.util
import os
import subprocess
import sys

import databases
import postgres
from common import ADDONS, PYTHON, ROOT, main, say
from host import ensure_host

FOLDER = ROOT / "benchmarks"


def load(path):
    """Return a benchmark as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_inside(path, names):
    """In Odoo's Python: run one benchmark on its databases and print its table."""
    import odoo
    from odoo.modules.registry import Registry

    options = ["-c", str(ROOT / "odoo.conf"), "--addons-path", databases.addons_path(), "--log-level", "critical"]
    odoo.tools.config.parse_config(options)
    cursors = {key: Registry(name).cursor() for key, name in names.items()}
    envs = {key: odoo.api.Environment(cr, odoo.SUPERUSER_ID, {}) for key, cr in cursors.items()}
    for line in load(path).measure(envs):
        say(f"  {line}")
    for cr in cursors.values():
        cr.rollback()
        cr.close()


def bench(args):
    """Make a database without and one with the suite, run the benchmarks on them."""
    if args and args[0] == "--inside":
        sys.path.insert(0, str(FOLDER))
        return run_inside(FOLDER / args[1], {"host": args[2], "suite": args[3]})
    ensure_host()
    with postgres.database_server():
        names = {"host": f"suite_bench_host_{os.getpid()}", "suite": f"suite_bench_all_{os.getpid()}"}
        postgres.copy(databases.host_template(), names["host"])
        postgres.copy(databases.template(list(ADDONS)), names["suite"])
        try:
            for path in sorted(FOLDER.glob("bench_*.py")):
                if "".join(args) in path.stem:
                    say(path.stem)
                    command = [PYTHON, __file__, "--inside", path.name, names["host"], names["suite"]]
                    subprocess.run([str(part) for part in command], cwd=ROOT, check=True)
        finally:
            for name in names.values():
                postgres.drop(name)
    return 0


if __name__ == "__main__":
    main(bench)
