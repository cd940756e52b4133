from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import RealEstateCase


@tagged("post_install", "-at_install")
class TestSecurity(RealEstateCase):
    def _assert_refused(self, operation):
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            operation()
            self.env.flush_all()

    def test_every_model_has_rights_and_a_company_rule(self):
        models = [
            name
            for name, model in self.env.items()
            if name.startswith("realestate.") and not model._abstract and model._auto
        ]
        self.assertIn("realestate.property", models)
        for name in models:
            model = self.env["ir.model"]._get(name)
            self.assertTrue(model.access_ids, f"{name} has no access rights")
            if "company_id" in self.env[name]._fields and not self.env[name]._transient:
                shared = model.rule_ids.filtered(lambda rule: not rule.groups)
                self.assertIn("company_ids", "".join(shared.mapped("domain_force")), f"{name} has no company rule")

    def test_agents_see_all_and_change_their_own(self):
        flat = self.flat.with_user(self.colleague)
        self.assertEqual(flat.name, "Flat")
        self._assert_refused(lambda: flat.write({"name": "Mine"}))
        self._assert_refused(lambda: self.flat.with_user(self.agent).unlink())
        self.flat.with_user(self.agent).name = "Mine"
        self.flat.with_user(self.coordinator).name = "Ours"
        self.flat.with_user(self.manager).unlink()

    def test_nobody_else_enters(self):
        self._assert_refused(lambda: self.flat.with_user(self.seller).read(["name"]))
        self._assert_refused(lambda: self.env["realestate.zone"].with_user(self.seller).search([]))

    def test_companies_are_apart(self):
        self.assertFalse(self.env["realestate.property"].with_user(self.stranger).search([("id", "=", self.flat.id)]))
        self._assert_refused(lambda: self.flat.with_user(self.stranger).read(["name"]))
        self._assert_refused(lambda: self.flat.with_user(self.stranger).write({"name": "Stolen"}))
        self._assert_refused(lambda: self.flat.price_history_ids.with_user(self.stranger).read(["new_price"]))

    def test_owners_are_for_those_who_need_them(self):
        party = self.env["realestate.party"].create({"property_id": self.flat.id, "partner_id": self.buyer.id})
        self.assertEqual(self.flat.with_user(self.agent).party_ids, party)
        self.assertEqual(self.flat.with_user(self.coordinator).party_ids, party)
        self.env.invalidate_all()
        self.assertFalse(self.flat.with_user(self.colleague).party_ids)
        self.assertFalse(self.flat.with_user(self.colleague).show_parties)
        self._assert_refused(lambda: party.with_user(self.colleague).read(["partner_id"]))
        self._assert_refused(lambda: party.with_user(self.stranger).read(["partner_id"]))

    def test_price_history_is_nobodys_to_write(self):
        row = self.flat.price_history_ids
        self._assert_refused(lambda: row.with_user(self.manager).write({"new_price": 1}))
        self._assert_refused(lambda: row.with_user(self.manager).unlink())

    def test_vocabulary_is_the_managers(self):
        self._assert_refused(lambda: self.zone.with_user(self.agent).write({"name": "Z"}))
        self.zone.with_user(self.coordinator).name = "Y"
        self._assert_refused(lambda: self.zone.with_user(self.coordinator).unlink())
        self._assert_refused(
            lambda: self.env["realestate.property.type"].with_user(self.coordinator).create({"name": "Z"})
        )
        self.env["realestate.property.type"].with_user(self.manager).create({"name": "Z"})

    def test_visits(self):
        visit = self.env["realestate.visit"].with_user(self.agent).create({"property_id": self.flat.id})
        self.assertEqual(visit.user_id, self.agent)
        self.assertTrue(visit.with_user(self.colleague).display_name)
        self._assert_refused(lambda: visit.with_user(self.colleague).write({"comment": "x"}))
        self._assert_refused(lambda: visit.with_user(self.stranger).read(["comment"]))
        self._assert_refused(lambda: visit.with_user(self.seller).read(["comment"]))
        visit.with_user(self.coordinator).comment = "x"
        self._assert_refused(lambda: visit.with_user(self.coordinator).unlink())
        visit.with_user(self.manager).unlink()

    def test_bookings(self):
        model = self.env["realestate.booking"]
        booking = model.with_user(self.agent).create({"property_id": self.flat.id})
        self.assertEqual(booking.user_id, self.agent)
        booking.action_hold()
        self.assertTrue(booking.with_user(self.colleague).display_name)
        self._assert_refused(lambda: booking.with_user(self.colleague).action_cancel())
        self._assert_refused(lambda: booking.line_ids.with_user(self.colleague).write({"sequence": 3}))
        for user in (self.stranger, self.seller):
            self._assert_refused(lambda user=user: booking.with_user(user).read(["state"]))
            self._assert_refused(lambda user=user: booking.line_ids.with_user(user).read(["state"]))
        booking.with_user(self.coordinator).action_cancel()
        self._assert_refused(lambda: booking.with_user(self.coordinator).unlink())
        booking.with_user(self.manager).unlink()

    def test_companies_do_not_mix(self):
        foreign = self.env["realestate.property"].create(
            {"name": "Elsewhere", "company_id": self.company_b.id, "user_id": self.stranger.id}
        )
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.env["realestate.booking"].create(
                {"property_id": self.flat.id, "line_ids": [(0, 0, {"property_id": foreign.id})]}
            )
        self._assert_refused(
            lambda: self.env["realestate.booking"].with_user(self.agent).create({"property_id": foreign.id})
        )
