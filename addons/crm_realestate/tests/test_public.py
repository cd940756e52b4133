import json
import re
from datetime import timedelta
from unittest.mock import patch

from lxml import html

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.crm_realestate.controllers import public_form

from .common import PIXEL, RealEstateCase


class PublicCase(RealEstateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.realestate_public = True
        cls.kind = cls.env.ref("crm_realestate.realestate_property_type_flat")
        cls.flat.write(
            {"type_id": cls.kind.id, "energy_rating": "C", "beds": 2, "city": "Brisamar", "street": "Secret street 7"}
        )
        cls.flat.action_publish()
        cls.agent.tz = "UTC"

    def _process(self):
        """Work the newest submission off."""
        intake = self.env["crm.intake"].search([], limit=1, order="id desc")
        intake._job_attempt()
        self.assertEqual(intake.job_state, "done", intake.error_message)
        return intake

    def _make_demand(self, **values):
        defaults = {
            "partner_id": self.buyer.id,
            "user_id": self.agent.id,
            "zone_ids": [Command.set(self.zone.ids)],
            "mail_frequency": "daily",
        }
        demand = self.env["realestate.demand"].create({**defaults, **values})
        self.env["realestate.match"]._refresh()
        return demand

    def _send(self):
        with patch.object(self.env.registry["ir.cron"], "_commit_progress", return_value=60):
            self.env["realestate.demand"]._cron_send_digests()
        return self.env["mail.mail"].search([("recipient_ids", "in", self.buyer.ids)])


@tagged("post_install", "-at_install")
class TestDigest(PublicCase):
    def test_only_with_consent(self):
        self._make_demand()
        self.assertFalse(self._send())

    def test_new_then_cheaper(self):
        self.buyer._record_consent("property_alerts", "granted", "test")
        demand = self._make_demand()
        mail = self._send()
        self.assertIn("Flat", mail.subject)
        self.assertIn(demand._get_public_url(), mail.body_html)
        self.assertNotIn("Secret", mail.body_html)
        self.assertIn("One-Click", mail.headers)
        match = demand._find_shown_matches().filtered(lambda one: one.property_id == self.flat)
        self.assertEqual((match.state, match.sent_price), ("sent", 200000))
        mail.unlink()
        demand.last_digest -= timedelta(days=2)
        self.assertFalse(self._send())
        self.flat.price_sale = 180000
        self.env["realestate.match"]._refresh()
        self.assertFalse(demand.last_digest < fields.Datetime.now() - timedelta(days=3))
        demand.last_digest -= timedelta(days=2)
        self.assertIn("cheaper", self._send().body_html)
        self.assertEqual((match.state, match.sent_price, match.is_cheaper), ("sent", 180000, False))

    def test_a_refusal_wins(self):
        for decision in ("granted", "withdrawn"):
            self.buyer._record_consent("property_alerts", decision, "test")
        self._make_demand()
        self.assertFalse(self._send())

    def test_what_is_not_published_stays_here(self):
        self.buyer._record_consent("property_alerts", "granted", "test")
        self.flat.action_unpublish()
        self._make_demand()
        self.assertFalse(self._send())

    def test_query_count_does_not_grow(self):
        self.buyer._record_consent("property_alerts", "granted", "test")
        demands = self.env["realestate.demand"].browse(self._make_demand().id)
        for _turn in range(9):
            demands |= self._make_demand()
        self.env.invalidate_all()
        with self.assertQueryCount(8):
            self.assertEqual(demands._filter_consenting(), demands)


@tagged("post_install", "-at_install")
class TestPublicPages(HttpCase, PublicCase):
    def setUp(self):
        super().setUp()
        self.patch(public_form, "MIN_SECONDS", 0)
        self.base = f"/homes/{self.company.id}"

    def _post(self, path, **told):
        page = self.url_open(path)
        ticket = re.search(r'name="ticket" value="([^"]+)"', page.text).group(1)
        person = {"contact_name": "Vera Visitor", "email": "vera@example.com", "ticket": ticket}
        return self.url_open(path, data={**person, **told}), ticket

    def _get_visit(self, intake):
        self.assertEqual(intake.res_model, "realestate.visit")
        return self.env["realestate.visit"].browse(intake.res_id)

    def test_list_and_page(self):
        self.flat.description = "Light from <three> sides.\nQuiet."
        page = self.url_open(self.base)
        self.assertEqual(page.status_code, 200)
        self.assertNotIn("Set-Cookie", page.headers)
        self.assertIn("Flat", page.text)
        self.assertNotIn("Parking", page.text)
        home = self.url_open(self.flat._get_public_url())
        self.assertNotIn("Secret street", home.text)
        data = json.loads(re.search(r'ld\+json">(.*?)</script>', home.text).group(1))
        self.assertEqual((data["@type"], data["offers"]["price"]), ("RealEstateListing", 200000))
        self.assertEqual((data["about"]["numberOfBedrooms"], data["description"]), (2, self.flat.description))
        self.assertIn("Light from &lt;three&gt; sides.", home.text)

    def test_a_link_sent_on_shows_what_it_is(self):
        self.flat.write({"description": 'Light from <three> "sides".\n' + "So quiet. " * 40, "area_built": 80.4})
        image = self.env["realestate.image"].create({"property_id": self.flat.id, "name": "front", "image_1920": PIXEL})
        page = html.fromstring(self.url_open(self.flat._get_public_url()).content)
        told = {meta.get("property") or meta.get("name"): meta.get("content") for meta in page.iterfind("head/meta")}
        self.assertEqual(told["og:title"], "Flat")
        self.assertEqual(told["description"], told["og:description"])
        self.assertIn("200,000", told["description"])
        self.assertIn(
            'Harbour, Brisamar · 2 bedrooms · 80 m² · Light from <three> "sides". So quiet.', told["description"]
        )
        self.assertTrue(told["description"].endswith("…"))
        self.assertLess(len(told["description"]), 260)
        self.assertIn(self.flat._get_public_url(), told["og:url"])
        picture = self.url_open(told["og:image"].removeprefix(self.flat.get_base_url()))
        self.assertEqual((picture.status_code, picture.headers["Content-Type"]), (200, "image/png"))
        self.assertNotIn("Set-Cookie", picture.headers)
        image.unlink()
        self.assertNotIn("og:image", self.url_open(self.flat._get_public_url()).text)

    def test_what_browsers_fetch_along_sets_no_cookie(self):
        page = self.url_open(self.base).text
        links = dict(re.findall(r'<link rel="(icon|stylesheet)" href="([^"]+)"', page))
        self.assertEqual(set(links), {"icon", "stylesheet"}, "browsers guess the address of an icon nobody names")
        for path in links.values():
            answer = self.url_open(path)
            self.assertEqual((answer.status_code, answer.headers.get("Set-Cookie")), (200, None), path)

    def test_search(self):
        for told, found in (
            ("beds=2", True),
            ("beds=3", False),
            ("price=199999", False),
            ("price=200.000", True),
            (f"zone={self.zone.id}&type={self.kind.id}", True),
            ("operation=rent", False),
            ("zone=1%27%20OR%201=1&page=-3", False),
        ):
            self.assertEqual("<strong>Flat" in self.url_open(f"{self.base}?{told}").text, found, told)

    def test_nothing_is_shown_unasked(self):
        self.flat.name = "<script>alert(1)</script>"
        self.assertNotIn("<script>alert", self.url_open(self.flat._get_public_url()).text)
        self.flat.action_unpublish()
        self.assertEqual(self.url_open(self.flat._get_public_url()).status_code, 404)
        self.company.realestate_public = False
        self.assertEqual(self.url_open(self.base).status_code, 404)
        self.assertEqual(self.url_open(f"/homes/{self.company_b.id}").status_code, 404)

    def test_enquiry_once(self):
        done, ticket = self._post(self.flat._get_public_url(), message="Is it quiet?")
        self.assertIn("Thank you", done.text)
        again = {"contact_name": "Vera", "email": "vera@example.com", "ticket": ticket}
        self.url_open(self.flat._get_public_url(), data=again)
        self.assertEqual(self.env["crm.intake"].search_count([("source", "=", "homes")]), 1)
        intake = self._process()
        self.assertEqual((intake.lead_id.property_id, intake.lead_id.user_id), (self.flat, self.agent))

    def test_programs_and_empty_forms_are_sent_back(self):
        for told in ({"website": "x"}, {"ticket": "1-2-3"}, {"email": "", "phone": "1"}):
            answer, _ticket = self._post(self.flat._get_public_url(), **told)
            self.assertEqual(answer.status_code, 422, told)
        self.assertFalse(self.env["crm.intake"].search([("source", "=", "homes")]))

    def test_a_flood_is_told_to_wait(self):
        for limit in ("PER_NETWORK", "PER_AGENCY"):
            with patch.object(public_form, limit, 1):
                first, _ticket = self._post(self.flat._get_public_url())
                self.assertEqual(first.status_code, 200)
                kept = self.env["crm.intake"].search([("source", "=", "homes")])
                second, _ticket = self._post(self.flat._get_public_url(), message="My question")
                self.assertEqual(second.status_code, 429)
                self.assertIn("in a minute", second.text)
                self.assertIn("My question", second.text)
                self.assertEqual(self.env["crm.intake"].search([("source", "=", "homes")]), kept)
            kept.unlink()

    def test_a_visit_at_a_free_time(self):
        slot = self.flat._get_visit_choices()[0][0]
        self._post(self.flat._get_public_url(), slot=slot)
        visit = self._get_visit(self._process())
        self.assertEqual((visit.state, fields.Datetime.to_string(visit.start)), ("planned", slot))
        self.assertEqual((visit.user_id, visit.partner_ids.email), (self.agent, "vera@example.com"))
        with patch.object(type(self.env["realestate.property"]), "_get_visit_choices", lambda prop: [(slot, "x")]):
            self._post(self.flat._get_public_url(), slot=slot, email="late@example.com")
        late = self._get_visit(self._process())
        self.assertEqual((late.state, late.activity_ids.user_id), ("draft", self.agent))

    def test_alerts_with_consent(self):
        self._post(f"{self.base}/alerts", price_max="250.000", zones="Harbour", consent="1")
        intake = self._process()
        demand = self.env["realestate.demand"].browse(intake.res_id)
        self.assertEqual((demand.price_max, demand.zone_ids, demand.mail_frequency), (250000, self.zone, "daily"))
        self.assertTrue(intake.partner_id._has_consent("property_alerts"))
        self._post(f"{self.base}/alerts", email="no@example.com")
        demand = self.env["realestate.demand"].browse(self._process().res_id)
        self.assertEqual(demand.mail_frequency, "never")

    def test_sell_my_home(self):
        self._post(f"{self.base}/sell", street="Carrer Nou 3", city="Brisamar", price="300.000 €", type="flat")
        intake = self._process()
        prop = self.env["realestate.property"].browse(intake.res_id)
        self.assertEqual((prop.state, prop.owner_price, prop.type_id), ("prospect", 300000, self.kind))
        self.assertEqual(prop.party_ids.partner_id, intake.partner_id)
        lead = intake.lead_id
        self.assertEqual((lead.pipeline_id.code, lead.realestate_side), ("property_listing", "owner"))
        prop.action_valuate()
        self.assertEqual(lead.stage_id, self.env.ref("crm_realestate.crm_stage_listing_valuation"))
        end = fields.Date.today() + timedelta(days=90)
        self.env["realestate.mandate"].create({"property_id": prop.id, "date_end": end}).action_sign()
        self.assertEqual(lead.won_status, "won")

    def test_clients_own_page(self):
        self.buyer._record_consent("property_alerts", "granted", "test")
        demand = self._make_demand()
        url = demand._get_public_url().removeprefix(demand.get_base_url())
        page = self.url_open(url)
        self.assertIn("Flat", page.text)
        self.assertIn("no-store", page.headers["Cache-Control"])
        match = demand._find_shown_matches().filtered(lambda one: one.property_id == self.flat)
        other = self._make_demand(partner_id=self.other_buyer.id)._find_shown_matches()[:1]
        self.url_open(url, data={"step": "interested", "match": match.id})
        self.url_open(url, data={"step": "dismiss", "match": other.id})
        self.assertEqual(self.url_open(url, data={"step": "dismiss", "match": "9" * 30}).status_code, 200)
        self.assertEqual((match.state, other.state), ("interested", "new"))
        self.assertEqual(demand.activity_ids.user_id, self.agent)
        self.assertIn("Stop", self.url_open(f"{url}?step=stop").text)
        self.assertEqual(demand.mail_frequency, "daily")
        self.url_open(url, data={"List-Unsubscribe": "One-Click"})
        self.assertEqual(demand.mail_frequency, "never")
        self.assertFalse(self.buyer._has_consent("property_alerts"))
        self.assertEqual(self.url_open(url[:-1]).status_code, 404)
