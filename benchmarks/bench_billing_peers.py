"""Two peers of the Odoo community at the same tasks, fetched for the occasion and thrown away after it.

`sale_automatic_workflow` invoices what is "to invoice"; `sale_invoice_plan` cuts an order by quantities. Both are
AGPL: they are never part of the project, and the benchmark says so and ends when they cannot be fetched.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from bench_billing import policy, prepare, quote, run

import odoo
from odoo import Command
from odoo.exceptions import UserError
from odoo.modules.registry import Registry

import databases
import postgres

WHEELS = ("odoo-addon-sale-automatic-workflow", "odoo-addon-sale-invoice-plan")
PEERS = ["sale_automatic_workflow", "sale_invoice_plan"]
ORDERS = 25
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


def random_orders(env, service):
    """Return the same orders each time: one to three lines, quantities and prices as people sell."""
    dice = random.Random(7)
    orders = []
    for _order in range(ORDERS):
        lines = [
            Command.create(
                {
                    "product_id": service.id,
                    "product_uom_qty": dice.choice([1, 2, 3, 5]),
                    "price_unit": round(dice.uniform(20, 900), 2),
                }
            )
            for _line in range(dice.randrange(1, 4))
        ]
        orders.append(quote(env, service, order_line=lines))
    return orders


def by_plan(env, service):
    """Invoice each order in three parts with the peer's wizards; return how many end right, wrong, with an error."""
    right = wrong = errors = 0
    for order in random_orders(env, service):
        savepoint = env.cr.savepoint()
        try:
            order.use_invoice_plan = True
            order.create_invoice_plan(3, "2026-01-01", 1, "month", False)
            order.action_confirm()
            wizard = env["sale.make.planned.invoice"].with_context(active_id=order.id, active_ids=order.ids)
            wizard.with_context(all_remain_invoices=True).create({}).create_invoices_by_plan()
            total = sum(order.invoice_ids.mapped("amount_total"))
            same = not order.currency_id.compare_amounts(total, order.amount_total)
            right, wrong = right + same, wrong + (not same)
        except UserError:
            errors += 1
        savepoint.close(rollback=True)
        env.invalidate_all()
    return right, wrong, errors


def by_suite(env, service):
    """Invoice the same orders in three parts; return how many end right, wrong, with an error."""
    policy(env, line_ids=[Command.create({"name": "Part", "percent": 33.33}) for _part in range(2)])
    orders = random_orders(env, service)
    for order in orders:
        order.action_confirm()
    for _part in range(3):
        run(env)
    right = 0
    for order in orders:
        total = sum(order.invoice_ids.mapped("amount_total"))
        right += not order.currency_id.compare_amounts(total, order.amount_total)
    errors = sum(set(order.billing_job_ids.mapped("job_state")) != {"done"} for order in orders)
    return right, ORDERS - right - errors, errors


def by_workflow(env, service):
    """Let the peer confirm, invoice and post; return seconds for each order, and documents after a credit note."""
    process = env.ref("sale_automatic_workflow.automatic_validation")
    orders = env["sale.order"].concat(*(quote(env, service, workflow_process_id=process.id) for _order in range(FEW)))
    env.flush_all()
    start = time.perf_counter()
    env["automatic.workflow.job"].run()
    env.flush_all()
    spent = (time.perf_counter() - start) / FEW
    order = orders[0]
    order.invoice_ids._reverse_moves(cancel=True)
    env["automatic.workflow.job"].run()
    return spent, len(order.invoice_ids), set(orders.invoice_ids.mapped("state"))


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
                yield from compare(odoo.api.Environment(cr, odoo.SUPERUSER_ID, {}), envs["suite"])
                cr.rollback()
        finally:
            odoo.sql_db.close_db(name)
            postgres.drop(name)


def compare(peer_env, suite_env):
    """Yield the lines of the comparison."""
    peer, service = prepare(peer_env)
    suite, suite_service = prepare(suite_env)
    line = "{:42} {} right, {} wrong, {} refused"
    yield line.format(f"{ORDERS} orders in three parts: invoice plan", *by_plan(peer, service))
    yield line.format(f"{ORDERS} orders in three parts: suite", *by_suite(suite, suite_service))
    spent, documents, states = by_workflow(peer, service)
    verdict = "right" if documents == 2 else "WRONG: invoiced again"
    yield f"credit note, then its cron: workflow        {documents} documents, {verdict}"
    yield f"workflow: confirm, invoice, post           {1 / spent:7.1f} /s ({', '.join(sorted(states))})"
