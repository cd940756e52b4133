"""Keeping a submission is many times cheaper than making a lead at once, and working it off is no dearer."""

import time

NUMBER = 300


def _rate(work):
    start = time.perf_counter()
    for number in range(NUMBER):
        work(number)
    return NUMBER / (time.perf_counter() - start)


def measure(envs):
    """Yield lines: submissions kept per second, against leads created per second by the host."""
    env = envs["suite"]

    def receive(number):
        payload = {"contact_name": f"B{number}", "email": f"bench{number}@example.com", "message": "Hello"}
        env["crm.intake"]._receive("bench", "lead", payload, str(number))

    def create(number):
        lead = {"name": f"B{number}", "contact_name": f"B{number}", "email_from": f"host{number}@example.com"}
        envs["host"]["crm.lead"].create(lead)
        envs["host"].flush_all()

    host, kept = _rate(create), _rate(receive)
    yield f"host: lead created              {host:7.0f} /s"
    yield f"suite: submission kept          {kept:7.0f} /s   x{kept / host:.1f}"
    jobs = env["crm.intake"].search([("source", "=", "bench")])
    start = time.perf_counter()
    for job in jobs:
        job._job_attempt()
    worked = len(jobs) / (time.perf_counter() - start)
    yield f"suite: contact and lead made    {worked:7.0f} /s   x{worked / host:.1f}"
    assert set(jobs.mapped("job_state")) == {"done"}
