"""The engine under many workers, races and kill -9."""

import time

from servers import Server, failures, in_threads, wait_for


def receive(env, number, external_id=None):
    """Keep one submission."""
    payload = {"contact_name": f"Person {number}", "email": f"person{number}@example.com", "message": "Hello"}
    return env["crm.intake"]._receive("race", "lead", payload, external_id)


def test_twenty_equal_senders_leave_one_submission(database):
    ids = in_threads(20, lambda _index: database.request(lambda env: receive(env, 1, "same").id))
    assert not failures(ids)
    assert len(set(ids)) == 1
    with database.env() as env:
        assert env["crm.intake"].search_count([("external_id", "=", "same")]) == 1


def test_four_workers_do_each_job_once(database):
    with database.env() as env:
        for number in range(100, 180):
            receive(env, number)
    assert not failures(in_threads(4, lambda _index: database.run_jobs("crm.intake")))
    with database.env() as env:
        intakes = env["crm.intake"].search([("email", "=like", "person1__@example.com")])
        assert len(intakes) == 80
        assert set(intakes.mapped("job_state")) == {"done"}
        assert set(intakes.mapped("attempts")) == {1}
        leads = env["crm.lead"].search([("partner_id", "in", intakes.partner_id.ids)])
        assert len(leads) == 80, "one lead each"


def test_killed_in_the_middle_nothing_is_lost_or_doubled(database):
    with database.env() as env:
        for number in range(1000, 1300):
            receive(env, number)
    mine = [("email", "=like", "person1___@example.com")]

    def done():
        with database.env() as env:
            return env["crm.intake"].search_count([*mine, ("job_state", "=", "done")])

    worker = database.start_jobs("crm.intake")
    wait_for(lambda: done() >= 20, "the first batches")
    worker.kill()
    worker.wait()
    assert done() < 300, "killed too late to show anything"
    time.sleep(0.5)  # PostgreSQL notices that its client is gone
    database.run_jobs("crm.intake")
    assert done() == 300
    with database.env() as env:
        leads = env["crm.lead"].search([("email_from", "=like", "person1___@example.com")])
        assert len(leads) == 300


def test_the_real_cron_picks_it_up(database):
    server = Server(database.name, workers=2, cron=1).start()
    try:
        with database.env() as env:
            env["ir.cron.trigger"].search([]).unlink()  # of the tests above, which ran no cron
            intake = receive(env, 7).id

        def done():
            with database.env() as env:
                return env["crm.intake"].browse(intake).job_state == "done"

        wait_for(done, "the cron", 90)
    finally:
        server.stop()
    assert not server.complaints()
