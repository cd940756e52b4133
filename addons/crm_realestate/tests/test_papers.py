from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

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
        bookings.create({"property_id": self.flat.id, "state": "contracted", "fee_amount": 6000})
        kpi = self.env["realestate.kpi"].with_user(self.coordinator).create({})
        sheets = dict(kpi._get_sheets())
        self.assertIn(["Visits for a contract", 1.0], sheets["Deals"])
        self.assertIn(["Agent", 1, 0, 1, 6000.0], sheets["Agents"][1:])
        self.assertTrue([row for row in sheets["Stock"] if row[:2] == ["Under contract", 1]])
        self.assertIn("download", kpi.action_export()["url"])
        self.assertTrue(kpi.file)

    def test_documents_of_a_booking_have_both_parties(self):
        booking = self.env["realestate.booking"].create(
            {"property_id": self.flat.id, "partner_ids": [Command.set(self.buyer.ids)], "user_id": self.agent.id}
        )
        parties = booking.with_user(self.agent)._get_document_parties()
        self.assertEqual((parties["buyer"], parties["seller"]), (self.buyer, self.owner))
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


@tagged("post_install", "-at_install")
class TestPortal(HttpCase, RealEstateCase):
    def test_owner_and_client_see_their_own(self):
        login = "re_portal"
        user = new_test_user(self.env, login, "base.group_portal", name="Olga Owner", password="re_portal_password")
        self.flat.party_ids = [Command.create({"partner_id": user.partner_id.id})]
        visit = self.env["realestate.visit"].create(
            {
                "property_id": self.flat.id,
                "partner_ids": [Command.set(self.buyer.ids)],
                "start": fields.Datetime.now(),
                "state": "planned",
            }
        )
        visit.write({"interest": "yes", "comment": "Secret remark"})
        visit.action_done()
        self.authenticate(login, "re_portal_password")
        self.assertIn("Flat", self.url_open("/my/properties").text)
        page = self.url_open(f"/my/properties/{self.flat.id}").text
        self.assertIn("Interested", page)
        for secret in ("Berta", "Secret remark"):
            self.assertNotIn(secret, page)
        self.assertEqual(self.url_open(f"/my/properties/{self.parking.id}").status_code, 404)
        self.assertNotIn("Flat", self.url_open("/my/visits").text)
        self.env["realestate.booking"].create(
            {"property_id": self.parking.id, "partner_ids": [Command.set(user.partner_id.ids)], "state": "held"}
        )
        self.assertIn("Parking", self.url_open("/my/bookings").text)
        self.assertEqual(self.url_open("/my").status_code, 200)
