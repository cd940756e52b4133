"""Web forms from outside, many at once: a double click is one submission, and nothing acknowledged is lost."""

import requests

from servers import Server, failures, in_threads, wait_for


def publish(database):
    """Have a published form without limits; return the address of its submissions."""
    with database.env() as env:
        form = env["crm.web.form"].create({"name": "Race", "rate_network": 0, "rate_form": 0, "rate_sender": 0})
        form.action_publish()
        return f"/crm/api/forms/{form.uuid}/submissions"


def post(server, path, key, message):
    """Send one submission; return (status, answer)."""
    body = {"fields": {"name": "Race", "email": f"{key}@example.com", "message": message}, "submission_key": key}
    answer = requests.post(server.url + path, json=body, timeout=60)
    return answer.status_code, answer.json()


def test_a_click_many_times_over_is_one_submission(database, server):
    path = publish(database)
    results = in_threads(20, lambda _index: post(server, path, "same-key-for-all-of-them", "Hello"))
    assert not failures(results)
    assert {status for status, _answer in results} == {202}
    assert len({answer["receipt"] for _status, answer in results}) == 1
    different = in_threads(20, lambda index: post(server, path, "same-key-other-message", f"Hello {index}"))
    assert sorted(status for status, _answer in different) == [202] + [409] * 19


def test_killed_after_the_answer_nothing_is_lost(database):
    path = publish(database)
    server = Server(database.name, workers=2, cron=0).start()
    accepted = [post(server, path, f"kept-submission-{number}", "Hello")[0] for number in range(30)]
    server.kill()
    assert set(accepted) == {202}
    mine = [("email", "=like", "kept-submission-%@example.com")]
    with database.env() as env:
        assert env["crm.intake"].search_count(mine) == 30
    database.run_jobs("crm.intake")
    wait_for(lambda: done(database, mine) == 30, "the jobs that the other server took")
    with database.env() as env:
        assert len(env["crm.intake"].search(mine).partner_id) == 30
    assert not [line for line in server.complaints() if "killed" not in line]


def done(database, domain):
    """Return how many submissions have been worked off."""
    with database.env() as env:
        return env["crm.intake"].search_count([*domain, ("job_state", "=", "done")])
