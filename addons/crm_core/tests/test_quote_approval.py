from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .test_quote import PIXEL, QuoteCase


@tagged("post_install", "-at_install")
class TestQuoteApproval(QuoteCase):
    def setUp(self):
        super().setUp()
        self.limit = self.env["crm.quote.limit"].create(
            {"company_id": self.company.id, "kind": "discount", "threshold": 10}
        )
        self.mine = self.order.with_user(self.seller)

    def _discount(self, percent):
        self.order.order_line.discount = percent

    def _ask(self, note="A good customer"):
        wizard = Form(self.env["crm.quote.approve"].with_user(self.seller).with_context(default_order_id=self.order.id))
        wizard.note = note
        wizard.save().action_ask()
        return self.order.approval_ids.filtered(lambda approval: approval.state == "requested")

    def _decide(self, button, note=""):
        context = {"default_order_id": self.order.id, "default_mode": "decide"}
        wizard = Form(self.env["crm.quote.approve"].with_user(self.manager).with_context(**context))
        wizard.note = note
        getattr(wizard.save(), button)()

    def test_within_the_limit(self):
        self._discount(10)
        self.assertFalse(self.mine.approval_state)
        self.mine.action_quotation_sent()
        self.mine.action_confirm()

    def test_beyond_the_limit_nothing_leaves(self):
        self._discount(20)
        self.assertEqual(self.mine.approval_state, "needed")
        self.assertEqual(self.mine.approval_reason, "20 % discount, the limit is 10 %")
        for leave in ("action_quotation_send", "action_quotation_sent", "action_confirm"):
            with self.subTest(leave), self.assertRaisesRegex(UserError, "Ask for approval"):
                getattr(self.mine, leave)()
        with self.assertRaisesRegex(UserError, "Ask for approval"):
            self.mine.with_context(mark_so_as_sent=True).message_post(body="Our offer")

    def test_the_approving_role_is_not_bound(self):
        self._discount(20)
        self.assertFalse(self.order.with_user(self.manager).approval_state)
        self.order.with_user(self.manager).action_quotation_sent()

    def test_only_a_warning(self):
        self.limit.enforcement = "warn"
        self._discount(20)
        self.assertEqual(self.mine.approval_state, "needed")
        self.mine.action_quotation_sent()

    def test_asked_and_approved(self):
        self._discount(20)
        approval = self._ask()
        self.assertEqual(approval.activity_id.user_id, self.manager)
        self.assertIn("20 % discount", approval.activity_id.summary)
        with self.assertRaises(UserError):
            self.mine._request_approval()
        self.assertTrue(self.order.with_user(self.manager).may_approve)
        self.assertFalse(self.mine.may_approve)
        self._decide("action_approve", "Once")
        self.assertEqual((approval.state, approval.approver_id), ("approved", self.manager))
        self.assertFalse(self.order.activity_ids)
        self.assertIn("Once", self.order.message_ids[0].body)
        self.assertIn(self.seller.partner_id, self.order.message_ids[0].partner_ids)
        self.mine.action_quotation_sent()
        self.mine.action_confirm()

    def test_an_approval_covers_what_was_asked_only(self):
        self._discount(20)
        self._ask()
        self._decide("action_approve")
        self._discount(15)
        self.assertEqual(self.mine.approval_state, "approved")
        self._discount(25)
        self.assertEqual(self.mine.approval_state, "needed")
        self._discount(20)
        self.mine.action_quotation_sent()
        revision = self.mine._revise()
        self.assertEqual(revision.approval_state, "needed", "another revision, another decision")

    def test_refused(self):
        self._discount(20)
        self._ask()
        self._decide("action_refuse", "Too much")
        self.assertEqual(self.mine.approval_state, "needed")
        with self.assertRaises(UserError):
            self.mine.action_quotation_sent()
        self.assertTrue(self._ask("Please"))

    def test_one_click_in_my_day(self):
        """Whoever may decide sees it there, once, and decides with one click; nobody else does."""
        self._discount(20)
        approval = self._ask()
        other = new_test_user(
            self.env, "max", "sales_team.group_sale_manager", company_id=self.company.id, company_ids=self.company.ids
        )
        for user in (self.manager, other):
            [record] = self._my_day(user)["approval"]["records"]
            self.assertEqual((record["model"], record["id"]), ("crm.quote.approval", approval.id))
            self.assertEqual(record["open"], {"model": "sale.order", "id": self.order.id})
            self.assertIn("20 % discount", record["subtitle"])
        self.assertNotIn("today", self._my_day(self.manager), "the reminder is not shown a second time")
        self.assertNotIn("approval", self._my_day(self.seller))
        self.assertNotIn("approval", self._my_day(self.seller_b), "another company's")
        method = record["actions"][0]["method"]
        with self.assertRaises(AccessError):
            getattr(approval.with_user(self.seller), method)()
        getattr(approval.with_user(other), method)()
        self.assertEqual((approval.state, approval.approver_id), ("approved", other))
        self.assertNotIn("approval", self._my_day(self.manager))
        self.mine.action_quotation_sent()

    def _my_day(self, user):
        return {section["code"]: section for section in self.env["crm.my.day"].with_user(user).get_my_day()["sections"]}

    def test_no_way_around(self):
        """Programs, imports and later changes stop where the button stops."""
        self._discount(20)
        line = {"product_id": self.order.order_line.product_id.id, "discount": 20}
        values = {"partner_id": self.order.partner_id.id, "company_id": self.company.id, "order_line": [(0, 0, line)]}
        ways = {
            "written as sent": lambda: self.mine.write({"state": "sent"}),
            "written as confirmed": lambda: self.mine.write({"state": "sale"}),
            "made as sent": lambda: self.mine.create({**values, "state": "sent"}),
            "made as confirmed": lambda: self.mine.create({**values, "state": "sale"}),
        }
        for title, way in ways.items():
            with self.subTest(title), self.assertRaisesRegex(UserError, "approval"):
                way()
        answer = self.mine.with_context(import_file=True).load(
            ["partner_id/.id", "state", "order_line/product_id/.id", "order_line/discount"],
            [[str(self.order.partner_id.id), "sent", str(line["product_id"]), "20"]],
        )
        self.assertFalse(answer["ids"])
        self.assertIn("approval", answer["messages"][0]["message"])

    def test_what_is_with_the_customer_does_not_get_cheaper(self):
        """Otherwise he could sign what nobody approved; a revision is the way."""
        self.order.order_line.copy({"order_id": self.order.id})
        self.mine.action_quotation_sent()
        first, second = self.mine.order_line
        product = first.product_id
        for change in (
            lambda: first.write({"discount": 30}),
            lambda: first.write({"price_unit": 50}),
            lambda: self.mine.write({"order_line": [(1, first.id, {"discount": 30})]}),
            lambda: self.mine.write({"order_line": [(0, 0, {"product_id": product.id, "price_unit": 1})]}),
            lambda: first.create({"order_id": self.order.id, "product_id": product.id, "price_unit": 1}),
        ):
            with self.assertRaisesRegex(UserError, "Use “Revise”"), self.env.cr.savepoint():
                change()
        first.discount = 12
        with self.assertRaisesRegex(UserError, "Use “Revise”"), self.env.cr.savepoint():
            second.unlink()
        revision = self.mine._revise()
        revision.order_line.discount = 20
        self.assertEqual(revision.approval_state, "needed")

    def test_a_list_that_goes_up_is_no_discount(self):
        """What was sent in time is confirmed as it was; what a program notes as the list's price is checked."""
        product = self.order.order_line.product_id
        self.mine.action_quotation_sent()
        product.list_price = 200
        self.mine.action_confirm()
        self.assertEqual(self.order.state, "sale")
        line = {"product_id": product.id, "price_unit": 100, "technical_price_unit": 100}
        draft = self.mine.create({"partner_id": self.order.partner_id.id, "order_line": [(0, 0, line)]})
        self.assertEqual(draft.approval_reason, "50 % discount, the limit is 10 %")

    def test_nobody_approves_himself(self):
        self._discount(20)
        approval = self._ask()
        with self.assertRaises(AccessError):
            approval.with_user(self.seller)._decide("approved")
        with self.assertRaises(AccessError):
            approval.with_user(self.seller).state = "approved"
        with self.assertRaises(AccessError):
            self.env["crm.quote.approval"].with_user(self.seller).create(
                {"order_id": self.order.id, "revision": 1, "reason": "x", "state": "approved", "discount": 99}
            )

    def test_cancelled_is_not_decided(self):
        self._discount(20)
        approval = self._ask()
        self.mine.action_cancel()
        self.assertEqual(approval.state, "cancelled")
        self.assertFalse(self.order.activity_ids)

    def test_the_customer_is_never_in_between(self):
        """A draft that waits cannot be signed; what was sent before the limit existed can."""
        self.order.require_signature = True
        self._discount(20)
        self.assertFalse(self.order.with_user(self.env.ref("base.public_user")).sudo()._has_to_be_signed())
        self.order.action_quotation_sent()
        self.assertTrue(self.order._has_to_be_signed())
        self.order.signature = PIXEL
        self.order.with_user(self.env.ref("base.public_user")).sudo()._validate_order()
        self.assertEqual(self.order.state, "sale")

    def test_every_way_of_giving_a_discount_counts(self):
        self.order.order_line.price_unit = 80
        self.assertIn("20 % discount", self.mine.approval_reason)
        self.order.order_line.price_unit = 100
        self.order.order_line.copy({"order_id": self.order.id, "price_unit": -30})
        self.assertIn("30 % discount", self.mine.approval_reason)

    def test_margin(self):
        self.limit.active = False
        self.env["crm.quote.limit"].create({"company_id": self.company.id, "kind": "margin", "threshold": 30})
        self.order.order_line.product_id.with_company(self.company).standard_price = 60
        self.assertFalse(self.mine.approval_state)
        self._discount(20)
        self.assertEqual(self.mine.approval_reason, "25 % margin, the limit is 30 %")

    def test_limits_are_of_their_company(self):
        self._discount(20)
        self.limit.company_id = self.company_b
        self.assertFalse(self.mine.approval_state)
        self.assertFalse(self.env["crm.quote.limit"].with_user(self.seller).search([]))
        with self.assertRaises(AccessError):
            self.env["crm.quote.limit"].with_user(self.seller).create({"threshold": 99})
