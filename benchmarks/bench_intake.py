"""Keeping a submission is many times cheaper than making a lead at once; working it off is no dearer."""

import time

NUMBER = 300
BATCH = 100


def _rate(work, number=NUMBER):
    start = time.perf_counter()
    work()
    return number / (time.perf_counter() - start)


def _lead(name):
    return {"name": name, "contact_name": name, "email_from": f"{name}@example.com"}


def _create_alone(env):
    """As the host does with each mail or form: one transaction, one lead, no contact."""
    for number in range(NUMBER):
        env["crm.lead"].create(_lead(f"alone{number}"))
        env.flush_all()


def _create_with_contact(env):
    """As the host does with what the worker of the suite does: contact and lead."""
    for number in range(NUMBER):
        lead = env["crm.lead"].create(_lead(f"both{number}"))
        lead._handle_partner_assignment(create_missing=True)
        env.flush_all()


def _receive(env):
    for number in range(NUMBER):
        payload = {"contact_name": f"B{number}", "email": f"bench{number}@example.com", "message": "Hello"}
        env["crm.intake"]._receive("bench", "lead", payload, str(number))


def _work_off(env):
    jobs = env["crm.intake"].search([("source", "=", "bench")])
    for start in range(0, NUMBER, BATCH):
        jobs[start : start + BATCH]._job_attempt_many()
        env.flush_all()
    assert set(jobs.mapped("job_state")) == {"done"}


def measure(envs):
    """Yield lines: submissions kept and worked off per second, against leads the host creates per second."""
    host, env = envs["host"], envs["suite"]
    alone, both = _rate(lambda: _create_alone(host)), _rate(lambda: _create_with_contact(host))
    yield f"host: lead created                {alone:7.0f} /s"
    yield f"host: contact and lead created    {both:7.0f} /s   x{both / alone:.1f}"
    kept = _rate(lambda: _receive(env))
    yield f"suite: submission kept            {kept:7.0f} /s   x{kept / alone:.1f}"
    before = env.cr.sql_log_count
    worked = _rate(lambda: _work_off(env))
    queries = (env.cr.sql_log_count - before) / NUMBER
    yield f"suite: contact and lead made      {worked:7.0f} /s   x{worked / alone:.1f}   {queries:.1f} queries each"
