from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common import AGENT, COORDINATOR, PIXEL, RealEstateCase

# The same for all agencies of a database: words to describe homes with.
VOCABULARY = {
    "realestate.zone",
    "realestate.property.type",
    "realestate.feature",
    "realestate.objection",
}
# Nobody's to read: lists of work of the machine.
NOBODYS = {"realestate.feed.line", "realestate.match.queue"}
# Whose home it is, on which terms and where its keys are is for its agent and for coordinators.
OF_THE_OWNER = {
    "realestate.party",
    "realestate.mandate",
    "realestate.key",
    "realestate.key.move",
}


@tagged("post_install", "-at_install")
class TestIsolation(RealEstateCase):
    """An agency with one record of everything, asked over RPC by those it should be closed to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rival = {"company_id": cls.company_b.id, "company_ids": [Command.set(cls.company_b.ids)]}
        cls.rival_agent = cls._make_user("rival_agent", AGENT, **rival)
        cls.rival_coordinator = cls._make_user("rival_coordinator", COORDINATOR, **rival)
        cls.kind = cls.env.ref("crm_realestate.realestate_property_type_flat")
        cls._fill_stock()
        cls._fill_deals()
        cls._fill_feeds()
        cls.env.flush_all()

    @classmethod
    def _make(cls, model, **values):
        return cls.env[f"realestate.{model}"].create(values)

    @classmethod
    def _fill_stock(cls):
        of_flat = {"property_id": cls.flat.id}
        cls.flat.write({"type_id": cls.kind.id, "area_built": 100})
        cls._make("party", partner_id=cls.buyer.id, **of_flat)
        cls._make("image", image_1920=PIXEL, **of_flat)
        cls._make("document", kind="registry", **of_flat)
        cls._make("mandate", kind="non_exclusive", state="signed", user_id=cls.agent.id, **of_flat)
        key = cls._make("key", name="Tag 1", **of_flat)
        cls._make("key.move", key_id=key.id, partner_id=cls.agent.partner_id.id)
        cls._make(
            "comparable", name="Other", zone_id=cls.zone.id, type_id=cls.kind.id, price=190000, area_built=100
        )  # fmt: skip

    @classmethod
    def _fill_deals(cls):
        start = fields.Datetime.now() + timedelta(days=1)
        client, of_flat = {"partner_id": cls.buyer.id}, {"property_id": cls.flat.id, "user_id": cls.agent.id}
        cls._make("demand", zone_ids=[Command.set(cls.zone.ids)], user_id=cls.agent.id, **client)
        cls.env["realestate.match"]._refresh()
        cls._make("visit", start=start, state="planned", **of_flat)
        cls._make("offer", amount=190000, **client, **of_flat)
        booking = cls._make("booking", partner_ids=[Command.set(cls.buyer.ids)], **of_flat)
        booking.action_propose_commissions()
        development = cls._make("development", name="Gardens", user_id=cls.agent.id)
        cls._make("registration", development_id=development.id, user_id=cls.agent.id, **client)

    @classmethod
    def _fill_feeds(cls):
        feed = cls._make("feed", name="Portal")
        cls._make("feed.item", feed_id=feed.id, property_id=cls.flat.id, fingerprint="x", date=fields.Datetime.now())
        cls._make("feed.import", name="Partner")
        cls._make("feed.photo", property_id=cls.flat.id, url="https://feeds.example.com/1.jpg")

    # ------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------

    def _get_models(self):
        """Return the models of the addon that keep something of an agency."""
        kept = {
            name
            for name, model in self.env.items()
            if name.startswith("realestate.") and not model._abstract and not model._transient
        }
        return sorted(kept - VOCABULARY - NOBODYS)

    def _ask(self, user, model, method, *args, **kwargs):
        """Return what a user gets over RPC, with a cache of their own; None if refused."""
        self.env.invalidate_all()
        try:
            with self.env.cr.savepoint():
                return call_kw(self.env[model].with_user(user), method, list(args), kwargs)
        except AccessError:
            return None

    def _get_ids(self, model):
        """Return all there is of the agency, as the database has it."""
        records = self.env[model].search([("company_id", "=", self.company.id)])
        self.assertTrue(records, f"Add a {model} to this test")
        return records.ids

    def _assert_closed(self, user, model):
        """Assert that a user finds nothing of the agency, whichever way."""
        ids = self._get_ids(model)
        domain = [("id", "in", ids)]
        for method, args in (
            ("search_read", [domain, ["display_name"]]),
            ("search", [domain]),
            ("search_count", [domain]),
            ("web_search_read", [domain, {"display_name": {}}]),
            ("formatted_read_group", [domain, ["company_id"], ["__count"]]),
            ("name_search", ["", domain]),
        ):
            answer = self._ask(user, model, method, *args)
            found = answer.get("records") if isinstance(answer, dict) else answer
            self.assertFalse(found, f"{user.name}: {model}.{method}")
        self.assertIsNone(self._ask(user, model, "read", ids, ["display_name"]), f"{user.name}: {model}.read")
        self.assertIsNone(self._ask(user, model, "web_read", ids, {"display_name": {}}), f"{model}.web_read")

    def test_another_agency_finds_nothing(self):
        for model in self._get_models():
            for user in (self.rival_agent, self.rival_coordinator, self.stranger):
                with self.subTest(model=model, user=user.name):
                    self._assert_closed(user, model)

    def test_another_agency_changes_nothing(self):
        for model in self._get_models():
            ids = self._get_ids(model)
            for user in (self.rival_agent, self.stranger):
                with self.subTest(model=model, user=user.name):
                    self.assertIsNone(self._ask(user, model, "write", ids, {"company_id": self.company_b.id}))
                    self.assertIsNone(self._ask(user, model, "unlink", ids))
        self.assertEqual(self.flat.company_id, self.company)

    def test_what_is_the_owners_is_closed_to_colleagues(self):
        for model in OF_THE_OWNER:
            with self.subTest(model=model):
                self._assert_closed(self.colleague, model)
                ids = self._get_ids(model)
                for user in (self.agent, self.coordinator, self.manager):
                    self.assertTrue(self._ask(user, model, "read", ids, ["display_name"]), f"{user.name}: {model}")
        private = self.env["realestate.document"].search([("is_private", "=", True)])
        self.assertIsNone(self._ask(self.colleague, "realestate.document", "read", private.ids, ["file"]))

    def test_owners_do_not_leak_through_the_property(self):
        told = self._ask(self.colleague, "realestate.property", "read", self.flat.ids)[0]
        for name in ("party_ids", "mandate_ids", "key_ids", "document_ids"):
            self.assertEqual(told[name], [], name)
        domain = [("party_ids.partner_id", "=", self.buyer.id)]
        self.assertFalse(self._ask(self.colleague, "realestate.property", "search", domain))

    def test_machines_work_is_nobodys(self):
        for model in NOBODYS:
            for user in (self.agent, self.manager, self.stranger):
                self.assertIsNone(self._ask(user, model, "search_read", [], ["id"]), f"{user.name}: {model}")
