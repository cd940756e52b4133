import doctest
import time
from contextlib import suppress
from email.message import EmailMessage

from lxml import etree

from odoo.tests import BaseCase, Form, HttpCase, tagged

from odoo.addons.crm_automotive_dealer.tools import adf, adf_writer

from .common import DealerCommon

LEAD = """<?xml version="1.0" encoding="UTF-8"?>
<?adf version="1.0"?>
<adf><prospect status="new">
  <id sequence="1" source="Motor Portal">MP-77</id>
  <requestdate>2026-03-30T15:30:20-08:0</requestdate>
  <vehicle interest="test-drive" status="new"><year>2026</year><make>Testa</make><model>uno</model>
    <option><optionname>Tow bar</optionname></option><comments>Red if possible</comments></vehicle>
  <vehicle interest="trade-in" status="used"><year>2015</year><make>Other</make><model>Old</model>
    <odometer units="mi">50,000</odometer><price type="asking" currency="EUR">4,000.00</price></vehicle>
  <customer><contact>
    <name part="first" type="individual">Nora</name><name part="last">Ferrer &amp; Vila</name>
    <email preferredcontact="1">nora@example.com</email><phone type="fax">1</phone>
    <phone type="cellphone" time="evening">+34 600 000 171</phone>
    <address><street line="1">Calle Mayor 1</street><city>Brisamar</city><country>ES</country></address>
  </contact><timeframe><description>Within a month</description></timeframe><comments>Call me</comments></customer>
  <vendor><vendorname>Dealer test</vendorname><contact><name part="full">x</name></contact></vendor>
  <provider><name part="full">Motor Portal</name><service>Finder</service></provider>
  <leadtype>web</leadtype>
</prospect></adf>"""


def _lead(body, attributes=""):
    return f"<adf><prospect {attributes}>{body}</prospect></adf>"


CUSTOMER = "<customer><contact><name>Ana</name><email>ana@example.com</email></contact></customer>"


@tagged("post_install", "-at_install")
class TestAdfReader(BaseCase):
    def test_doctests(self):
        for module in (adf, adf_writer):
            self.assertEqual(doctest.testmod(module).failed, 0)

    def test_a_whole_lead(self):
        (lead,) = adf.read(LEAD)
        self.assertEqual(
            (lead["customer"]["name"], lead["customer"]["phone"]), ("Nora Ferrer & Vila", "+34 600 000 171")
        )
        self.assertEqual((lead["customer"]["preferred"], lead["customer"]["time"]), ("email", "evening"))
        self.assertEqual([car["interest"] for car in lead["vehicles"]], ["test-drive", "trade-in"])
        self.assertEqual(lead["extras"], {"leadtype": "web"}, "what is not known is kept")

    def test_what_senders_get_wrong(self):
        """The pitfalls of real documents: none of them loses a lead."""
        for name, document in {
            "mail around it": f"Hello,\n{_lead(CUSTOMER)}\nbye",
            "prolog after the text": f"  <?adf version='1.0'?><?xml version='1.0'?>{_lead(CUSTOMER)}",
            "unescaped ampersand": _lead(CUSTOMER.replace("Ana", "Ana & Co")),
            "stray less-than": _lead("<vehicle><comments>under < 9000</comments></vehicle>" + CUSTOMER),
            "HTML entity": _lead(CUSTOMER.replace("Ana", "Ana&nbsp;L&oacute;pez")),
            "escaped by a mail program": _lead(CUSTOMER).replace("<", "&lt;").replace(">", "&gt;"),
            "upper case": _lead(CUSTOMER).replace("<adf", "<ADF").replace("</adf", "</ADF"),
            "control characters": _lead(CUSTOMER.replace("Ana", "A\x0bna\x00")),
            "cp1252": _lead(CUSTOMER.replace("Ana", "Jos\xe9")).encode("cp1252"),
            "utf-16": _lead(CUSTOMER).encode("utf-16"),
            "byte order mark": b"\xef\xbb\xbf" + _lead(CUSTOMER).encode(),
            "name space": _lead(CUSTOMER).replace("<adf", "<adf xmlns='urn:x'"),
            "empty vehicle": _lead("<vehicle/>" + CUSTOMER),
            "unknown values": _lead("<vehicle interest='steal' status='broken'/>" + CUSTOMER, "status='odd'"),
        }.items():
            with self.subTest(name):
                (lead,) = adf.read(document)
                self.assertEqual(lead["customer"]["email"], "ana@example.com")
                self.assertEqual(lead["status"], "new")

    def test_what_is_refused(self):
        bomb = "<!DOCTYPE a [<!ENTITY a 'x'><!ENTITY b '&a;&a;&a;'>]>" + _lead("&b;" + CUSTOMER)
        outside = "<!DOCTYPE a [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" + _lead("&a;" + CUSTOMER)
        for document, code in (
            (bomb, "doctype"),
            (outside, "doctype"),
            ("", "missing"),
            ("<adf>", "missing"),
            ("<adf></adf>", "empty"),
            (_lead("<customer>"), "syntax"),
            ("x" * (adf.MAX_SIZE + 1), "size"),
        ):
            with self.subTest(code=code), self.assertRaises(adf.Unreadable) as caught:
                adf.read(document)
            self.assertEqual(caught.exception.code, code)

    def test_what_is_made_to_keep_a_program_busy_does_not(self):
        """Whatever repeats, a document is read in a moment; looking for the end from each ``<adf`` would take hours."""
        begun = time.process_time()
        for part, times in (("<adf ", 50_000), ("<adf>", 50_000), ("&lt;adf&gt;", 20_000), ("</adf ", 40_000)):
            with self.subTest(part=part), self.assertRaises(adf.Unreadable):
                adf.read(part * times)
        for inside in ("<a>" * 60_000, "&" * 200_000, "<" * 200_000, "&a;" * 60_000, "<a b='" * 30_000):
            with suppress(adf.Unreadable):  # kept for a person; only the time matters here
                adf.read(_lead(inside))
        self.assertLess(time.process_time() - begun, 20)

    def test_an_entity_of_its_own_is_never_filled_in(self):
        (lead,) = adf.read(_lead(CUSTOMER.replace("Ana", "A &secret; B")))
        self.assertEqual(lead["customer"]["name"], "A &secret; B")

    def test_a_placeholder_is_no_number(self):
        one, two = (
            adf.read(_lead(f"<id source='Example'>1</id>{who}"))[0]
            for who in (CUSTOMER, CUSTOMER.replace("ana@", "eva@"))
        )
        self.assertNotEqual(adf.key(one), adf.key(two))

    def test_written_in_the_order_of_the_standard(self):
        (lead,) = adf.read(LEAD)
        written = adf_writer.write({**lead, "requested": "2026-03-30T15:30:20-08:00"})
        root = etree.fromstring(written)
        self.assertEqual(
            [child.tag for child in root[0]],
            ["id", "requestdate", "vehicle", "vehicle", "customer", "vendor", "provider"],
        )
        self.assertEqual([child.tag for child in root[0].find("vehicle")], ["year", "make", "model", "comments"])
        self.assertEqual(adf.read(written)[0]["customer"]["email"], "nora@example.com")


@tagged("post_install", "-at_install")
class TestAdf(DealerCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel = cls.env["automotive.adf.channel"].create(
            {"name": "Motor Portal", "company_id": cls.dealer.id, "user_id": cls.dora.id, "job_user_id": cls.dan.id}
        )

    def _post(self, document, token=None, **headers):
        self.env.flush_all()
        url = f"/crm_automotive/adf/{token or self.channel.token}"
        return self.url_open(url, data=document, headers={"Content-Type": "text/xml", **headers})

    def _intakes(self):
        return self.env["crm.intake"].search([("adf_channel_id", "=", self.channel.id)], order="id")

    def _work(self):
        self._run_cron("crm_core.ir_cron_intake")

    def test_a_posted_lead_becomes_a_car_sale(self):
        answer = self._post(LEAD)
        self.assertEqual((answer.status_code, [lead["read"] for lead in answer.json()["leads"]]), (202, [True]))
        self._work()
        intake = self._intakes()
        lead = intake.lead_id
        self.assertEqual((intake.job_state, lead.pipeline_id.code, lead.user_id), ("done", "car_sale", self.dora))
        self.assertEqual((lead.partner_id.name, lead.partner_id.company_id), ("Nora Ferrer & Vila", self.dealer))
        self.assertEqual(lead.source_id.name, "Motor Portal")
        self.assertEqual(
            (lead.wish_ids.model_id, lead.wish_ids.year, lead.wish_ids.options), (self.model, 2026, "Tow bar")
        )
        self.assertEqual((lead.test_drive_ids.state, lead.test_drive_ids.model_id), ("requested", self.model))
        appraisal = lead.appraisal_ids
        self.assertEqual(
            (appraisal.name, appraisal.odometer, appraisal.expected_price), ("Other Old 2015", 80467, 4000)
        )
        self.assertEqual(lead.activity_ids.mapped("summary"), ["Call to fix the test drive"])
        self.assertIn("Within a month", lead.description)

    def test_the_same_lead_is_taken_once_and_news_of_it_is_told(self):
        self._post(LEAD)
        self._post(LEAD)
        self._work()
        self._post(LEAD.replace("Call me", "I called twice").replace('status="new"', 'status="resend"', 1))
        self._work()
        first, news = self._intakes()
        self.assertEqual(news.lead_id, first.lead_id)
        self.assertIn("I called twice", news.lead_id.message_ids[0].body)
        self.assertEqual((len(news.lead_id.wish_ids), len(news.lead_id.appraisal_ids)), (1, 1))

    def test_a_body_under_the_type_of_a_form(self):
        """The default of many programs; an ampersand would cut the lead."""
        self._post(LEAD, **{"Content-Type": "application/x-www-form-urlencoded"})
        self._post({"xml": LEAD.replace("MP-77", "MP-78")}, **{"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual([len(intake.payload["adf"]["vehicles"]) for intake in self._intakes()], [2, 2])

    def test_what_cannot_be_read_waits_for_a_person(self):
        broken = _lead(CUSTOMER + "<vehicle>")
        self.assertEqual(self._post(broken).json()["leads"][0]["read"], False)
        self._work()
        intake = self._intakes()
        self.assertEqual((intake.job_state, intake.error_code), ("blocked", "E_ADF_SYNTAX"))
        self.assertIn("Correct it under", intake.error_message)
        manager = self.env.ref("base.user_admin")
        manager.company_ids += self.dealer
        with Form(intake.with_user(manager)) as form:
            form.adf_raw = broken.replace("<vehicle>", "<vehicle/>")
        intake.with_user(manager).action_job_retry()
        self._work()
        self.assertEqual((intake.job_state, intake.lead_id.partner_id.email), ("done", "ana@example.com"))

    def test_none_is_lost_whatever_comes(self):
        """Bombs, programs, rubbish: each is kept as it came, with a reason a person understands, and does nothing."""
        bomb = "<!DOCTYPE a [<!ENTITY a 'x'><!ENTITY b '&a;&a;'>]>" + _lead("&b;")
        outside = "<!DOCTYPE a [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" + _lead("&a;")
        include = _lead("<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='/etc/passwd' parse='text'/>")
        corpus = {
            "E_ADF_DOCTYPE": (bomb, outside),
            "E_ADF_MISSING": ("", "Dear all, call me", "{'adf': 1}", b"\xff\xd8\xff\xe0\x00", "<adf " * 9),
            "E_ADF_SYNTAX": (_lead("<customer>"), _lead("<a>" * 9_000)),
            "E_ADF_EMPTY": ("<adf></adf>", "<adf><lead/></adf>"),
        }
        for code, documents in corpus.items():
            for document in documents:
                with self.subTest(code=code, document=document[:40]):
                    intake = self.channel._receive_document(document)
                    intake._job_attempt()
                    self.assertEqual((intake.job_state, intake.error_code), ("blocked", code))
                    self.assertEqual(intake.adf_raw or "", self._as_text(document))
        read = self.channel._receive_document(include.replace("<adf>", f"<adf>{CUSTOMER}"))
        self.assertNotIn("root:", str(read.mapped("payload")))

    def _as_text(self, document):
        text = document.decode("utf-8", "replace") if isinstance(document, bytes) else document
        return text.replace("\x00", "")

    def test_doors_that_stay_closed(self):
        former = self.channel.token
        self.assertEqual(self._post(LEAD, token="guessed").status_code, 404)
        self.assertEqual(self._post("x" * (adf.MAX_SIZE + 1)).status_code, 413)
        self.channel.with_user(self.dan).action_new_token()
        self.assertEqual(self._post(LEAD, token=former).status_code, 404)
        self.assertFalse(self._intakes())

    def test_nothing_of_a_lead_runs(self):
        nasty = "<script>alert(1)</script>"
        escaped = nasty.replace("<", "&lt;")
        self._post(LEAD.replace("Call me", escaped).replace("Nora", escaped))
        self._work()
        lead = self._intakes().lead_id
        self.assertNotIn("<script", lead.description)
        self.assertNotIn("<script", self._intakes().payload_html)

    # ------------------------------------------------------------
    # Mail
    # ------------------------------------------------------------

    def _mail(self, attach):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "robot@portal.example", "leads@test.example", "New lead"
        message["Message-Id"] = f"<{attach}@portal.example>"
        message.set_content("A new lead." if attach else f"A new lead:\n\n{LEAD}\n")
        if attach:
            message.add_attachment(LEAD.encode(), maintype="application", subtype="x-adf+xml", filename="lead.xml")
        return message.as_string()

    def test_mails_to_the_address(self):
        domain = self.env["mail.alias.domain"].create({"name": "test.example"})
        self.dealer.alias_domain_id = domain
        self.channel.write({"alias_name": "leads", "alias_domain_id": domain.id})
        self.assertEqual(self.channel.alias_email, "leads@test.example")
        for attach in (True, False):
            with self.subTest(attach=attach):
                self.env["mail.thread"].message_process(False, self._mail(attach))
        self._work()
        intake = self._intakes()
        self.assertEqual(len(intake), 1, "the same lead, in the mail or attached to it")
        self.assertEqual(intake.lead_id.partner_id.email, "nora@example.com")

    # ------------------------------------------------------------
    # Rights
    # ------------------------------------------------------------

    def test_only_managers_see_the_secret(self):
        Form(self.channel.with_user(self.dan))
        self.assertNotIn("token", self.channel.with_user(self.dora).read()[0])
        self.assertFalse(self.env["automotive.adf.channel"].with_user(self.olga).search([]))
