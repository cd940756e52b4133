"""Databases the commands work on: templates that are made once and copied in seconds.

- `suite_host_<hash>`: the host with every module the suite depends on, without the suite
- `suite_<what>_<hash>`: that, plus some of our addons
"""

import ast
import fcntl
import os

import postgres
from common import ADDONS, CONFIG, DATA, HOST, LOGS, ODOO, PYTHON, ROOT, SetupError, digest, run, step

ADDON_FOLDERS = (ROOT / "addons", ROOT / "tests/addons")
# The cross-addon story of `make run`; it rearranges the main company, so most tests do without it.
DEMO_FOLDER = ROOT / "demo"
STORY = "crm_suite_demo"
# Not a dependency of any addon: the chart of accounts the main tests and the demo use.
EXTRA_HOST = ("l10n_es",)
QUIET = (
    "Running as user 'root' is a security risk",  # the private set-up of a container
    "option --without-demo",
    "odoo.addons.base.models.ir_actions_report: wkhtmltopdf: The switch",  # Debian's build knows no page headers
)


def folder_of(addon):
    """Return the folder of one of our addons."""
    for parent in (*ADDON_FOLDERS, DEMO_FOLDER):
        if (parent / addon / "__manifest__.py").exists():
            return parent / addon
    raise SetupError(f"There is no addon {addon}; there are: {', '.join(our_addons())}.")


def our_addons():
    """Return the names of all our addons, the test addons included."""
    return sorted(path.parent.name for folder in ADDON_FOLDERS for path in folder.glob("*/__manifest__.py"))


def manifest(addon):
    """Return the manifest of one of our addons."""
    return ast.literal_eval((folder_of(addon) / "__manifest__.py").read_text())


def closure(addons):
    """Return our addons that these need, themselves included, in order of dependency."""
    ours, found = our_addons(), []

    def visit(name):
        if name in ours and name not in found:
            for needed in manifest(name)["depends"]:
                visit(needed)
            found.append(name)

    for name in addons:
        visit(name)
    return found


def host_modules():
    """Return the host's modules that the suite depends on; what an optional addon joins comes along with that one."""
    ours = our_addons()
    firm = [addon for addon in map(manifest, ours) if not addon.get("auto_install")]
    depends = {name for addon in firm for name in addon["depends"]}
    return sorted((depends - set(ours)) | set(EXTRA_HOST))


def addons_path():
    """Return our addon folders, and the host's second one in a source checkout."""
    folders = [*ADDON_FOLDERS, DEMO_FOLDER]
    home = os.environ.get("ODOO_HOME")
    if home and os.path.isdir(os.path.join(home, "addons/web")):
        folders.append(os.path.join(os.path.abspath(home), "addons"))
    return ",".join(map(str, folders))


def odoo_command(*args, database=None):
    """Return the command line of Odoo on our configuration."""
    command = [PYTHON, ODOO, *args, "-c", CONFIG, "--data-dir", DATA, "--addons-path", addons_path()]
    return [str(part) for part in command] + (["-d", database] if database else [])


def complaints(log):
    """Return the warnings and errors of an Odoo log that are worth a failure."""
    return [
        line
        for line in log.splitlines()
        if (" WARNING " in line or " ERROR " in line or " CRITICAL " in line)
        and not any(quiet in line for quiet in QUIET)
    ]


def odoo(*args, database, log):
    """Run Odoo to its end; any warning in its log is a failure."""
    path = LOGS / f"{log}.log"
    output = run(
        odoo_command("server", *args, "--stop-after-init", "--no-http", database=database),
        cwd=ROOT, log=path, error=f"Odoo fails on {database}.",
    )  # fmt: skip
    found = complaints(output)
    if found:
        raise SetupError(f"Odoo complains on {database} (whole log: {path}):\n" + "\n".join(found[:20]))
    return output


def install(database, addons, *options):
    """Install addons in a database (made if needed)."""
    odoo("-i", ",".join(addons), *options, database=database, log=f"install_{database}")


def build(name, title, fill):
    """Make a database under another name and give it its own when it is complete.

    Two commands that want the same one at the same time make it once.

    :param fill: function that gets the name to work on
    """
    with open(HOST / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if postgres.exists(name):
            return
        building = f"{name}_part"
        postgres.drop(building)
        with step(title):
            fill(building)
        postgres.rename(building, name)


def _prune(kind, keep):
    """Drop the former versions of a template."""
    rows = postgres.sql(f"SELECT datname FROM pg_database WHERE datname ~ '^suite_{kind}_[0-9a-f]{{16}}$'")
    for name in rows.splitlines():
        if name != keep:
            postgres.drop(name)


def host_template():
    """Have the template with the host's modules; return its name."""
    modules = host_modules()
    name = f"suite_host_{digest(extra=','.join(modules) + os.environ.get('ODOO_HOME', ''))}"
    if not postgres.exists(name):
        build(name, f"Installing the host's modules ({len(modules)})", lambda db: install(db, modules))
    return name


def source_digest(addons):
    """Return a hash of what an installation of these addons reads."""
    skipped = {"tests", "readme", "static"}
    paths = [
        path
        for addon in addons
        for path in folder_of(addon).iterdir()
        if path.name not in skipped and path.suffix != ".md"
    ]
    return digest(*paths)


def template(addons, fresh=False):
    """Have the template with some of our addons; return its name.

    :param addons: names; what they depend on comes along
    :param fresh: make it anew even if it is there
    """
    kind = addons[0] if len(addons) == 1 else "all"
    return _template(kind, closure(addons), fresh)


def demo_template():
    """Have the template with the suite and its demo data; return its name."""
    return _template("demo", [*closure(ADDONS), STORY], after=tell_story)


def tell_story(database):
    """Let the invented world of the demo happen."""
    code = f"from odoo.addons.{STORY} import story\nstory.tell(env)\nenv.cr.commit()\n"
    run_code(database, code, "story")


def run_code(database, code, log):
    """Run Python in Odoo's shell; any warning in its log is a failure."""
    path = LOGS / f"{log}.log"
    command = odoo_command("shell", "--no-http", database=database)
    output = run(command, cwd=ROOT, input=code, log=path, error=f"{log} fails on {database}.")
    found = complaints(output)
    if found or "Traceback" in output:
        tail = "\n".join(found or output.strip().splitlines()[-12:])
        raise SetupError(f"Odoo complains on {database} (whole log: {path}):\n{tail}")
    return output


def _template(kind, needed, fresh=False, after=None):
    host = host_template()
    name = f"suite_{kind}_{digest(extra=host + source_digest(needed))}"
    if fresh:
        postgres.drop(name)
    if not postgres.exists(name):

        def fill(database):
            postgres.copy(host, database)
            install(database, needed)
            if after:
                after(database)

        build(name, f"Installing {', '.join(needed)}", fill)
        _prune(kind, name)
    return name
