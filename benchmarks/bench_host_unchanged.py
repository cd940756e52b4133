"""Installed, the suite costs next to nothing: create and write of contacts, leads and quotes.

Measured is the time of the processor in Python, which a busy machine does not change, and the number of queries. Host
and suite take turns; the best round of each counts. Besides the suite as it is installed, it is measured configured: a
pipeline with a loop, a source, the rules of the portfolio.
"""

import time

BATCH = 200
ROUNDS = 7


def _timed(env, work, subject):
    """Return the processor's time in seconds and the number of queries of a piece of work."""
    env.flush_all()
    env.invalidate_all()
    before, start = env.cr.sql_log_count, time.process_time()
    work(env, subject)
    env.flush_all()
    return time.process_time() - start, env.cr.sql_log_count - before


def _create_partners(env, _subject):
    env["res.partner"].create([{"name": f"P{n}", "email": f"p{n}@example.com"} for n in range(BATCH)])


def _create_leads(env, subject):
    env["crm.lead"].create([{"name": f"L{n}", "type": "opportunity", **subject["lead"]} for n in range(BATCH)])


def _write_partners(env, subject):
    subject["partners"].write({"ref": str(time.perf_counter())})


def _write_leads(env, subject):
    subject["leads"].write({"referred": str(time.perf_counter())})


def _move_leads(env, subject):
    lead = subject["leads"][0]
    stages = subject["stages"]
    subject["leads"].write({"stage_id": stages[(list(stages.ids).index(lead.stage_id.id) + 1) % 2].id})


def _confirm_quotes(env, subject):
    line = [(0, 0, {"product_id": subject["product"].id})]
    order = {"partner_id": subject["partners"][0].id, "order_line": line}
    env["sale.order"].create([order for _n in range(20)]).action_confirm()


WORK = {
    "create 200 contacts": _create_partners,
    "write 200 contacts": _write_partners,
    "create 200 opportunities": _create_leads,
    "write 200 opportunities": _write_leads,
    "move 200 opportunities": _move_leads,
    "create and confirm 20 quotes": _confirm_quotes,
}


def _prepare(env, **lead):
    """Return what the work is done on."""
    pipeline = lead.get("pipeline_id")
    domain = [("pipeline_id", "=", pipeline)] if pipeline else [("team_ids", "=", False), ("is_won", "=", False)]
    return {
        "lead": lead,
        "partners": env["res.partner"].create([{"name": f"S{n}"} for n in range(BATCH)]),
        "leads": env["crm.lead"].create([{"name": f"S{n}", "type": "opportunity", **lead} for n in range(BATCH)]),
        "stages": env["crm.stage"].search(domain, limit=2),
        "product": env["product.product"].create({"name": "Service", "type": "service", "list_price": 10}),
    }


def _configure(env):
    """Return the subject of a suite that is used: a process with a loop, a source, the portfolio's rules."""
    env.ref("crm_core.res_partner_rule_own_portfolio").active = True
    env.ref("crm_core.res_partner_rule_all_portfolios").active = True
    env["crm.intake.source"].create({"name": "Fair", "code": "fair", "dedup_policy": "strict"})
    # As far from won as the host's own first two stages, with a gate.
    name = env["ir.model.fields"]._get("crm.lead", "name")
    talk = {"name": "Talk", "sequence": 150, "gate_mode": "warn", "required_field_ids": [(4, name.id)]}
    pipeline = env["crm.pipeline"].create({"name": "Sale", "loop_policy": "suggest"})
    pipeline.stage_ids = [(0, 0, talk)]
    return _prepare(env, pipeline_id=pipeline.id)


def _compare(envs, subjects):
    """Yield one line for each piece of work: host, suite, ratio, queries more."""
    for title, work in WORK.items():
        best = {}
        for _round in range(ROUNDS):
            for key in ("host", "suite"):
                seconds, queries = _timed(envs[key], work, subjects[key])
                best[key] = min(best.get(key, (seconds, queries)), (seconds, queries))
        (host, host_queries), (suite, suite_queries) = best["host"], best["suite"]
        yield (
            f"{title:<30} host {host * 1000:7.1f} ms   suite {suite * 1000:7.1f} ms   "
            f"x{suite / host:.2f}   {suite_queries - host_queries:+d} queries"
        )


def measure(envs):
    """Yield the lines of the suite as installed, then as configured."""
    subjects = {key: _prepare(env) for key, env in envs.items()}
    yield "as installed"
    yield from _compare(envs, subjects)
    yield "configured"
    yield from _compare(envs, {**subjects, "suite": _configure(envs["suite"])})
