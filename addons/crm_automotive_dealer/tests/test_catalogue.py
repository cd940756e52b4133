from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import DealerCommon


@tagged("post_install", "-at_install")
class TestCatalogue(DealerCommon):
    """The maker's models and dealers reach the dealers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.link = cls._connect()

    def _receive(self, models_, brand="Nueva"):
        """Take a catalogue in as from another database."""
        entry = self.env["crm.exchange.inbox"].new({"peer_id": self.link.id, "company_id": self.dealer.id})
        data = {"state": "published", "brand": brand, "models": models_}
        content = {"data": data, "subject": "0b3b0a3e-8d0c-4b8e-9f1e-3c7f6e1d2a10"}
        return self.env["automotive.catalogue"]._exchange_receive(content, entry)[0]

    def test_models_are_added_and_known_again_by_name_or_code(self):
        catalogue = self._receive([{"name": "Alba", "code": "AL"}, {"name": "Bici", "type": "bike"}])
        self.assertEqual(sorted(catalogue.brand_id.model_ids.mapped("name")), ["Alba", "Bici"])
        self.assertEqual(catalogue.news, "Alba, Bici")
        catalogue.brand_id.model_ids.filtered(lambda model: model.name == "Bici").active = False
        self._receive([{"name": "Alba II", "code": "AL"}, {"name": "bici", "code": "BI"}, {"name": "Coral"}])
        self.assertEqual(sorted(catalogue.brand_id.model_ids.mapped("name")), ["Alba", "Coral"])
        self.assertEqual(catalogue.news, "Coral", "what the dealer renamed or archived stays so")

    def test_what_arrives_is_looked_at(self):
        for models_ in (None, [1], [{"name": ""}], [{"name": "x" * 65}], [{"name": "a"}] * 2001):
            with self.assertRaisesRegex(UserError, "cannot be used"):
                self._receive(models_)
        with self.assertRaisesRegex(UserError, "cannot be used"):
            self._receive([{"name": "Alba"}], brand=7)

    def test_from_the_maker_to_the_dealer(self):
        catalogue = self.env["automotive.catalogue"].with_user(self.mia).create({"brand_id": self.brand.id})
        catalogue.action_publish()
        self._run_exchange()
        here = self.env["automotive.catalogue"].search([("origin_peer_id", "=", self.link.id)])
        self.assertEqual((here.brand_id, here.news), (self.brand, False))
        with self.assertRaises(AccessError):
            catalogue.with_user(self.olga).read(["state"])
        Form(catalogue)
        empty = self.env["fleet.vehicle.model.brand"].create({"name": "Empty"})
        with self.assertRaisesRegex(UserError, "has no models yet"):
            self.env["automotive.catalogue"].with_user(self.mia).create({"brand_id": empty.id}).action_publish()

    def test_dealers_are_told_of_each_other_and_of_who_left(self):
        near = (
            self.env["automotive.dealer"]
            .with_user(self.mia)
            .create(
                {"name": "Near Autos", "code": "ES-9", "city": "Brisamar", "country_id": self.env.ref("base.es").id}
            )
        )
        with self.assertRaisesRegex(UserError, "a phone or an e-mail"):
            near.action_publish()
        near.phone = "+34 600 000 188"
        near.action_publish()
        self._run_exchange()
        here = self.env["automotive.dealer"].search([("origin_peer_id", "=", self.link.id)])
        self.assertEqual(
            (here.name, here.country_id.code, here.with_user(self.dora).phone), ("Near Autos", "ES", near.phone)
        )
        near.action_close()
        self._run_exchange()
        self.assertEqual(here.state, "closed")
        with self.assertRaises(AccessError):
            here.with_user(self.dora).write({"phone": "1"})
        Form(near)
