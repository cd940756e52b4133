"""A mail to a customer, followed from outside: a real SMTP server takes it, a browser's name opens it."""

import email
import re
import time

import pytest
import requests
from aiosmtpd.controller import Controller
from host_tests import free_port

from servers import Rpc, wait_for

PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"}
LOGIN = "mailseller"


class Mailbox:
    """The handler of a server that keeps what it gets."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - the library's name
        """Keep a mail."""
        self.mails.append(email.message_from_bytes(envelope.content))
        return "250 OK"

    def of(self, address):
        """Return the mails for an address; colleagues get some too."""
        return [mail for mail in self.mails if address in mail["To"]]


@pytest.fixture(scope="module")
def mailbox():
    """A mail server on this machine."""
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    box.port = controller.port
    yield box
    controller.stop()


@pytest.fixture(scope="module")
def quote(database, server, mailbox):
    """A quote of a salesperson for Kai, in a company that follows its mails; the quote's id."""
    with database.env() as env:
        env["ir.config_parameter"].set_param("web.base.url", server.url)
        env["ir.mail_server"].create(
            {"name": "Catcher", "smtp_host": "127.0.0.1", "smtp_port": mailbox.port, "smtp_encryption": "none"}
        )
        env.company.mail_tracking = True
        user = env["res.users"].create(
            {
                "name": "Mia Mail",
                "login": LOGIN,
                "password": LOGIN,
                "email": "mia@example.com",
                "group_ids": [(4, env.ref("sales_team.group_sale_salesman_all_leads").id)],
            }
        )
        partner = env["res.partner"].create({"name": "Kai", "email": "kai@example.com"})
        return env["sale.order"].create({"partner_id": partner.id, "user_id": user.id}).id


def html_of(mail):
    """Return the HTML of a mail."""
    part = next(part for part in mail.walk() if part.get_content_type() == "text/html")
    return part.get_payload(decode=True).decode()


def test_opened_and_clicked_by_a_person_not_by_a_scanner(server, mailbox, quote):
    seller = Rpc(server, LOGIN)
    partner = seller.call("sale.order", "read", [quote], ["partner_id"])[0]["partner_id"][0]
    message = seller.call(
        "sale.order", "message_post", [quote], body="Please look at our offer.", subject="Offer",
        partner_ids=[partner], message_type="comment", subtype_xmlid="mail.mt_comment",
    )  # fmt: skip
    body = html_of(wait_for(lambda: mailbox.of("kai@example.com"), "the mail")[0])
    pixel = re.search(r"src=\"([^\"]+/crm/mail/[^\"]+/o\.gif)\"", body)[1]
    link = re.search(r"href=\"([^\"]+/crm/mail/[^\"]+/l/\d+)\"", body)[1]

    requests.get(pixel, headers={"User-Agent": "Barracuda Sentinel scanner"}, timeout=30)
    time.sleep(2.5)  # what comes at once is a scanner too
    assert requests.head(link, headers=PHONE, allow_redirects=False, timeout=30).status_code == 302
    trace = seller.one("crm.mail.trace", [("partner_id", "=", partner)], "opened_date", "robot_count")
    assert not trace["opened_date"]
    assert trace["robot_count"] == 2

    opened = requests.get(pixel, headers=PHONE, timeout=30)
    assert (opened.status_code, opened.headers["Content-Type"]) == (200, "image/gif")
    assert "Set-Cookie" not in opened.headers
    for mail in mailbox.mails:
        if mail not in mailbox.of("kai@example.com"):
            assert "/crm/mail/" not in html_of(mail), "what a colleague gets is not followed"
    clicked = requests.get(link, headers=PHONE, allow_redirects=False, timeout=30)
    assert clicked.status_code == 302
    assert clicked.headers["Location"].startswith(server.url), "the button leads to the quote"
    trace = seller.one("crm.mail.trace", [("partner_id", "=", partner)], "open_count", "click_count")
    assert (trace["open_count"], trace["click_count"]) == (1, 1)

    shown = seller.call("crm.mail.trace", "get_message_traces", message)
    assert next(iter(shown.values()))[0]["clicked"]
    wrong = requests.get(pixel.replace("/o.gif", "x/o.gif"), headers=PHONE, timeout=30)
    assert wrong.status_code == 404
    assert "Kai" not in wrong.text
