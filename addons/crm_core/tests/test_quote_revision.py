from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_quote import QuoteCase


@tagged("post_install", "-at_install")
class TestRevision(QuoteCase):
    def setUp(self):
        super().setUp()
        self.order.action_quotation_sent()

    def _revise(self, **line):
        revision = self.order.with_user(self.seller)._revise()
        revision.order_line.write({"price_unit": 90, **line})
        return revision

    def test_a_revision_replaces_the_former(self):
        revision = self._revise()
        self.assertEqual(revision.name, f"{self.order.name}-2")
        self.assertEqual((revision.state, revision.revision_number), ("draft", 2))
        self.assertEqual(revision.opportunity_id, self.lead)
        self.assertEqual((self.order.state, self.order.superseded_by_id), ("cancel", revision))
        self.assertEqual(self.order.quote_status, "superseded")
        third = revision
        third.action_quotation_sent()
        third = third._revise()
        self.assertEqual(third.name, f"{self.order.name}-3")
        self.assertEqual(third.revision_root_id, self.order)
        self.assertEqual(self.order._get_current_revision(), third)
        self.assertEqual(third._get_revision_family().mapped("revision_number"), [1, 2, 3])

    def test_what_cannot_be_revised(self):
        with self.assertRaisesRegex(UserError, "no need for a revision"):
            self._order()._revise()
        revision = self._revise()
        with self.assertRaisesRegex(UserError, f"replaced by {revision.name} already"):
            self.order._revise()
        with self.assertRaisesRegex(UserError, "Work on that one"):
            self.order.action_draft()
        revision.action_confirm()
        with self.assertRaisesRegex(UserError, "was accepted"):
            revision._revise()

    def test_the_former_opens_again_when_its_revision_is_given_up(self):
        revision = self._revise()
        revision.action_cancel()
        self.order.with_user(self.seller).action_draft()
        self.assertEqual((self.order.state, self.order.quote_status), ("draft", False))
        self.assertFalse(self.order.superseded_by_id)
        self.order.action_quotation_sent()
        self.assertEqual(self.order._revise().revision_number, 3, "a number is never used twice")

    def test_differences(self):
        revision = self._revise(name="Good advice")
        revision.order_line.copy({"order_id": revision.id, "name": "Travel", "price_unit": 20})
        revision.note = "<p>Ten days</p>"
        changes = {change["kind"]: change for change in revision._get_changes(self.order)}
        self.assertEqual(set(changes), {"changed", "added", "terms", "totals"})
        fields = {part["label"]: (part["before"], part["after"]) for part in changes["changed"]["fields"]}
        self.assertEqual(set(fields), {"Description", "Unit price"})
        self.assertEqual(fields["Description"], ("Advice", "Good advice"))
        self.assertEqual(changes["added"]["title"], "Travel")
        self.assertIn("Good advice", revision.revision_changes)
        self.assertFalse(self.order.revision_changes)

    def test_a_copy_is_no_revision(self):
        copy = self._revise().copy()
        self.assertFalse(copy.revision_root_id or copy.order_line.revised_line_id)
        self.assertEqual(copy.revision_number, 1)

    def test_each_revision_is_accepted_once(self):
        with self._accepted() as hook:
            revision = self._revise()
            revision.action_confirm()
            revision._action_confirm()
            self.assertEqual(hook.call_count, 1)
        revision._action_cancel()
        revision.action_draft()
        self.assertEqual(revision.revision_number, 3)

    def test_the_database_refuses_a_number_twice(self):
        revision = self._revise()
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self._order().write({"revision_root_id": revision.revision_root_id.id, "revision_number": 2})
            self.env.flush_all()
