"""Accepted quotes become invoices: how fast, against the host by hand.

By hand a person confirms, invoices and posts: three requests. The suite accepts (a job is queued) and works the queue
off. What is a transaction of its own in life is a savepoint here, and begins with nothing remembered, on both sides.
Who is right and who is wrong is in bench_billing_peers.
"""

import time
from contextlib import contextmanager
from statistics import median

from odoo import Command

ROUNDS, FEW, MANY = 7, 10, 50
JOBS = (1_000, 10_000)


# ------------------------------------------------------------
# The books
# ------------------------------------------------------------


def prepare(env):
    """Have a Spanish company; return an environment in it, with a service of 21 %."""
    company = env.ref("base.main_company")
    if not company.chart_template:
        env["account.chart.template"].try_loading("es_pymes", company=company, install_demo=False)
    context = {"lang": "en_US", "allowed_company_ids": company.ids}
    env = env(context={**env.context, **context})
    tax = env["account.tax"].create({"name": "Bench 21 %", "amount": 21, "type_tax_use": "sale"})
    service = env["product.product"].create(
        {"name": "Advice", "type": "service", "invoice_policy": "order", "taxes_id": [Command.set(tax.ids)]}
    )
    return env, service


def quote(env, service, prices=(100, 250, 33.33), **values):
    """Return a quote, one line for each price."""
    partner = values.pop("partner_id", False) or env["res.partner"].create({"name": "Customer"}).id
    lines = [Command.create({"product_id": service.id, "price_unit": price}) for price in prices]
    return env["sale.order"].create(
        {"partner_id": partner, "require_signature": False, "require_payment": False, "order_line": lines, **values}
    )


def quotes(env, service, number):
    """Return many quotes, written to the database."""
    orders = env["sale.order"].concat(*(quote(env, service) for _number in range(number)))
    env.flush_all()
    return orders


def seconds(env, work):
    """Return how long some work takes, written to the database."""
    start = time.perf_counter()
    work()
    env.flush_all()
    return time.perf_counter() - start


@contextmanager
def transaction(env):
    """Imitate a transaction: nothing is remembered from before, everything is written at the end.

    Who works in it takes one record, as a request does: what is read with it belongs to that record alone.
    """
    env.invalidate_all()
    with env.cr.savepoint():
        yield
        env.cr.flush()  # as before a commit: what changed is noted on the records as well


def alone(records):
    """Return records one by one, none of them read with the others."""
    return [record.with_prefetch() for record in records]


def policy(env, **values):
    """Have one billing policy and no other."""
    env["crm.billing.policy"].search([]).active = False
    return env["crm.billing.policy"].create({"name": "Bench", "trigger": "confirmed", "mode": "post", **values})


def run(env):
    """Do what is due; in one transaction, for nothing of a benchmark is kept."""
    jobs = env["crm.billing.job"]
    for job in jobs.search([*jobs._job_due_domain(), ("order_id.company_id", "=", env.company.id)]):
        job._job_attempt()


# ------------------------------------------------------------
# Speed
# ------------------------------------------------------------


def by_host(env, service, number):
    """Return the seconds by hand: confirm, invoice, post, one by one."""

    def work():
        for order in alone(orders):
            with transaction(env):
                order.action_confirm()
            with transaction(env):
                invoice = order._create_invoices()
            with transaction(env):
                invoice.action_post()

    orders = quotes(env, service, number)
    return seconds(env, work)


def accept(env, orders):
    """Return the seconds to confirm, one by one."""

    def work():
        for order in alone(orders):
            with transaction(env):
                order.action_confirm()

    return seconds(env, work)


def work_off(env, jobs):
    """Do jobs together, or those of a list one by one."""
    if not isinstance(jobs, list):
        with transaction(env):
            return jobs._attempt_together()
    for job in alone(jobs):
        with transaction(env):
            job._job_attempt()
    return None


def by_suite(env, service, number, together):
    """Return the seconds to accept and to work the queue off, one by one or in one group."""
    orders = quotes(env, service, number)
    accepted = accept(env, orders)
    jobs = orders.billing_job_ids
    worked = seconds(env, lambda: work_off(env, jobs if together else list(jobs)))
    assert set(jobs.mapped("job_state")) == {"done"}, jobs.mapped("error_message")
    return accepted, worked


def speeds(books):
    """Return the median seconds for each order, host and suite in turns so that a busy machine is busy for both.

    :return: dict ``host``, ``single``, ``group`` (whole way), ``accept`` and ``confirm`` (a confirmation with and
        without a policy)
    """
    env, service = books["suite"]
    spent = {key: [] for key in ("host", "single", "group", "accept", "confirm")}
    for _round in range(ROUNDS):
        spent["host"].append(by_host(*books["host"], FEW) / FEW)
        accepted, worked = by_suite(env, service, FEW, together=False)
        spent["single"].append((accepted + worked) / FEW)
        spent["accept"].append(accepted / FEW)
        spent["group"].append(sum(by_suite(env, service, MANY, together=True)) / MANY)
        env["crm.billing.policy"].search([]).active = False
        spent["confirm"].append(accept(env, quotes(env, service, FEW)) / FEW)
        policy(env)
    return {key: median(values) for key, values in spent.items()}


def claiming(env, service):
    """Yield the milliseconds to claim the next job of a queue, for each length."""
    order = quote(env, service)
    order.action_confirm()
    jobs, have = env["crm.billing.job"], 0
    for length in JOBS:
        jobs.create(
            [
                {"idem_key": f"bench:{n}", "op": "accept", "order_id": order.id, "company_id": env.company.id}
                for n in range(have, length)
            ]
        )
        env.flush_all()
        env.cr.execute("ANALYZE crm_billing_job")
        have = length
        yield length, 1000 * min(seconds(env, lambda: jobs._job_claim(1)) for _try in range(20))


def measure(envs):
    """Yield the speeds, as ratios to the host."""
    books = {key: prepare(env) for key, env in envs.items()}
    env, service = books["suite"]
    policy(env)
    spent = speeds(books)
    host = spent["host"]
    yield f"host: confirm, invoice, post by hand     {1 / host:7.1f} /s"
    yield f"suite: accept and invoice, one by one    {1 / spent['single']:7.1f} /s   x{host / spent['single']:.2f}"
    yield f"suite: accept and invoice, in groups     {1 / spent['group']:7.1f} /s   x{host / spent['group']:.2f}"
    more, plain = 1000 * (spent["accept"] - spent["confirm"]), 1000 * spent["confirm"]
    yield f"suite: a policy adds to an acceptance    {more:7.1f} ms   (confirmation alone {plain:.1f} ms)"
    for length, milliseconds in claiming(env, service):
        yield f"suite: next job of {length:6d}                 {milliseconds:7.2f} ms"
