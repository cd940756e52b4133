"""Run the demo: `make run`, and `make reset` to start over."""

import os
import signal
import socket
import subprocess

import databases
import postgres
from common import ROOT, SetupError, main, say
from host import ensure_host

DATABASE = "crm_suite_demo"
LOGINS = (
    ("admin", "everything, settings included"),
    ("manager", "sales manager: pipelines, what came in"),
    ("sales", "salesperson"),
    ("agent", "estate agent: properties, visits, bookings"),
    ("coordinator", "coordinates the estate agents"),
    ("owner", "owner and buyer of homes, on the portal"),
    ("accountant", "accountant: the billing queue"),
    ("privacy", "privacy officer: purposes and consents"),
    ("dealer", "car dealer: sales, workshop, feedback"),
    ("dealermanager", "manager of that dealer: campaigns, set-up"),
    ("dealer2", "another dealer of the same maker"),
    ("maker", "car maker: cases, leads, recalls, campaigns"),
    ("customer", "customer: the portal, with quotes and contracts"),
)


def ensure_port(port):
    """Refuse a port that is taken, before anything else is done."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise SetupError(f"Port {port} is taken. Choose another one: make run PORT={port + 1}") from None


def ensure_demo():
    """Have the demo database, complete or not at all."""
    if postgres.exists(DATABASE):
        return
    say("Making the demo database; the next start takes seconds.")
    template = databases.demo_template()
    databases.build(DATABASE, "Copying it", lambda name: postgres.copy(template, name))


def ensure_address(port):
    """Let links in mails, and what prints fetch, lead to this port."""
    address = f"http://localhost:{port}"
    postgres.sql(f"UPDATE ir_config_parameter SET value = '{address}' WHERE key = 'web.base.url'", DATABASE)


def serve(port):
    """Serve the demo until Ctrl-C."""
    ensure_address(port)
    say(f"\n  http://127.0.0.1:{port}\n\n  Login (the password is the same word):")
    for login, role in LOGINS:
        say(f"    {login:<12} {role}")
    say("\n  Ctrl-C stops everything; the data stays. `make reset` starts over.\n")
    options = ["--http-port", str(port), "--log-level", "warn", "--db-filter", f"^{DATABASE}$"]
    # In a session of its own: Ctrl-C (or a polite kill) reaches us alone, and we stop it in order.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    server = subprocess.Popen(
        databases.odoo_command("server", *options, database=DATABASE), cwd=ROOT, start_new_session=True
    )
    try:
        return server.wait()
    except KeyboardInterrupt:
        server.terminate()
        server.wait()
        say("\nStopped.")
        return 0


def shell():
    """Open a Python shell on the demo."""
    return subprocess.call(databases.odoo_command("shell", "--no-http", database=DATABASE), cwd=ROOT)


def run_demo(args):
    """Set up, make the demo if needed, serve; with `reset`, drop the demo; with `shell`, open one."""
    port = int(os.environ.get("PORT", "8069"))
    if not args:
        ensure_port(port)
    ensure_host()
    with postgres.database_server():
        if "reset" in args:
            postgres.drop(DATABASE)
            say("The demo is gone; `make run` makes a new one.")
            return 0
        ensure_demo()
        return shell() if "shell" in args else serve(port)


if __name__ == "__main__":
    main(run_demo)
