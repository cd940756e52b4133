"""Installed and not configured, the suite costs next to nothing: create and write of contacts and leads."""

import time

BATCH = 200
ROUNDS = 5


def _timed(env, work):
    """Return the best time in seconds and the number of queries of a piece of work."""
    best, queries = None, None
    for _round in range(ROUNDS):
        env.flush_all()
        before, start = env.cr.sql_log_count, time.perf_counter()
        work(env)
        env.flush_all()
        seconds = time.perf_counter() - start
        queries = env.cr.sql_log_count - before
        best = min(best or seconds, seconds)
    return best, queries


def _create_partners(env):
    env["res.partner"].create([{"name": f"P{n}", "email": f"p{n}@example.com"} for n in range(BATCH)])


def _create_leads(env):
    env["crm.lead"].create([{"name": f"L{n}", "type": "opportunity"} for n in range(BATCH)])


def _write_leads(env):
    env["crm.lead"].search([("name", "=like", "L%")], limit=BATCH).write({"referred": str(time.perf_counter())})


def _confirm_quotes(env):
    product = env["product.product"].create({"name": "Service", "type": "service", "list_price": 10})
    partner = env["res.partner"].create({"name": "Buyer"})
    line = [(0, 0, {"product_id": product.id})]
    env["sale.order"].create([{"partner_id": partner.id, "order_line": line} for _n in range(20)]).action_confirm()


WORK = {
    "create 200 contacts": _create_partners,
    "create 200 opportunities": _create_leads,
    "write 200 opportunities": _write_leads,
    "create and confirm 20 quotes": _confirm_quotes,
}


def measure(envs):
    """Yield one line for each piece of work: host, suite, ratio, queries more."""
    for title, work in WORK.items():
        host, host_queries = _timed(envs["host"], work)
        suite, suite_queries = _timed(envs["suite"], work)
        yield (
            f"{title:<30} host {host * 1000:7.1f} ms   suite {suite * 1000:7.1f} ms   "
            f"x{suite / host:.2f}   {suite_queries - host_queries:+d} queries"
        )
