"""Who is right and who is wrong: the host, two peers of the Odoo community, the suite, in X1 to X18.

The peers are fetched for the occasion and thrown away after it. `sale_automatic_workflow` invoices what
is "to invoice"; `sale_invoice_plan` cuts an order by quantities. Both are AGPL: they are never part of the project, and
the benchmark says so and ends when they cannot be fetched.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

from bench_billing import policy, prepare, quote
from billing_scenarios import SCENARIOS, ask
from billing_ways import Host, Plan, Suite, Workflow

import odoo
from odoo import Command
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying

import databases
import postgres

WHEELS = ("odoo-addon-sale-automatic-workflow", "odoo-addon-sale-invoice-plan")
PEERS = ["sale_automatic_workflow", "sale_invoice_plan"]
FEW = 15


def fetch(folder):
    """Download and unpack the peers; return the folder of their addons, or None."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), *WHEELS]
    if subprocess.run(command, capture_output=True, check=False, timeout=120).returncode:
        return None
    for wheel in folder.glob("*.whl"):
        zipfile.ZipFile(wheel).extractall(folder)
    return folder / "odoo" / "addons"


def install(addons, name):
    """Install the peers on a copy of the host's database."""
    odoo.addons.__path__.append(str(addons))
    with Registry(name).cursor() as cr:
        env = odoo.api.Environment(cr, odoo.SUPERUSER_ID, {})
        env["ir.module.module"].update_list()
        env["ir.module.module"].search([("name", "in", PEERS)]).button_install()
    return Registry.new(name, update_module=True)


# ------------------------------------------------------------
# At the same time
# ------------------------------------------------------------


def at_once(name, number, work):
    """Do work(env, index) in so many transactions at once, each run again by the host when it must."""
    barrier = threading.Barrier(number)

    def one(index):
        with Registry(name).cursor() as cr:
            env = odoo.api.Environment(cr, odoo.SUPERUSER_ID, {})
            env.cr.execute("SELECT 1")  # the snapshot is taken before anybody begins
            barrier.wait()
            with contextlib.suppress(UserError):
                retrying(lambda: work(env, index), env)

    threads = [threading.Thread(target=one, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def race(env, service, number, work, prices=(1000,)):
    """Let several do the same with a confirmed order; return its invoices in percent of its total."""
    order = quote(env, service, prices)
    order.action_confirm()
    env.cr.commit()
    at_once(env.cr.dbname, number, lambda other, _index: work(other["sale.order"].browse(order.id)))
    env.cr.commit()
    env.invalidate_all()
    return round(100 * sum(order.invoice_ids.mapped("amount_total")) / order.amount_total), len(order.invoice_ids)


def part(order):
    """Invoice 30 % of an order."""
    return Host(order.env, None).down_payment(order, "percentage", 30)


def work_off(order):
    """Work the queue off as a cron worker does."""
    order.env["crm.billing.job"]._cron_run_jobs()


def races(books):
    """Yield what comes of doing it at once; this commits, for nothing else would be seen by others."""
    host, suite = books["host"], books["suite"]
    share, number = race(*host, 2, lambda order: order._create_invoices())
    yield f"X2: two invoice an order at once                             host: {number} invoice, {share} %"
    share, number = race(*host, 2, part)
    yield f"X3: two invoice 30 % at once                                 host: {number} invoices, {share} %"
    policy(suite[0], line_ids=[Command.create({"name": "Part", "percent": 30})], final_due="manual")
    share, number = race(*suite, 2, work_off)
    yield f"X3: two workers, a part of 30 %                              suite: {number} invoice, {share} %"
    policy(suite[0])
    results = [race(*suite, 6, work_off) for _order in range(12)]
    right = sum(result == (100, 1) for result in results)
    yield f"X18: six workers on one job, twelve times                    suite: {right} of 12 have one invoice"


def by_workflow(env, service):
    """Let the peer confirm, invoice and post; return seconds for each order."""
    orders = env["sale.order"].concat(*(quote(env, service) for _order in range(FEW)))
    env.flush_all()
    start = time.perf_counter()
    Workflow(env, service).run(orders)
    env.flush_all()
    return (time.perf_counter() - start) / FEW


def measure(envs):
    """Yield what the peers and the suite make of the same orders."""
    name = f"suite_bench_peers_{os.getpid()}"
    with tempfile.TemporaryDirectory() as folder:
        addons = fetch(Path(folder))
        if not addons:
            yield "the peers could not be fetched: skipped"
            return
        postgres.copy(databases.host_template(), name)
        try:
            with install(addons, name).cursor() as cr:
                yield from compare(odoo.api.Environment(cr, odoo.SUPERUSER_ID, {}), envs)
                cr.rollback()
        finally:
            odoo.sql_db.close_db(name)
            postgres.drop(name)


def compare(peer_env, envs):
    """Yield a line for each scenario, then the speed of the peer, then the races."""
    books = {key: prepare(env) for key, env in envs.items()}
    peer = prepare(peer_env)
    ways = (Host(*books["host"]), Workflow(*peer), Plan(*peer), Suite(*books["suite"]))
    for scenario in SCENARIOS:
        yield f"{scenario.__doc__:60} " + "; ".join(ask(way, scenario) for way in ways)
    speed = 1 / by_workflow(*peer)
    yield f"X17: workflow: confirm, invoice, post {speed:7.1f} /s; the others are in bench_billing"
    yield from races(books)
