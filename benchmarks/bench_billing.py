"""Accepted quotes become invoices: right where the host is wrong, and how fast against the host by hand.

The host confirms, invoices and posts one by one; the suite accepts (a job is queued) and works the queue off.
"""

import time
from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError

ROUNDS, FEW, MANY = 4, 10, 50
JOBS = (1_000, 10_000)
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


# ------------------------------------------------------------
# The books
# ------------------------------------------------------------


def prepare(env):
    """Have a Spanish company; return an environment in it, with a service of 21 %."""
    company = env.ref("base.main_company")
    if not company.chart_template:
        env["account.chart.template"].try_loading("es_pymes", company=company, install_demo=False)
    env = env(context={**env.context, "tracking_disable": True, "allowed_company_ids": company.ids})
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
        for order in orders:
            order.action_confirm()
            order._create_invoices().action_post()
            env.flush_all()

    orders = quotes(env, service, number)
    return seconds(env, work)


def accept(env, orders):
    """Return the seconds to confirm, one by one."""

    def work():
        for order in orders:
            order.action_confirm()
            env.flush_all()

    return seconds(env, work)


def by_suite(env, service, number, together):
    """Return the seconds to accept and to work the queue off, one by one or in one group."""
    orders = quotes(env, service, number)
    accepted = accept(env, orders)
    jobs = orders.billing_job_ids
    worked = seconds(env, jobs._attempt_together if together else lambda: [job._job_attempt() for job in jobs])
    assert set(jobs.mapped("job_state")) == {"done"}, jobs.mapped("error_message")
    return accepted, worked


def speeds(books):
    """Return seconds for each order, host and suite in turns so that a busy machine is busy for both.

    :return: dict ``host``, ``single``, ``group`` (whole way), ``accept`` and ``confirm`` (a confirmation with and
        without a policy)
    """
    env, service = books["suite"]
    spent = dict.fromkeys(("host", "single", "group", "accept", "confirm"), 0.0)
    for _round in range(ROUNDS):
        spent["host"] += by_host(*books["host"], FEW) / FEW
        spent["single"] += sum(by_suite(env, service, FEW, together=False)) / FEW
        accepted, worked = by_suite(env, service, MANY, together=True)
        spent["group"] += (accepted + worked) / MANY
        spent["accept"] += accepted / MANY
        env["crm.billing.policy"].search([]).active = False
        spent["confirm"] += accept(env, quotes(env, service, FEW)) / FEW
        policy(env)
    return {key: value / ROUNDS for key, value in spent.items()}


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


# ------------------------------------------------------------
# Right or wrong: the measured surprises of the host
# ------------------------------------------------------------


def signed(env, service, suite):
    """X1: a signed quote is invoiced."""
    if suite:
        policy(env, trigger="signed")
    order = quote(env, service)
    order.write({"signed_by": "Ana", "signed_on": fields.Datetime.now(), "signature": PIXEL})
    order._validate_order()
    if suite:
        run(env)
    return len(order.invoice_ids) == 1, f"{len(order.invoice_ids)} invoices"


def too_much(env, service, suite):
    """X4: four down payments of 30 % are not 120 %."""
    if suite:
        policy(env, line_ids=[Command.create({"name": "Part", "percent": 30}) for _part in range(3)])
    order = quote(env, service, [1000])
    order.action_confirm()
    if suite:
        run(env)
        run(env)
        run(env)
        run(env)
    else:
        for _part in range(4):
            wizard = env["sale.advance.payment.inv"].create(
                {"advance_payment_method": "percentage", "amount": 30, "sale_order_ids": [Command.set(order.ids)]}
            )
            wizard._create_invoices(order)
    share = round(100 * sum(order.invoice_ids.mapped("amount_total")) / order.amount_total)
    return share == 100, f"{share} % invoiced"


def locked(env, service, suite):
    """X7: a closed period is said, not silently another date."""
    day = fields.Date.context_today(env["sale.order"]) - timedelta(days=60)
    env.company.sale_lock_date = day + timedelta(days=20)
    order = quote(env, service)
    if suite:
        policy(env, invoice_date_rule="due")
        order.action_confirm()
        order.billing_job_ids.due_on = day
        run(env)
        job = order.billing_job_ids
        return job.error_code == "E_LOCK", f"stopped: {job.error_code}"
    order.action_confirm()
    invoice = order._create_invoices()
    invoice.invoice_date = day
    invoice.action_post()
    return invoice.date == day, f"posted on {invoice.date} instead of {day}"


def changed(env, service, suite):
    """X9: what is changed after the acceptance is seen."""
    order = quote(env, service, [100])
    if suite:
        policy(env)
        order.action_confirm()
        order.order_line.price_unit = 250
        run(env)
        return order.billing_job_ids.error_code == "E_CHANGED", f"stopped: {order.billing_job_ids.error_code}"
    order.action_confirm()
    invoice = order._create_invoices()
    order.order_line.price_unit = 250
    same = order.amount_total == invoice.amount_total
    return same, f"order {order.amount_total}, invoice {invoice.amount_total}, status {order.invoice_status}"


def credited(env, service, suite):
    """X10: a credit note is the last word."""
    if suite:
        policy(env)
    order = quote(env, service)
    order.action_confirm()
    if suite:
        run(env)
        order.invoice_ids._reverse_moves(cancel=True)
        order.billing_acceptance_ids._enqueue_due()
        run(env)
        return len(order.invoice_ids) == 2, f"{len(order.invoice_ids)} documents"
    order._create_invoices().action_post()
    order.invoice_ids._reverse_moves(cancel=True)
    return order.invoice_status != "to invoice", f"status {order.invoice_status}"


def terms(env, service, suite):
    """X11: two payment terms are two invoices."""
    partner = env["res.partner"].create({"name": "Customer"}).id
    named = env["account.payment.term"].search([], limit=2)
    orders = env["sale.order"].concat(
        *(quote(env, service, partner_id=partner, payment_term_id=term.id) for term in named)
    )
    if suite:
        policy(env, grouping_rule="customer")
        orders.action_confirm()
        run(env)
    else:
        orders.action_confirm()
        orders._create_invoices()
    return len(orders.invoice_ids) == 2, f"{len(orders.invoice_ids)} invoices"


def credit_limit(env, service, suite):
    """X12: a credit limit holds where that is wanted."""
    env.company.account_use_credit_limit = True
    partner = env["res.partner"].create({"name": "Customer", "credit_limit": 10})
    order = quote(env, service, partner_id=partner.id)
    if suite:
        policy(env, credit_rule="hold")
        order.action_confirm()
        run(env)
        return order.billing_job_ids.error_code == "E_CREDIT", f"stopped: {order.billing_job_ids.error_code}"
    order.action_confirm()
    order._create_invoices().action_post()
    return not order.invoice_ids, "confirmed, invoiced, posted"


def receivables(env, service, suite):
    """X13: a salesperson sees what the customer owes."""
    user = env["res.users"].create(
        {
            "name": "Seller",
            "login": f"bench seller {suite}",
            "group_ids": [Command.link(env.ref("sales_team.group_sale_salesman").id)],
        }
    )
    partner = env["res.partner"].create({"name": "Customer"}).with_user(user)
    try:
        found = partner.crm_receivables()[0]["open"] if suite else partner.credit
    except AccessError:
        return False, "AccessError"
    return found == 0, "readable"


def stray_cent(env, service, suite):
    """X15: 30 % and the rest are two invoices, without a credit note of a cent."""
    order = quote(env, service, [119.88])
    if suite:
        policy(env, deposit_percent=30)
        order.action_confirm()
        run(env)
        run(env)
    else:
        order.action_confirm()
        for share in (30, 70):
            wizard = env["sale.advance.payment.inv"].create(
                {"advance_payment_method": "percentage", "amount": share, "sale_order_ids": [Command.set(order.ids)]}
            )
            wizard._create_invoices(order)
        order._create_invoices(final=True)
    amounts = [move.amount_total_signed for move in order.invoice_ids.sorted("id")]
    right = all(amount > 0 for amount in amounts) and round(sum(amounts), 2) == order.amount_total
    return right, " + ".join(map(str, amounts))


SCENARIOS = (signed, too_much, locked, changed, credited, terms, credit_limit, receivables, stray_cent)


def compare(envs, scenario):
    """Return the line of a scenario: right or wrong, host and suite."""
    words = []
    for key in ("host", "suite"):
        env, service = envs[key]
        savepoint = env.cr.savepoint()
        right, what = scenario(env, service, key == "suite")
        env.flush_all()
        savepoint.close(rollback=True)
        env.invalidate_all()
        words.append(f"{key} {'right' if right else 'WRONG'} ({what})")
    return f"{scenario.__doc__.splitlines()[0]:62} {'; '.join(words)}"


def measure(envs):
    """Yield a table of right and wrong, then the speeds as ratios to the host."""
    books = {key: prepare(env) for key, env in envs.items()}
    for scenario in SCENARIOS:
        yield compare(books, scenario)
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
