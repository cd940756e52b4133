import json

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.crm_automotive_dealer.tools import envelope, schema

from .common import DealerCommon


@tagged("post_install", "-at_install")
class TestSchema(DealerCommon):
    """What each kind of message says is written down, and both ends keep to it.

    Every message that any test sends passes the sender's and the receiver's check.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.link = cls._connect()
        cls.far = cls.link._get_counterpart()

    def test_every_kind_has_its_schema(self):
        received = set(self.env["crm.exchange.inbox"]._get_handlers())
        self.assertEqual(received | {schema.ENVELOPE}, schema.kinds())
        for kind in schema.kinds():
            self.assertIn("data must", schema.problem(kind, []), kind)

    def test_every_kind_has_a_name_for_people(self):
        titles = self.env["crm.exchange.message"]._get_titles()
        self.assertEqual({kind.rpartition(".")[0] for kind in schema.kinds() - {schema.ENVELOPE}}, set(titles))
        feedback = self._feedback()
        feedback.action_submit()
        self.assertEqual(self._messages(feedback).title, "Feedback of a customer")

    def test_envelope(self):
        feedback = self._feedback()
        feedback.action_submit()
        content = json.loads(self._messages(feedback).payload)
        self.assertIsNone(schema.problem(schema.ENVELOPE, content))
        for name in ("id", "type", "subject", "seq", "data"):
            broken = {key: value for key, value in content.items() if key != name}
            self.assertTrue(schema.problem(schema.ENVELOPE, broken))
            with self.assertRaises(ValueError):
                envelope.parse(json.dumps(broken).encode())

    def test_sender_says_what_is_wrong_before_anything_leaves(self):
        topic = self.env["automotive.feedback.topic"].create({"name": "T" * 300})
        feedback = self._feedback(topic_id=topic.id)
        with self.assertRaisesRegex(UserError, f"{feedback.name}.*data.topic must be shorter"), self.env.cr.savepoint():
            feedback.action_submit()
        self.env.invalidate_all()
        self.assertEqual((feedback.state, len(self._messages(feedback))), ("draft", 0))

    def _receive(self, **change):
        """Let the maker receive a feedback with other data; return (status, body)."""
        feedback = self._feedback()
        feedback.action_submit()
        message = self._messages(feedback)
        content = json.loads(message.payload)
        content["data"].update(change)
        return self.far._receive(json.dumps(content).encode(), message.uuid)

    def test_receiver_rejects_what_is_not_as_agreed(self):
        for change, reason in (
            ({"kind": "x"}, "data.kind must be one of"),
            ({"text": 5}, "data.text must be string"),
            ({"rating": 6}, "data.rating must be smaller"),
            ({"day": "tomorrow"}, "data.day must match pattern"),
        ):
            status, body = self._receive(**change)
            self.assertEqual(status, 422)
            self.assertIn(reason, body["reason"])

    def test_a_newer_sender_may_say_more(self):
        status, body = self._receive(colour="red")
        self.assertEqual((status, body["status"]), (200, "processed"))

    def test_a_text_that_grows_when_it_is_cleaned_still_fits(self):
        feedback = self._feedback(text="a@b.de " * 700 + "x" * 100)
        feedback.action_submit()
        self.assertEqual(len(json.loads(self._messages(feedback).payload)["data"]["text"]), 5000)
