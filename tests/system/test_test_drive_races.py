"""Twenty salespeople promise the same car for the same hour: one does, the others read to whom."""

from datetime import datetime, timedelta

from odoo.tools import mute_logger

from servers import failures, in_threads

THREADS = 20
START = datetime(2031, 5, 6, 10)


def requests_of_one_car(env):
    """Make requested drives that overlap on one car."""
    car = env["automotive.vehicle"].create({"plate": "RACE 1", "kind": "demo"})
    customer = env["res.partner"].create({"name": "Raced customer"})
    drives = env["automotive.test.drive"].create(
        [
            {
                "partner_id": customer.id,
                "vehicle_id": car.id,
                "start": START + timedelta(minutes=number),
                "stop": START + timedelta(minutes=number + 60),
            }
            for number in range(THREADS)
        ]
    )
    return car.id, drives.ids


def test_exactly_one_promise(database):
    car, drives = database.request(requests_of_one_car)

    def confirm(env, drive):
        env["automotive.test.drive"].browse(drive).action_confirm()

    # The losers are run again by the host, which logs it; what the constraint refuses is logged, too.
    with mute_logger("odoo.sql_db", "odoo.service.model"):
        results = in_threads(THREADS, lambda index: database.request(lambda env: confirm(env, drives[index])))
    refused = failures(results)
    with database.env() as env:
        promised = env["automotive.test.drive"].search([("vehicle_id", "=", car), ("state", "=", "confirmed")])
        assert len(promised) == 1
    assert len(refused) == THREADS - 1
    assert {type(error).__name__ for error in refused} == {"ValidationError"}
    assert all("promised to" in str(error) for error in refused), {str(error) for error in refused}
