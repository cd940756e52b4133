import os
import re

import pytest

import databases
from servers import CHROMIUM_OPTIONS, Database, Server


@pytest.fixture(scope="module", autouse=True)
def enable_odoo_test_flag():
    """Replace pytest-odoo's: these tests commit, and work as servers do."""


@pytest.fixture(scope="module")
def database(request):
    """A database of this module's own, with the whole suite, that may be committed to."""
    name = re.sub(r"\W+", "_", f"suite_sys_{os.getpid()}_{request.module.__name__}")
    made = Database(name, os.environ["SUITE_TEMPLATE"])
    yield made
    made.drop()


@pytest.fixture(scope="module")
def server(database):
    """A server with two HTTP workers and a cron worker on this module's database."""
    made = Server(database.name).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def demo(request):
    """A copy of the demo database, served: the whole suite, its people and its story."""
    name = re.sub(r"\W+", "_", f"suite_sys_{os.getpid()}_{request.module.__name__}_demo")
    database = Database(name, databases.demo_template())
    server = Server(name).start()
    yield database, server
    server.stop()
    database.drop()


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    from host import find_chromium

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_OPTIONS))
        yield browser
        browser.close()
