"""Make the host ready: system programs, Odoo 19 and a Python environment for it.

Everything lands under `.host/`, which git ignores. An Odoo 19 that is already there
is used through the environment variable ODOO_HOME (the folder that holds `odoo/`).
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from common import (
    HOST,
    LOGS,
    ODOO,
    PYTHON,
    ROOT,
    VENV,
    SetupError,
    digest,
    is_root,
    main,
    run,
    say,
    step,
    whole,
)

PYTHONS = ("3.11", "3.12", "3.13", "3.10")
DISK_NEEDED = 5 * 1024**3
OTHER_ODOO = (
    "Point ODOO_HOME at any other Odoo 19: the folder that holds odoo/ "
    "(a source checkout, or the site-packages of a pip install)."
)

# What the machine must have: program (or probe) -> Debian package.
SYSTEM = {
    "postgresql": lambda: bool(find_postgres()),
    "chromium": lambda: bool(find_chromium()),
    "wkhtmltopdf": lambda: bool(shutil.which("wkhtmltopdf")),
    "fonts-dejavu-core": lambda: Path("/usr/share/fonts/truetype/dejavu").is_dir(),
}

# Debian's package of Odoo links these instead of carrying them. Font Awesome must be
# the 4.x of the stable suite: the icons of later versions have other names.
LINKED = (
    "libjs-jquery",
    "libjs-underscore",
    "libjs-jquery-form",
    "fonts-inconsolata",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-font-awesome",
)
# Dropped by the packaging, and missed by the web client in every browser tour.
DROPPED = ("addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js",)


def find_postgres():
    """Return the folder with the newest PostgreSQL server programs, or None."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda p: int(re.sub(r"\D", "", p.parent.name) or 0),
        reverse=True,
    )
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    return next((p for p in folders if (p / "postgres").exists() and (p / "initdb").exists()), None)


def find_chromium():
    """Return a Chromium or Chrome program, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def ensure_system():
    """Install the missing system packages, or say how to."""
    missing = [package for package, present in SYSTEM.items() if not present()]
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if not shutil.which("apt-get"):
        raise SetupError(f"Please install these programs first: {', '.join(missing)}.")
    if not is_root():
        raise SetupError(f"Please install what is missing:\n    sudo {' '.join(command)}")
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    with step(f"Installing {', '.join(missing)}"):
        run(["apt-get", "update"], env=env, log=LOGS / "apt.log", error="The package lists cannot be read.")
        run(command, env=env, log=LOGS / "apt.log", error="The system packages cannot be installed.")


def ensure_disk():
    """Refuse to start what cannot be finished."""
    free = shutil.disk_usage(ROOT).free
    if not PYTHON.exists() and free < DISK_NEEDED:
        raise SetupError(
            f"Only {free / 1024**3:.1f} GiB are free on the disk of {ROOT.name}/; "
            f"the set-up needs {DISK_NEEDED / 1024**3:.0f} GiB."
        )


# -- Odoo ---------------------------------------------------------------------


def odoo_home():
    """Return the folder that holds `odoo/`: the user's own or the unpacked package."""
    own = os.environ.get("ODOO_HOME")
    return Path(own).expanduser().resolve() if own else HOST / "odoo/usr/lib/python3/dist-packages"


def check_odoo(home):
    """Refuse anything but an Odoo 19."""
    release = home / "odoo/release.py"
    if not release.exists():
        raise SetupError(f"There is no Odoo in {home} (no odoo/release.py). {OTHER_ODOO}")
    found = re.search(r"version_info\s*=\s*\(\s*(?:'[^']*~)?(\d+)", release.read_text())
    if not found or found.group(1) != "19":
        version = found.group(1) if found else "an unknown version"
        raise SetupError(f"{home} holds Odoo {version}; the suite needs Odoo 19.")


def debian_mirror():
    """Return the address of the machine's Debian archive, from its own apt set-up."""
    listed = run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(CODENAME)"])
    rows = [line.split() for line in listed.splitlines() if " Debian " in line]
    plain = [row[0] for row in rows if "-" not in row[-1]] or [row[0] for row in rows]
    if not plain:
        raise SetupError(f"apt knows no Debian archive to take Odoo from. {OTHER_ODOO}")
    return plain[0]


class Apt:
    """An apt of our own: the machine's settings and keys, another list of packages."""

    def __init__(self, folder):
        self.folder = folder
        self.debs = folder / "debs"
        for name in ("lists/partial", "cache/archives/partial", "debs"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
        mirror = debian_mirror()
        (folder / "sources.list").write_text(
            "".join(f"deb [signed-by={keyring}] {mirror} {suite} main\n" for suite in ("unstable", "stable"))
        )
        settings = {
            "Dir::State": folder,
            "Dir::State::Lists": folder / "lists",
            "Dir::State::status": folder / "status",
            "Dir::Cache": folder / "cache",
            "Dir::Etc::SourceList": folder / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "APT::Sandbox::User": "root",
            "Acquire::Retries": "3",
        }
        self.options = [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]

    def update(self):
        """Read the package lists; apt checks their signature."""
        run(
            ["apt-get", *self.options, "update", "--error-on=any"],
            error=f"The Debian package lists cannot be read (no network?). {OTHER_ODOO}",
        )

    def fetch(self, names):
        """Download packages into the cache; apt verifies and resumes them."""
        run(
            ["apt-get", *self.options, "download", *names],
            cwd=self.debs,
            error=f"The archive does not offer {' '.join(names)} any more, or cannot be reached. {OTHER_ODOO}",
        )

    def cached(self, name):
        """Return the newest downloaded file of a package, or None."""
        files = sorted(self.debs.glob(f"{name}_*.deb"), key=lambda p: p.stat().st_mtime)
        return files[-1] if files else None


def fetch_odoo():
    """Download Odoo and the packages it links; return their files."""
    apt = Apt(HOST / "apt")
    names = ("odoo-19", *LINKED)
    if not all(map(apt.cached, names)):
        with step("Reading the Debian package lists"):
            apt.update()
        with step("Downloading Odoo 19 (120 MB)"):
            apt.fetch([f"{name}/stable" if name in LINKED else name for name in names])
    return [apt.cached(name) for name in names]


def ensure_odoo():
    """Have an Odoo 19 at hand; return the folder that holds `odoo/`."""
    home = odoo_home()
    if not os.environ.get("ODOO_HOME") and not home.exists():
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            raise SetupError(f"Odoo is taken from Debian's archive and this machine has no apt. {OTHER_ODOO}")
        files = fetch_odoo()
        with step("Unpacking Odoo"), whole(HOST / "odoo") as folder:
            for file in files:
                run(["dpkg-deb", "-x", file, folder], error=f"{file.name} cannot be unpacked; delete it and try again.")
            for name in DROPPED:
                path = folder / "usr/lib/python3/dist-packages/odoo" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
    check_odoo(home)
    return home


# -- Python -------------------------------------------------------------------


def find_python():
    """Return a Python that Odoo 19 supports."""
    candidates = [sys.executable, *(f"python{version}" for version in PYTHONS)]
    for candidate in filter(None, map(shutil.which, candidates)):
        probe = "import sys, ensurepip; print('%d.%d' % sys.version_info[:2])"
        done = subprocess.run([candidate, "-c", probe], capture_output=True, text=True)
        if done.stdout.strip() in PYTHONS:
            return candidate
    raise SetupError(f"Odoo 19 needs Python {', '.join(sorted(PYTHONS))} with venv; none was found.")


def ensure_python(home):
    """Have a virtual environment with Odoo, what it needs and our tools."""
    needs = [ROOT / "scripts/host-requirements.txt", ROOT / "requirements.txt", ROOT / "requirements-dev.txt"]
    wanted = digest(*needs, extra=f"{home} 2")
    stamp = VENV / "crm-suite.stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    with step("Installing the Python packages"):
        if not PYTHON.exists():
            shutil.rmtree(VENV, ignore_errors=True)
            run([find_python(), "-m", "venv", VENV], error="The Python environment cannot be made.")
        requirements = [part for path in needs for part in ("-r", path)]
        run(
            [PYTHON, "-m", "pip", "install", "--quiet", *requirements],
            log=LOGS / "pip.log",
            error="The Python packages cannot be installed (no network?).",
        )
        site = Path(run([PYTHON, "-c", "import site; print(site.getsitepackages()[0])"]).strip())
        (site / "odoo-host.pth").write_text(f"{home}\n")
        # A program of its own: the prefork server runs it again for its gevent worker.
        ODOO.write_text("import odoo.cli\n\nodoo.cli.main()\n")
        stamp.write_text(wanted)


def ensure_host():
    """Make everything ready that the suite runs on; quick when it already is."""
    HOST.mkdir(exist_ok=True)
    ensure_disk()
    ensure_system()
    home = ensure_odoo()
    ensure_python(home)
    return home


def command_line(_args):
    """Set the host up and say where it is."""
    home = ensure_host()
    say(f"Odoo 19 in {home}")


if __name__ == "__main__":
    main(command_line)
