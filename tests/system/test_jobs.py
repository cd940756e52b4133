"""The engine under many workers, races and kill -9."""

import subprocess
import threading
import time

import odoo
from odoo.modules.registry import Registry
from odoo.service.model import retrying

from common import ROOT
from databases import odoo_command
from servers import Server, wait_for


def receive(env, number, external_id=None):
    payload = {"contact_name": f"Person {number}", "email": f"person{number}@example.com", "message": "Hello"}
    return env["crm.intake"]._receive("race", "lead", payload, external_id)


def in_threads(count, work):
    """Run work(index) in so many threads at once; return what they raised."""
    barrier, errors = threading.Barrier(count), []

    def run(index):
        barrier.wait()
        try:
            work(index)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            errors.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_twenty_equal_senders_leave_one_submission(database):
    registry = Registry(database.name)
    ids = []

    def send(_index):
        with registry.cursor() as cr:
            env = odoo.api.Environment(cr, odoo.SUPERUSER_ID, {})
            ids.append(retrying(lambda: receive(env, 1, "same").id, env))

    errors = in_threads(20, send)
    assert not errors
    assert len(ids) == 20 and len(set(ids)) == 1
    with database.env() as env:
        assert env["crm.intake"].search_count([("external_id", "=", "same")]) == 1


def work_off(name):
    """Run the cron's method in a process of its own, as a cron worker does."""
    with Registry(name).cursor() as cr:
        odoo.api.Environment(cr, odoo.SUPERUSER_ID, {})["crm.intake"]._cron_run_jobs()


def test_four_workers_do_each_job_once(database):
    with database.env() as env:
        for number in range(100, 180):
            receive(env, number)
    errors = in_threads(4, lambda _index: work_off(database.name))
    assert not errors
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

    worker = subprocess.Popen(
        odoo_command("shell", "--no-http", database=database.name), stdin=subprocess.PIPE, cwd=ROOT
    )
    worker.stdin.write(b"env['crm.intake']._cron_run_jobs()\n")
    worker.stdin.close()
    wait_for(lambda: done() >= 20, "the first batches")
    worker.kill()
    worker.wait()
    assert done() < 300, "killed too late to show anything"
    time.sleep(0.5)  # PostgreSQL notices that its client is gone
    work_off(database.name)
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

        wait_for(done, "the cron", 30)
    finally:
        server.stop()
    assert not server.complaints()
