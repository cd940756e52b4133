"""Confirming a quote costs little more with the suite than on the bare host: at most 1.15 times.

In a pipeline the acceptance also moves the opportunity and says so in its chatter: that is compared with
the host alone, and with a person who moves it there after confirming.
"""

import statistics
import time

BATCH = 20
ROUNDS = 9


def _make_quotes(env, **lead):
    """Return quotes of opportunities, as a salesperson leaves them."""
    product = env["product.product"].create({"name": "Service", "type": "service", "list_price": 10})
    partner = env["res.partner"].create({"name": "Buyer", "email": "buyer@example.com"})
    leads = env["crm.lead"].create([{"name": f"O{n}", "type": "opportunity", **lead} for n in range(BATCH)])
    line = [(0, 0, {"product_id": product.id})]
    values = [{"partner_id": partner.id, "opportunity_id": lead.id, "order_line": line} for lead in leads]
    return env["sale.order"].create(values)


def _confirm(env, move_to=None, **lead):
    """Confirm quotes one by one; return (seconds, queries) for one of them.

    :param move_to: the ``crm.stage`` a person moves the opportunity to afterwards
    """
    orders = _make_quotes(env, **lead)
    orders.write({"state": "sent"})
    env.cr.flush()
    env.invalidate_all()
    before, start = env.cr.sql_log_count, time.perf_counter()
    for order in orders:
        order.action_confirm()
        if move_to:
            order.opportunity_id.stage_id = move_to
        # With what waits for the commit, as the notes of changed fields: a savepoint would do it sooner.
        env.cr.flush()
    return (time.perf_counter() - start) / BATCH, (env.cr.sql_log_count - before) / BATCH


def _pipeline(env):
    stages = [
        (0, 0, {"name": "New", "sequence": 100}),
        (0, 0, {"name": "Agreed", "sequence": 110, "stage_event": "quote_accepted"}),
    ]
    return env["crm.pipeline"].create({"name": "Bench", "quote_revenue": True, "stage_ids": stages}).id


def measure(envs):
    """Yield one line for each way: host, suite, ratio, queries of one quote."""
    pipeline = {"pipeline_id": _pipeline(envs["suite"])}
    stage = envs["host"]["crm.stage"].create({"name": "Agreed", "sequence": 110})
    ways = {
        "confirm a quote, suite unconfigured": ({}, {}),
        "confirm a quote, opportunity in a pipeline": ({}, pipeline),
        "the same, moved by hand on the host": ({"move_to": stage}, pipeline),
    }
    for title, (on_host, on_suite) in ways.items():
        host, suite = [], []
        for _round in range(ROUNDS):  # in turns, so that a busy machine slows both down
            host.append(_confirm(envs["host"], **on_host))
            suite.append(_confirm(envs["suite"], **on_suite))
        seconds = [statistics.median(run[0] for run in runs) for runs in (host, suite)]
        queries = [runs[-1][1] for runs in (host, suite)]
        yield (
            f"{title:<44} host {seconds[0] * 1000:6.1f} ms   suite {seconds[1] * 1000:6.1f} ms   "
            f"x{seconds[1] / seconds[0]:.2f}   queries {queries[0]:.1f} -> {queries[1]:.1f}"
        )
