"""`make run`: up in seconds the second time, and everything gone after Ctrl-C."""

import os
import signal
import subprocess
import time

import pytest
import requests
from host_tests import free_port

import databases
import postgres
from common import LOGS, ROOT
from servers import wait_for


@pytest.fixture
def port():
    """Have the demo's template ready, and leave no demo behind that was not there."""
    databases.demo_template()
    was_there = postgres.exists("crm_suite_demo")
    yield free_port()
    if not was_there:
        postgres.drop("crm_suite_demo")


def start(port):
    """Start the demo as a user does; return its process and where its words go."""
    output = open(LOGS / f"make_run_{port}.log", "w+")  # noqa: SIM115 - closed with the test
    process = subprocess.Popen(
        ["make", "run"], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        env={**os.environ, "PORT": str(port)},
    )  # fmt: skip
    return process, output


def healthy(port):
    """Tell whether the server answers."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/web/health", timeout=5).ok
    except requests.RequestException:
        return False


def test_it_starts_says_where_and_stops_whole(port):
    for _round in range(2):
        process, output = start(port)
        wait_for(lambda: healthy(port), "the demo", 90)
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)
        time.sleep(0.5)
        assert not healthy(port)
        output.seek(0)
        words = output.read()
        output.close()
        os.unlink(output.name)
        assert f"http://127.0.0.1:{port}" in words
        assert "accountant" in words
        assert "Traceback" not in words
