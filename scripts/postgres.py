"""A private PostgreSQL cluster under `.host/`, for development, tests and the demo.

It listens on a Unix socket only, in a folder that only its owner may enter. A `db_host`
in odoo.conf (or PGHOST in the environment) wins: then nothing is made here.
"""

import configparser
import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from common import CONFIG, DATA, HOST, LOGS, SetupError, is_root, run, say, step
from host import find_postgres

TAG = hashlib.sha256(str(HOST).encode()).hexdigest()[:10]


def reachable(folder):
    """Tell whether another user can get to a folder: not through somebody's private one."""
    return all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents))


# Short, for a socket's path is limited to about a hundred characters.
_TEMPORARY = Path(tempfile.gettempdir())
SOCKET = (_TEMPORARY if reachable(_TEMPORARY) else Path("/tmp")) / f"crm-suite-{TAG}"
# A cluster that can be made again: speed before safety against a power cut.
SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "150",
    "shared_buffers": "512MB",
    "work_mem": "32MB",
    "max_locks_per_transaction": "256",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "10s",
}


def own_server():
    """Tell whether the user named a server of their own."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(CONFIG)
    configured = parser.get("options", "db_host", fallback="False")
    return bool(os.environ.get("PGHOST")) or configured not in ("False", "")


def server_user():
    """Return the user PostgreSQL runs as: it refuses root."""
    if not is_root():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise SetupError("PostgreSQL refuses to run as root and there is no user 'postgres' or 'nobody'.")


def as_server(user):
    """Return the arguments of a program that runs as the server's user."""
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"} if user else {}


def cluster_folder(user):
    """Return where the cluster lives: a place its user can reach."""
    if user and not reachable(HOST):
        return Path("/var/tmp") / f"crm-suite-{TAG}"
    return HOST / "postgres"


class Cluster:
    """The private cluster: make, start, stop."""

    def __init__(self):
        self.programs = find_postgres()
        if not self.programs:
            raise SetupError("There is no PostgreSQL server on this machine: apt-get install postgresql")
        self.user = server_user()
        self.folder = cluster_folder(self.user)
        self.data = self.folder / "data"
        self.socket = SOCKET

    def _run(self, program, *args, **kwargs):
        return run([self.programs / program, *args], **as_server(self.user), **kwargs)

    def _own(self, folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.user:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)

    def make(self):
        """Make the cluster, complete or not at all."""
        if (self.folder / "complete").exists():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        with step("Making a private PostgreSQL cluster"):
            self._own(self.folder)
            self._run(
                "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                log=LOGS / "initdb.log", error="PostgreSQL cannot make its cluster.",
            )  # fmt: skip
            self.start()
            self._run("psql", "-h", self.socket, "-U", "postgres", "-c", "CREATE ROLE odoo LOGIN CREATEDB", "postgres")
            (self.folder / "complete").touch()

    def configure(self):
        """Write our settings; done at each start, so that a change of ours takes effect."""
        settings = {**SETTINGS, "unix_socket_directories": f"'{self.socket}'"}
        text = "".join(f"{key} = {value}\n" for key, value in settings.items())
        path = self.data / "postgresql.auto.conf"
        path.write_text(text)
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def running(self):
        """Tell whether the server is up."""
        try:
            self._run("pg_ctl", "-D", self.data, "status")
        except SetupError:
            return False
        return True

    def start(self):
        """Start the server unless it runs."""
        if self.running():
            return
        self._own(self.socket)
        self.configure()
        log = self.folder / "server.log"
        self._run(
            "pg_ctl", "-D", self.data, "-w", "-t", "60", "-l", log, "start",
            error=f"PostgreSQL does not start; its own words are in {log}",
        )  # fmt: skip

    def stop(self, mode="fast"):
        """Stop the server; ``immediate``: without a word to anybody, as a crash would."""
        self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")


class Twin(Cluster):
    """A copy of the private cluster with all that is in it, which a test may crash."""

    def __init__(self, tag):
        super().__init__()
        self.folder = self.folder.with_name(f"postgres-{tag}")
        self.data = self.folder / "data"
        self.socket = SOCKET.with_name(f"{SOCKET.name}-{tag}")

    def make(self):
        """Copy the private cluster as it is now; it goes on running."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._own(self.folder)
        self._run("pg_basebackup", "-h", SOCKET, "-U", "postgres", "-D", self.data, "-c", "fast")

    def kill(self):
        """Kill the server and all its processes at once."""
        parent = (self.data / "postmaster.pid").read_text().split()[0]
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for pid in (parent, *children):
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        while any(_is_alive(pid) for pid in (parent, *children)):
            time.sleep(0.1)

    def drop(self):
        """Stop it if it runs, and forget it."""
        if self.running():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.socket, ignore_errors=True)

    def sql(self, statement, database):
        """Run one statement; return its rows as lists of text."""
        options = ("-X", "-A", "-t", "-F", "|", "-h", self.socket, "-U", "odoo", "-d", database, "-c", statement)
        return [line.split("|") for line in self._run("psql", *options).strip().splitlines()]


def _is_alive(pid):
    """Tell whether a process runs: one that nobody asked about yet is dead, too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def database_server():
    """Have a database server while the block runs; set what clients need to find it.

    Several commands may share the private cluster: the last one out stops it.
    """
    if own_server():
        yield
        return
    HOST.mkdir(exist_ok=True)
    with open(HOST / "postgres.lock", "w") as users, open(HOST / "postgres.start.lock", "w") as starting:
        cluster = Cluster()
        fcntl.flock(starting, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        cluster.make()
        cluster.start()
        fcntl.flock(starting, fcntl.LOCK_UN)
        os.environ.update(PGHOST=str(SOCKET), PGPORT="5432", PGUSER="odoo")
        try:
            yield
        finally:
            for name in ("PGHOST", "PGPORT", "PGUSER"):
                os.environ.pop(name, None)
            _stop_if_last(cluster, users, starting)


def _stop_if_last(cluster, users, starting):
    fcntl.flock(starting, fcntl.LOCK_EX)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    cluster.stop()


# -- databases ------------------------------------------------------------------


def sql(statement, database="postgres"):
    """Run one statement; return its rows as lines of text."""
    program = find_postgres()
    psql = program / "psql" if program else "psql"
    return run([psql, "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement]).strip()


def exists(name):
    """Tell whether a database exists."""
    return bool(sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))


def drop(name):
    """Drop a database and its files, if there."""
    for pause in (1, 3, 10, 30, None):
        try:
            sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            break
        except SetupError:  # an autovacuum worker, which only a superuser may send away; it leaves by itself
            if pause is None:
                raise
            time.sleep(pause)
    shutil.rmtree(DATA / "filestore" / name, ignore_errors=True)


def copy(source, target):
    """Make a database as a copy of another, with its files (hard links)."""
    drop(target)
    sql(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
    files = DATA / "filestore" / source
    if files.is_dir():
        shutil.copytree(files, DATA / "filestore" / target, copy_function=os.link)


def keep_statistics(name):
    """Have no table of a database vacuumed or analysed by itself.

    A test's transaction is rolled back: what autovacuum finds meanwhile are empty tables, and with "no rows" as
    its figures PostgreSQL nests loops over thousands of uncommitted ones (a chart of accounts: two minutes, not two
    seconds).
    """
    tables = "SELECT oid::regclass AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    alter = "EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off)', one.name)"
    sql(f"DO $$ DECLARE one record; BEGIN FOR one IN {tables} LOOP {alter}; END LOOP; END $$", name)


def rename(source, target):
    """Rename a database and its files."""
    drop(target)
    sql(f'ALTER DATABASE "{source}" RENAME TO "{target}"')
    files = DATA / "filestore" / source
    if files.is_dir():
        files.rename(DATA / "filestore" / target)


def drop_all(prefix):
    """Drop every database whose name starts so."""
    for name in sql(f"SELECT datname FROM pg_database WHERE datname LIKE '{prefix}%'").splitlines():
        say(f"  Dropping {name}")
        drop(name)
