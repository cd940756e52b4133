import re
from datetime import timedelta

from freezegun import freeze_time
from markupsafe import Markup

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .test_quote import QuoteCase
from .test_quote_portal import PHONE

ROBOT = "Mozilla/5.0 (compatible; Barracuda Sentinel)"
LINK = "https://example.com/offer?a=1&amp;b=2"
BODY = f'<p>See <a href="{LINK}">our offer</a> or <a href="mailto:a@example.com">write</a></p>'
REPLY = """From: Kai <kai@example.com>
To: {to}
Subject: Re: Offer
Message-Id: <answer-1@example.com>
In-Reply-To: {answered}
References: {answered}
Content-Type: text/plain

Yes, please.
"""


class MailTraceCase(QuoteCase):
    def setUp(self):
        super().setUp()
        self.company.mail_tracking = True
        self.partner = self.order.partner_id
        self.seller.partner_id.email = "sam@example.com"

    def _send(self, **values):
        """Post to the customer as the seller; return the mail that leaves."""
        order = self.order.with_user(self.seller).with_context(mail_notify_force_send=False)
        message = order.message_post(
            body=Markup(BODY),
            subject="Offer",
            partner_ids=self.partner.ids,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            **values,
        )
        return self.env["mail.mail"].sudo().search([("mail_message_id", "=", message.id)])

    def _prepare(self, mail):
        """Return the e-mail for the customer and its trace, as sent five minutes ago."""
        with freeze_time(fields.Datetime.now() - timedelta(minutes=5)):
            email = next(e for e in mail._prepare_outgoing_list() if e["partner_id"] == self.partner)
        return email, self.env["crm.mail.trace"].search([("message_id", "=", mail.mail_message_id.id)])


@tagged("post_install", "-at_install")
class TestMailTrace(MailTraceCase, HttpCase):
    def _get(self, url, agent=PHONE, **options):
        path = re.sub(r"^https?://[^/]+", "", url)
        return self.url_open(path, headers={"User-Agent": agent}, allow_redirects=False, **options)

    def _addresses(self, email):
        return re.findall(r"(?:src|href)=\"([^\"]*/crm/mail/[^\"]*)\"", email["body"])

    def test_off_by_default(self):
        self.company.mail_tracking = False
        email, trace = self._prepare(self._send())
        self.assertFalse(trace)
        self.assertNotIn("/crm/mail/", email["body"])

    def test_the_chatter_and_the_plain_text_stay_as_written(self):
        mail = self._send()
        email, trace = self._prepare(mail)
        self.assertEqual((trace.partner_id, trace.user_id, trace.company_id), (self.partner, self.seller, self.company))
        self.assertNotIn("/crm/mail/", mail.mail_message_id.body)
        self.assertNotIn("/crm/mail/", email["body_alternative"])
        self.assertIn("mailto:a@example.com", email["body"])

    def test_opened_and_clicked(self):
        email, trace = self._prepare(self._send())
        addresses = self._addresses(email)
        pixel = next(address for address in addresses if address.endswith("o.gif"))
        offer = "https://example.com/offer?a=1&b=2"
        link = next(address for address in addresses if address.endswith(f"/l/{trace.links.index(offer)}"))
        response = self._get(pixel)
        self.assertEqual((response.status_code, response.headers["Content-Type"]), (200, "image/gif"))
        self.assertNotIn("Set-Cookie", response.headers)
        self.assertIn("no-store", response.headers["Cache-Control"])
        self.assertTrue(trace.opened_date)
        self.assertEqual((trace.open_count, trace.click_count), (1, 0))
        response = self._get(link)
        self.assertEqual((response.status_code, response.headers["Location"]), (302, offer))
        self.assertTrue(trace.clicked_date)
        self._get(pixel)
        self.assertEqual(trace.open_count, 1, "a minute is one look")

    def test_programs_do_not_count(self):
        email, trace = self._prepare(self._send())
        for address in self._addresses(email):
            self._get(address, agent=ROBOT)
            self._get(address, agent="Mozilla/5.0")
            self.url_open(re.sub(r"^https?://[^/]+", "", address), method="HEAD", allow_redirects=False)
        self.assertFalse(trace.opened_date or trace.clicked_date or trace.event_date)
        self.assertGreater(trace.robot_count, 3)
        trace.sent_date = fields.Datetime.now()
        self._get(self._addresses(email)[0])
        self.assertFalse(trace.opened_date, "so soon it is the receiving server")

    @mute_logger("odoo.http")
    def test_unknown_addresses(self):
        _email, trace = self._prepare(self._send())
        token = trace.sudo().token
        for path in ("x/o.gif", "x/l/0", f"{token}/l/99", f"{token}/l/-1", f"{token}/l/evil.example"):
            self.assertEqual(self._get(f"/crm/mail/{path}").status_code, 404, path)

    def test_nobody_who_objected(self):
        self.env["mail.blacklist"]._add("kai@example.com")
        self.assertFalse(self._prepare(self._send())[1])
        self.env["mail.blacklist"]._remove("kai@example.com")
        self.env["crm.privacy.purpose"].create(
            {"name": "Following mails", "code": "mail_tracking", "company_id": self.company.id}
        )
        partner = self.partner.with_company(self.company)
        for decision, followed in (("refused", False), ("granted", True), ("withdrawn", False)):
            partner._record_consent("mail_tracking", decision, "test")
            with self.subTest(decision):
                self.assertEqual(bool(self._prepare(self._send())[1]), followed)

    def test_nobody_of_ours_and_no_notes(self):
        self.assertFalse(self._prepare(self._send(is_internal=True))[1])
        self.partner = self.manager.partner_id
        self.partner.email = "mona@example.com"
        self.assertFalse(self._prepare(self._send())[1])

    def test_sent_again_it_keeps_its_trace(self):
        mail = self._send()
        first = self._prepare(mail)[1]
        self.assertEqual(self._prepare(mail)[1], first)

    @mute_logger("odoo.addons.mail.models.mail_thread")
    def test_answered(self):
        mail = self._send()
        _email, trace = self._prepare(mail)
        reply = REPLY.format(to="sam@example.com", answered=mail.message_id)
        self.env["mail.thread"].message_process("crm.lead", reply)
        self.assertTrue(trace.answered_date)
        self.assertEqual(self.order.message_ids[0].author_id, self.partner)

    @mute_logger("odoo.addons.mail.models.mail_thread")
    def test_bounced(self):
        mail = self._send()
        _email, trace = self._prepare(mail)
        values = {
            "bounced_email": "kai@example.com",
            "bounced_message": mail.mail_message_id,
            "bounced_msg_ids": [mail.message_id],
            "bounced_partner": self.partner,
            "body": "no such mailbox",
            "email_from": "MAILER-DAEMON@example.com",
            "message_id": "<bounce@example.com>",
            "to": "bounce@example.com",
        }
        self.env["mail.thread"]._routing_handle_bounce(None, values)
        self.assertTrue(trace.bounced_date)

    def test_counted_for_the_template(self):
        template = self.env.ref("sale.email_template_edi_sale")
        self.order.with_context(mail_notify_force_send=False).message_post_with_source(
            template, message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        mail = self.env["mail.mail"].sudo().search([("crm_template_id", "=", template.id)])
        _email, trace = self._prepare(mail)
        self.assertEqual(trace.template_id, template)
        trace._on_read("open", PHONE)
        template = template.with_context(allowed_company_ids=self.company.ids)
        self.assertEqual((template.trace_count, template.trace_opened, template.trace_answered), (1, 1, 0))
        mail = template.send_mail(self.order.id, email_values={"recipient_ids": [(4, self.partner.id)]})
        self.assertEqual(self.env["mail.mail"].sudo().browse(mail).crm_template_id, template)

    def test_shown_on_the_timeline_and_on_the_message(self):
        mail = self._send()
        _email, trace = self._prepare(mail)
        seller = self.env["crm.mail.trace"].with_user(self.seller)
        self.assertFalse(self.partner.with_user(self.seller).crm_timeline(kinds=["mail_trace"]))
        trace._on_read("click", PHONE)
        entry = self.partner.with_user(self.seller).crm_timeline(kinds=["mail_trace"])[0]
        self.assertEqual((entry["title"], entry["res_id"]), ("Offer", self.order.id))
        self.assertEqual(entry["text"], "opened 1 times, clicked 1 times")
        message = mail.mail_message_id
        shown = seller.get_message_traces(message.ids)[str(message.id)]
        self.assertEqual(shown[0]["partner"], "Kai")
        self.assertTrue(shown[0]["opened"])
        self.assertFalse(self.env["crm.mail.trace"].with_user(self.seller_b).get_message_traces(message.ids))

    def test_the_chatter_shows_it(self):
        _email, trace = self._prepare(self._send())
        trace._on_read("open", PHONE)
        self.start_tour(f"/odoo/sales/{self.order.id}", "crm_core_mail_trace_tour", login="sam")

    def test_rights(self):
        trace = self._prepare(self._send())[1]
        self.assertTrue(trace.with_user(self.seller).read(["open_count"]))
        with self.assertRaises(AccessError):
            trace.with_user(self.seller).read(["token"])
        with self.assertRaises(AccessError):
            trace.with_user(self.seller_b).read(["open_count"])
        with self.assertRaises(AccessError):
            trace.with_user(self.manager).write({"open_count": 9})
