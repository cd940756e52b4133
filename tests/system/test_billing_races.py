"""Accepted quotes under races and kill -9: one acceptance, one invoice, whatever happens at once."""

import os
import signal
from functools import partial

import pytest

import odoo
from odoo.tools import mute_logger

import postgres
from servers import Server, failures, in_threads, wait_for

PIXEL = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def prepare(env, **policy):
    """Have a Spanish company that invoices and a policy; return a product."""
    company = env.ref("base.main_company")
    if not company.chart_template:
        env["account.chart.template"].try_loading("es_pymes", company=company, install_demo=False)
    env["crm.billing.policy"].search([]).active = False
    env["crm.billing.policy"].create({"name": "Race", "trigger": "confirmed", "mode": "post", **policy})
    return env["product.product"].search([("default_code", "=", "RACE")]) or env["product.product"].create(
        {"name": "Reservation", "default_code": "RACE", "type": "service", "list_price": 1000}
    )


def quote(env, product, number, **values):
    """Make one quote of 1000 plus taxes."""
    partner = env["res.partner"].create({"name": f"Race {number}", "email": f"race{number}@example.com"})
    return env["sale.order"].create(
        {
            "partner_id": partner.id,
            "require_signature": True,
            "order_line": [odoo.fields.Command.create({"product_id": product.id, "price_unit": 1000 + number})],
            **values,
        }
    )


def check_once(env, orders):
    """Every order has one acceptance and posted invoices of exactly what was accepted."""
    for order in orders:
        assert len(order.billing_acceptance_ids) == 1, order.name
        assert set(order.billing_job_ids.mapped("job_state")) == {"done"}, order.billing_job_ids.mapped("error_message")
        assert set(order.invoice_ids.mapped("state")) == {"posted"}
        billed = sum(order.invoice_ids.mapped("amount_total"))
        assert not order.currency_id.compare_amounts(billed, order.amount_total), order.name
        parts = order.billing_acceptance_ids.installment_ids
        assert len(order.invoice_ids) == len(parts)
        assert order.invoice_ids.billing_installment_id == parts
    assert not any(orders.invoice_ids.mapped("made_sequence_gap")), "the numbers have no holes"


# The five losers of the race are retried by the host, which logs it.
@mute_logger("odoo.sql_db", "odoo.service.model", "odoo.addons.base.models.ir_actions_report")
def test_six_customers_sign_the_same_quote(database):
    with database.env() as env:
        order = quote(env, prepare(env, trigger="signed"), 1)
        order.action_quotation_sent()
        order_id = order.id

    def sign(index):
        def accept(env):
            order = env["sale.order"].browse(order_id)
            if order._has_to_be_signed():  # what the portal asks before it writes
                order.write({"signed_by": f"Ana {index}", "signed_on": odoo.fields.Datetime.now(), "signature": PIXEL})
                order._validate_order()

        return database.request(accept)

    assert not failures(in_threads(6, sign))
    with database.env() as env:
        order = env["sale.order"].browse(order_id)
        assert len(order.billing_acceptance_ids) == len(order.billing_job_ids) == 1
        assert order.billing_acceptance_ids.signer == order.signed_by
    database.run_jobs("crm.billing.job")
    with database.env() as env:
        check_once(env, env["sale.order"].browse(order_id))


def test_six_workers_on_one_job(database):
    for number in range(10, 15):
        with database.env() as env:
            order = quote(env, prepare(env), number)
            order.action_confirm()
            order_id = order.id
        assert not failures(in_threads(6, lambda _index: database.run_jobs("crm.billing.job")))
        with database.env() as env:
            check_once(env, env["sale.order"].browse(order_id))


def test_six_workers_on_many_instalments(database):
    with database.env() as env:
        product = prepare(env, line_ids=[
            odoo.fields.Command.create({"name": "A", "percent": 33.33}),
            odoo.fields.Command.create({"name": "B", "percent": 33.33}),
        ])  # fmt: skip
        orders = env["sale.order"].concat(*(quote(env, product, number) for number in range(20, 32)))
        orders.action_confirm()
        ids = orders.ids
    assert not failures(in_threads(6, lambda _index: database.run_jobs("crm.billing.job")))
    database.run_jobs("crm.billing.job")
    with database.env() as env:
        jobs = env["sale.order"].browse(ids).billing_job_ids
        # A number taken at the same moment is tried again later; nothing is lost or doubled.
        jobs.filtered(lambda job: job.job_state == "retry").next_attempt_at = odoo.fields.Datetime.now()
    for _round in range(3):
        database.run_jobs("crm.billing.job")
    with database.env() as env:
        check_once(env, env["sale.order"].browse(ids))


def test_killed_worker(database):
    with database.env() as env:
        product = prepare(env, deposit_percent=10)
        orders = env["sale.order"].concat(*(quote(env, product, number) for number in range(100, 130)))
        orders.action_confirm()
        ids = orders.ids

    def posted():
        with database.env() as env:
            return len(env["sale.order"].browse(ids).invoice_ids)

    worker = database.start_jobs("crm.billing.job")
    wait_for(lambda: posted() >= 5, "the first invoices", 120)
    worker.kill()
    worker.wait()
    assert posted() < 60, "killed too late to show anything"
    wait_for(lambda: database.run_jobs("crm.billing.job") or posted() == 60, "the rest", 180)
    with database.env() as env:
        check_once(env, env["sale.order"].browse(ids))


STEPS = (
    ("crm.billing.job", "_lock_rows"),
    ("crm.billing.job", "_check_all"),
    ("crm.billing.job", "_create_invoice"),
    ("crm.billing.job", "_check_invoice"),
    ("crm.billing.job", "_post_invoices"),
    ("crm.billing.job", "_finish_invoice"),
    ("crm.billing.job", "_job_attempt_many"),
    ("ir.cron", "_commit_progress"),
)


def die_after(model, step, env):
    """Run the queue; the process is killed as soon as the step is done, before the next one begins."""
    cls = type(env[model])
    done = getattr(cls, step)

    def last(record, *args, **kwargs):
        result = done(record, *args, **kwargs)
        if record or args:  # not the first word of the cron about how much there is
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(cls, step, last)
    env["crm.billing.job"]._cron_run_jobs()


def check_numbers(orders):
    """The invoices of one journal are numbered one after the other, none twice and none left out."""
    numbers = sorted(orders.invoice_ids.mapped("sequence_number"))
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_killed_between_any_two_steps(database):
    """Locking, checking, making, comparing, posting, noting, committing: nothing is lost, double or half."""
    ids = []
    for number, (model, step) in enumerate(STEPS, 400):
        with database.env() as env:
            order = quote(env, prepare(env, deposit_percent=10), number)
            order.action_confirm()
            ids.append(order.id)
        database.killed_in(partial(die_after, model, step))
        for _job in range(2):
            database.run_jobs("crm.billing.job")
    with database.env() as env:
        orders = env["sale.order"].browse(ids)
        check_once(env, orders)
        check_numbers(orders)


@pytest.fixture
def twin(database):
    """A copy of the database, in a cluster that may be crashed."""
    if os.environ.get("PGHOST") != str(postgres.SOCKET):
        pytest.skip("a server of the user's own is not crashed")
    with database.env() as env:
        orders = env["sale.order"].concat(*(quote(env, prepare(env, deposit_percent=10), n) for n in range(500, 540)))
        orders.action_confirm()
    cluster = postgres.Twin(f"crash-{os.getpid()}")
    cluster.make()
    cluster.start()
    yield cluster
    cluster.drop()


BILLED = """
    SELECT acceptance.amount_total, COUNT(move.id), SUM(move.amount_total), COUNT(DISTINCT move.billing_installment_id)
      FROM crm_billing_acceptance acceptance
      JOIN sale_order ON sale_order.id = acceptance.order_id
      JOIN res_partner ON res_partner.id = sale_order.partner_id AND res_partner.name LIKE 'Race 5%'
 LEFT JOIN account_move move ON move.billing_acceptance_id = acceptance.id AND move.state = 'posted'
  GROUP BY acceptance.id
"""
GAPS = """
    SELECT sequence_prefix, MAX(sequence_number) - MIN(sequence_number) + 1 - COUNT(DISTINCT name),
           COUNT(*) - COUNT(name)
      FROM account_move WHERE billing_installment_id IS NOT NULL AND state = 'posted' GROUP BY sequence_prefix
"""


def test_postgresql_crashes(database, twin):
    """The database goes down twice in the middle of the queue; whoever is left when it is back finishes it.

    The host's server gives up without its database, and is started again as a service manager does.
    """

    def count():
        twin.sql(f"NOTIFY cron_trigger, '{database.name}'", "postgres")  # instead of the minute the workers wait
        return sum(int(row[1]) for row in twin.sql(BILLED, database.name))

    server = Server(database.name, cron=2)
    server.env = {"PGHOST": str(twin.socket)}
    try:
        for crash in (lambda: twin.stop("immediate"), twin.kill):
            server.start()
            before = count()
            wait_for(lambda before=before: count() >= before + 3, "some invoices", 90)
            crash()
            server.stop()
            twin.start()
            assert count() < 80, "crashed too late to show anything"
        server.start()
        wait_for(lambda: count() == 80, "the rest", 120)
    finally:
        server.stop()
    for accepted, number, billed, parts in twin.sql(BILLED, database.name):
        assert (accepted, number, parts) == (billed, "2", "2")
    assert all(row[1:] == ["0", "0"] for row in twin.sql(GAPS, database.name)), "the numbers have no holes"


def accept_anyhow(database, order_id, index):
    """Sign twice, confirm in the office once, and work the queue off meanwhile."""

    def sign(env):
        order = env["sale.order"].browse(order_id)
        if order._has_to_be_signed():
            order.write({"signed_by": "Ana", "signed_on": odoo.fields.Datetime.now(), "signature": PIXEL})
            order._validate_order()

    def confirm(env):
        env["sale.order"].search([("id", "=", order_id), ("state", "=", "sent")]).action_confirm()

    if index < 3:
        return database.request(confirm if index == 2 else sign)
    return database.run_jobs("crm.billing.job")


# The losers of the race are retried by the host, which logs it.
@mute_logger("odoo.sql_db", "odoo.service.model", "odoo.addons.base.models.ir_actions_report")
def test_customer_office_and_workers_at_once(database):
    """A double click in the portal, the office that confirms, and workers that do not wait for either."""
    for number in range(200, 204):
        with database.env() as env:
            order = quote(env, prepare(env), number)
            order.action_quotation_sent()
            order_id = order.id
        assert not failures(in_threads(6, partial(accept_anyhow, database, order_id)))
        database.run_jobs("crm.billing.job")
        with database.env() as env:
            check_once(env, env["sale.order"].browse(order_id))


def cancel_or_run(database, order_id, index):
    """Cancel the order, or work the queue off."""
    if index == 0:
        return database.request(lambda env: env["sale.order"].browse(order_id)._action_cancel())
    return database.run_jobs("crm.billing.job")


@mute_logger("odoo.sql_db", "odoo.service.model")
def test_cancelled_while_the_job_runs(database):
    """Either the invoice was first, whole and posted, or the order was, and there is none."""
    for number in range(210, 216):
        with database.env() as env:
            order = quote(env, prepare(env), number)
            order.action_confirm()
            order_id = order.id
        assert not failures(in_threads(3, partial(cancel_or_run, database, order_id)))
        database.run_jobs("crm.billing.job")
        with database.env() as env:
            order = env["sale.order"].browse(order_id)
            state = order.billing_job_ids.job_state
            assert order.state == "cancel"
            assert (state, order.invoice_ids.mapped("state")) in [("done", ["posted"]), ("cancelled", [])]


def test_six_workers_on_a_long_queue(database):
    """Enough for groups: one worker makes them, the others take what is left; one invoice each."""
    with database.env() as env:
        product = prepare(env)
        orders = env["sale.order"].concat(*(quote(env, product, number) for number in range(300, 360)))
        orders.action_confirm()
        ids = orders.ids
    assert not failures(in_threads(6, lambda _index: database.run_jobs("crm.billing.job")))
    for _round in range(3):
        with database.env() as env:
            jobs = env["sale.order"].browse(ids).billing_job_ids
            jobs.filtered(lambda job: job.job_state == "retry").next_attempt_at = odoo.fields.Datetime.now()
        database.run_jobs("crm.billing.job")
    with database.env() as env:
        check_once(env, env["sale.order"].browse(ids))
