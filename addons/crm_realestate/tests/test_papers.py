import base64
import io
from datetime import timedelta

from freezegun import freeze_time
from openpyxl import load_workbook

from odoo import fields
from odoo.fields import Command
from odoo.tests import Form, HttpCase, new_test_user, tagged

from .common import RealEstateCase


@tagged("post_install", "-at_install")
class TestPapers(RealEstateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kind = cls.env.ref("crm_realestate.realestate_property_type_flat")
        cls.flat.write({"type_id": cls.kind.id, "area_built": 100, "energy_rating": "C"})
        cls.owner = cls.env["res.partner"].create(
            {"name": "Olga Owner", "email": "olga@example.com", "vat": "X1", "street": "S 1", "city": "Brisamar"}
        )
        cls.flat.party_ids = [Command.create({"partner_id": cls.owner.id})]

    def test_price_study(self):
        near = {"type_id": self.kind.id, "area_built": 90, "price_sale": 180000}
        self._make_property("Near", **near)
        self._make_property("Too large", **{**near, "area_built": 140})
        franc = self.env["res.currency"].create({"name": "XFT", "symbol": "F"})
        self._make_property("Other money", **{**near, "price_sale": 9, "currency_id": franc.id})
        self._make_property("Elsewhere", **{**near, "zone_id": self.env["realestate.zone"].create({"name": "Far"}).id})
        self.env["realestate.comparable"].with_user(self.agent).create(
            [
                {"name": name, "zone_id": self.zone.id, "type_id": self.kind.id, "area_built": 100, "price": price}
                for name, price in (("One", 220000), ("Two", 260000))
            ]
        )
        study = self.flat.with_user(self.agent)._prepare_price_study()
        self.assertEqual((study["low"], study["median"], study["high"]), (2000, 2200, 2600))
        self.assertEqual(study["suggested"], 220000)
        self.flat.with_user(self.agent).action_propose_price()
        self.assertEqual(self.flat.valuation_price, 220000)

    def test_prices_by_zone(self):
        today = fields.Date.today()
        home = {"zone_id": self.zone.id, "type_id": self.kind.id, "area_built": 100, "company_id": self.company.id}
        homes = self.env["realestate.comparable"].with_user(self.agent)
        for price in (300000, 210000, 250000, 190000):
            homes.create({**home, "name": "Seen", "price": price})
        homes.create({**home, "name": "Long ago", "price": 1000, "date": today - timedelta(days=500)})
        homes.create({**home, "name": "To let", "price": 900, "operation": "rent"})
        level = self.env["realestate.price.level"].with_user(self.agent).search([("zone_id", "=", self.zone.id)])
        told = {
            one.operation: (one.others_count, one.others_lowest, one.others_median, one.ours_count, one.ours_median)
            for one in level
        }
        self.assertEqual(told, {"sale": (4, 1900, 2300, 1, 2000), "rent": (1, 9, 9, 0, 0)})
        self.assertEqual(homes.search([("price", "=", 300000)]).price_per_m2, 3000)

    def test_prints(self):
        for code, told in (
            ("brochure", "Energy label"),
            ("window_card", "T-1"),
            ("owner_report", "days on the market"),
            ("price_study", "Price study"),
        ):
            html, _kind = (
                self.env["ir.actions.report"]
                .with_user(self.agent)
                ._render_qweb_html(f"crm_realestate.report_{code}", self.flat.ids)
            )
            self.assertIn(told, html.decode(), code)
            self.assertIn("Flat", html.decode(), code)

    def test_figures(self):
        visit = (
            self.env["realestate.visit"]
            .with_user(self.agent)
            .create({"property_id": self.flat.id, "start": fields.Datetime.now(), "state": "planned"})
        )
        visit.action_done()
        bookings = self.env["realestate.booking"].with_user(self.agent)
        bookings.create({"property_id": self.flat.id, "state": "contracted", "price_agreed": 190000})
        today = fields.Date.today()
        self.parking.write({"date_listed": today - timedelta(days=30), "state": "closed_sold"})
        end = {"date_end": today + timedelta(days=5), "state": "signed"}
        self.env["realestate.mandate"].create({"property_id": self.flat.id, "kind": "non_exclusive", **end})
        offer = {"property_id": self.flat.id, "partner_id": self.buyer.id, "amount": 190000, "user_id": self.agent.id}
        self.env["realestate.offer"].create({**offer, "state": "sent"})
        kpi = self.env["realestate.kpi"].with_user(self.coordinator).create({})
        self.assertIn("download", kpi.action_export()["url"])
        book = load_workbook(io.BytesIO(base64.b64decode(kpi.file)))
        sheets = {sheet.title: [list(row) for row in sheet.values] for sheet in book}
        deals, stock = dict(sheets["Deals"]), {row[0]: row[1] for row in sheets["Stock"]}
        wanted = {
            "Visits": 1,
            "Offers": 1,
            "Bookings": 1,
            "Contracts": 1,
            "Visits for a contract": 1,
            "Offers of 100 visits": 100,
            "Contracts of 100 bookings": 100,
            "Holds that expired (%)": 0,
            "Agreed of what was asked (%)": 95,
        }
        self.assertEqual({name: deals[name] for name in wanted}, wanted)
        wanted = {
            "Under contract": 1,
            "With an exclusive mandate": 0,
            "Sold or let": 1,
            "Days on the market until then": 30,
        }
        self.assertEqual({name: stock[name] for name in wanted}, wanted)
        self.assertIn(["Agent", 1, 1, 1, 5700], sheets["Agents"])
        self.assertEqual(sheets["Agents"][0][-1], f"Fees of contracts ({self.company.currency_id.name})")
        self.assertEqual((book["Agents"].freeze_panes, book["Deals"]["B2"].number_format), ("A2", "#,##0"))

    def test_documents_of_a_booking_have_both_parties(self):
        booking = self.env["realestate.booking"].create(
            {"property_id": self.flat.id, "partner_ids": [Command.set(self.buyer.ids)], "user_id": self.agent.id}
        )
        parties = booking.with_user(self.agent)._get_document_parties()
        self.assertEqual((parties["buyer"], parties["seller"]), (self.buyer, self.owner))
        templates = self.env["crm.document.template"]
        self.assertEqual(templates._get_for(booking)[:1].realestate_operation, "sale")
        booking.operation = "rent"
        self.assertEqual(templates._get_for(booking)[:1].realestate_operation, "rent")
        booking.operation = "sale"
        visit = self.env["realestate.visit"].create(
            {"property_id": self.flat.id, "partner_ids": [Command.set(self.buyer.ids)]}
        )
        self.assertEqual(visit._get_document_parties()["buyer"], self.buyer)
        for record, xmlid in (
            (booking, "arras"),
            (booking, "sale"),
            (booking, "rent"),
            (visit, "visit_sheet"),
        ):
            template = self.env.ref(f"crm_realestate.crm_document_template_{xmlid}")
            document = self.env["crm.document"].create(
                {"template_id": template.id, "res_model": record._name, "res_id": record.id}
            )
            self.assertTrue(document.display_name)
        booking._on_document_signed(document)
        self.assertEqual(booking.state, "draft")
        booking.action_confirm()
        booking._on_document_signed(document.search([("res_id", "=", booking.id), ("kind", "=", "contract")], limit=1))
        self.assertEqual(booking.state, "contracted")


@tagged("post_install", "-at_install")
class TestPortal(HttpCase, RealEstateCase):
    """Olga sells the flat and buys the parking space."""

    browser_size, touch_enabled = "390x844", True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(
            cls.env, "re_portal", "base.group_portal", name="Olga Owner", email="olga@example.com",
            password="re_portal_password", vat="X1", street="S 1", city="Brisamar",
        )  # fmt: skip
        cls.flat.party_ids = [Command.create({"partner_id": cls.user.partner_id.id})]
        cls.parking.party_ids = [Command.create({"partner_id": cls.user.partner_id.copy({"name": "Selma"}).id})]
        cls._make_visit(cls.flat, cls.buyer, days=1).write(
            {
                "interest": "no",
                "comment": "Secret remark",
                "objection_ids": [Command.link(cls.env.ref("crm_realestate.realestate_objection_noise").id)],
                "state": "done",
            }
        )
        cls._make_visit(cls.parking, cls.user.partner_id, days=2)
        booking = cls.env["realestate.booking"].create(
            {"property_id": cls.parking.id, "partner_ids": [Command.link(cls.user.partner_id.id)], "state": "held"}
        )
        cls.env.ref("crm_realestate.crm_document_template_arras")._create_documents(booking).action_send()

    @classmethod
    def _make_visit(cls, prop, partner, days):
        start = fields.Datetime.now() + timedelta(days=days)
        values = {"property_id": prop.id, "partner_ids": [Command.link(partner.id)], "start": start}
        return cls.env["realestate.visit"].with_user(cls.agent).create({**values, "state": "planned"})

    def test_figures_of_a_period(self):
        with freeze_time("2026-11-26 10:00:00"), Form(self.env["realestate.kpi"].with_user(self.coordinator)) as form:
            self.assertEqual((str(form.date_from), str(form.date_to)), ("2026-08-28", "2026-11-26"))
            form.period = "month"
            self.assertEqual((str(form.date_from), str(form.date_to)), ("2026-10-01", "2026-10-31"))
            form.period = "own"
            form.date_from = "2026-01-05"
            self.assertEqual((str(form.date_from), str(form.date_to)), ("2026-01-05", "2026-10-31"))
            form.period = "year"
            self.assertEqual((str(form.date_from), str(form.date_to)), ("2026-01-01", "2026-11-26"))

    def test_owner_on_a_phone(self):
        self.start_tour("/my", "crm_realestate_portal_owner", login=self.user.login)

    def test_buyer_on_a_phone(self):
        self.start_tour("/my", "crm_realestate_portal_buyer", login=self.user.login)

    def test_times_are_those_of_the_place(self):
        self.agent.tz = "Asia/Tokyo"
        booking = self.parking.booking_id
        booking.user_id = self.agent
        self.authenticate(self.user.login, "re_portal_password")
        for path, moment in (
            ("/my/bookings", booking.date_expiry),
            (f"/my/properties/{self.flat.id}", self.flat.visit_ids.start),
        ):
            there = moment + timedelta(hours=9)
            self.assertIn(f"{there.day} {there:%b %Y, %H:%M}", self.url_open(path).text, path)

    def test_nobody_sees_what_is_not_theirs(self):
        self.authenticate(self.user.login, "re_portal_password")
        page = self.url_open(f"/my/properties/{self.flat.id}").text
        for secret in ("Berta", "Secret remark"):
            self.assertNotIn(secret, page)
        self.assertEqual(self.url_open(f"/my/properties/{self.parking.id}").status_code, 404)
        for path in ("/my/visits", "/my/bookings"):
            self.assertNotIn("T-1", self.url_open(path).text)
