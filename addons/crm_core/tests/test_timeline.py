from datetime import datetime, timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import CrmCoreCommon

DAY = timedelta(days=1)
NOON = datetime(2026, 1, 15, 12)


@tagged("post_install", "-at_install")
class TestTimeline(CrmCoreCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.house = cls.env["res.partner"].create({"name": "Weaver Ltd", "is_company": True})
        cls.ann, cls.bob = cls.env["res.partner"].create(
            [{"name": name, "parent_id": cls.house.id} for name in ("Ann Weaver", "Bob Weaver")]
        )
        cls.product = cls.env["product.product"].create({"name": "Advice", "type": "service", "list_price": 100})
        # What the creation itself said is not what these tests are about.
        cls.house.message_ids.unlink()
        cls.house.child_ids.message_ids.unlink()

    def _message(self, record, date=NOON, **values):
        return self.env["mail.message"].create(
            {
                "model": record._name,
                "res_id": record.id,
                "date": date,
                "body": "<p>Hello <b>there</b></p>",
                "message_type": "email",
                "author_id": self.ann.id,
                **values,
            }
        )

    def _order(self, partner=None, amount=100, **values):
        line = (0, 0, {"product_id": self.product.id, "price_unit": amount, "tax_ids": False})
        partner = partner or self.ann
        return self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "company_id": self.company.id,
                "user_id": self.seller.id,
                "date_order": NOON,
                "order_line": [line],
                **values,
            }
        )

    def _meeting(self, **values):
        return self.env["calendar.event"].create(
            {"name": "Visit", "start": NOON, "stop": NOON + timedelta(hours=1), "partner_ids": self.ann.ids, **values}
        )

    def _everything(self, number=1, user=None):
        """Make entries of every kind."""
        user = user or self.seller
        purpose = self.env["crm.privacy.purpose"].search([("code", "=", "news")]) or self.env[
            "crm.privacy.purpose"
        ].create({"name": "News", "code": "news", "company_id": self.company.id})
        for index in range(number):
            lead = self._lead(partner_id=self.bob.id, name=f"Project {index}", user_id=user.id)
            lead.activity_schedule("mail.mail_activity_data_call", summary="Ring", user_id=user.id)
            lead.activity_schedule("mail.mail_activity_data_todo", summary="Write", user_id=user.id).action_feedback(
                "Written"
            )
            self._message(lead, NOON + index * DAY)
            self._order(date_order=NOON + index * DAY, user_id=user.id)
            self._meeting(start=NOON + index * DAY, stop=NOON + (index + 1) * DAY)
            self.ann.with_company(self.company)._record_consent(purpose.code, "granted", "test")
            self._receive("contact", name="Question", email=f"x{index}@example.com").partner_id = self.ann
        self.env.flush_all()

    def _timeline(self, user=None, **options):
        return self.house.with_user(user or self.seller).crm_timeline(**options)

    def _titles(self, *args, **options):
        return [entry["title"] for entry in self._timeline(*args, **options)]

    # -- what is in it

    def test_every_kind_of_the_whole_company_newest_first(self):
        self._everything()
        entries = self._timeline(self.manager, limit=50)
        kinds = {"planned", "done", "message", "meeting", "opportunity", "order", "consent", "intake"}
        self.assertEqual({entry["kind"] for entry in entries}, kinds)
        dates = [entry["date"].rstrip("Z") for entry in entries]
        self.assertEqual([date[:10] for date in dates], sorted((date[:10] for date in dates), reverse=True))
        names = {"key", "kind", "date", "title", "text", "res_model", "res_id", "author", "icon"}
        for entry in entries:
            self.assertEqual(set(entry), names)
        for partner in self.ann + self.bob:
            keys = [entry["key"] for entry in partner.with_user(self.manager).crm_timeline(limit=50)]
            self.assertEqual(keys, [entry["key"] for entry in entries], "the same from wherever one looks")

    def test_an_entry(self):
        lead = self._lead(partner_id=self.ann.id)
        message = self._message(lead, subject="Your offer", body="<p>Hello <b>there</b><br/>x</p>")
        entry = self._timeline(kinds=["message"])[0]
        self.assertEqual(
            entry,
            {
                "key": f"2026-01-15T12:00:00|message|{message.id}",
                "kind": "message",
                "date": "2026-01-15T12:00:00Z",
                "title": "Your offer",
                "text": "Hello *there* x",
                "res_model": "crm.lead",
                "res_id": lead.id,
                "author": "Ann Weaver",
                "icon": "fa-envelope-o",
            },
        )

    def test_figures(self):
        self._lead(partner_id=self.ann.id)
        self._order(amount=100).action_confirm()
        self._order(self.bob, amount=50).action_confirm()
        self._order(amount=7)
        self._order(amount=9)._action_cancel()
        figures = self.house.with_user(self.seller).crm_timeline_figures()
        self.assertEqual((figures["bought"], figures["open_quotes"], figures["open_opportunities"]), (150, 1, 1))
        self.assertEqual(figures["currency_id"], self.company.currency_id.id)
        self.assertTrue(figures["last_purchase"].endswith("Z"))
        self.assertEqual(self.house.with_user(self.officer).crm_timeline_figures(), {})

    def test_what_was_cancelled_says_so(self):
        lead = self._lead(partner_id=self.ann.id)
        activity = lead.activity_schedule("mail.mail_activity_data_call", summary="Ring", user_id=self.seller.id)
        activity.write({"active": False, "is_cancelled": True, "cancel_reason": "Moved away"})
        entry = next(entry for entry in self._timeline(kinds=["done"]) if entry["title"] == "Ring")
        self.assertEqual((entry["text"], entry["icon"]), ("Cancelled: Moved away", "fa-ban"))

    def test_marks_of_what_one_may_read(self):
        mine, theirs = self._lead(partner_id=self.ann.id), self._lead(partner_id=self.bob.id, user_id=self.manager.id)
        for lead, mark in ((mine, 5), (theirs, 2)):
            self.env["rating.rating"].create(
                {
                    "res_model_id": self.env["ir.model"]._get_id("crm.lead"),
                    "res_id": lead.id,
                    "partner_id": lead.partner_id.id,
                    "rating": mark,
                    "feedback": "Quick answer",
                    "consumed": True,
                }
            )
        figures = self.house.with_user(self.manager).crm_timeline_figures()
        self.assertEqual((figures["satisfaction"], figures["rating_count"]), (3.5, 2))
        figures = self.house.with_user(self.seller).crm_timeline_figures()
        self.assertEqual((figures["satisfaction"], figures["rating_count"]), (5, 1))
        (entry,) = self._timeline(kinds=["rating"])
        self.assertEqual((entry["text"], entry["res_model"], entry["res_id"]), ("Quick answer", "crm.lead", mine.id))

    def test_payments_for_whoever_may_see_the_books(self):
        self.company.transfer_account_id = self.env["account.account"].create(
            {"name": "On its way", "code": "TL001", "account_type": "asset_current", "company_ids": self.company.ids}
        )
        journal = self.env["account.journal"].create(
            {"name": "Bank", "type": "bank", "code": "TLBNK", "company_id": self.company.id}
        )
        payment = self.env["account.payment"].create(
            {
                "partner_id": self.ann.id,
                "amount": 50,
                "date": "2026-01-02",
                "payment_type": "inbound",
                "journal_id": journal.id,
                "memo": "Deposit",
            }
        )
        self.env.flush_all()
        # Without a chart of accounts none is posted; who sees it is what matters here.
        self.env.cr.execute("UPDATE account_payment SET state = 'paid' WHERE id = %s", [payment.id])
        self.env.invalidate_all()
        clerk = new_test_user(
            self.env, "acc", "account.group_account_invoice", company_id=self.company.id, company_ids=self.company.ids
        )
        (entry,) = self._timeline(clerk, kinds=["payment"])
        self.assertIn("50", entry["title"])
        self.assertIn("Deposit", entry["text"])
        self.assertEqual(self._timeline(kinds=["payment"]), [], "salespeople do not read payments")

    def test_nothing_yet(self):
        self.assertEqual(self._timeline(), [])
        figures = self.house.with_user(self.seller).crm_timeline_figures()
        self.assertEqual((figures["bought"], figures["last_purchase"]), (0, False))

    # -- paging

    def test_pages_lose_and_repeat_nothing_even_at_one_moment(self):
        for _index in range(4):
            self._message(self.ann)
            self._order()
            self._meeting()
        self._everything(3)
        whole = [entry["key"] for entry in self._timeline(self.manager, limit=100)]
        self.assertEqual(len(whole), len(set(whole)))
        self.assertGreater(len(whole), 25)
        for limit in (1, 3, 7):
            paged, before = [], None
            while page := self._timeline(self.manager, limit=limit, before=before):
                paged += [entry["key"] for entry in page]
                before = paged[-1]
            self.assertEqual(paged, whole)

    def test_kinds(self):
        self._everything()
        entries = self._timeline(kinds=["order", "meeting"])
        self.assertEqual([entry["kind"] for entry in entries], ["order", "meeting"])
        kinds = self.house.with_user(self.seller).crm_timeline_kinds()
        self.assertIn({"kind": "order", "label": "Quotes and orders", "icon": "fa-shopping-cart"}, kinds)

    def test_before_a_date_and_nonsense(self):
        self._message(self.ann, subject="Old")
        self._message(self.ann, NOON + DAY, subject="New")
        self.assertEqual(self._titles(before="2026-01-16"), ["Old"])
        with self.assertRaises(ValidationError):
            self._timeline(before="last week")

    # -- who sees what

    def test_a_salesperson_sees_own_documents(self):
        self._everything(user=self.manager)
        kinds = {entry["kind"] for entry in self._timeline(limit=50)}
        self.assertFalse(kinds & {"order", "opportunity", "message", "planned", "done"})
        self.assertEqual(self.house.with_user(self.seller).crm_timeline_figures()["open_opportunities"], 0)

    def test_another_company_stays_closed(self):
        self._everything()
        self._order(company_id=self.company.id, user_id=False)
        kinds = {entry["kind"] for entry in self._timeline(self.seller_b, limit=50)}
        self.assertFalse(kinds & {"order", "opportunity", "message", "consent", "intake"})
        self.assertEqual(self.house.with_user(self.seller_b).crm_timeline_figures()["open_quotes"], 0)
        self.house.company_id = self.company
        with self.assertRaises(AccessError):
            self._timeline(self.seller_b)
        with self.assertRaises(AccessError):
            self.house.with_user(self.seller_b).crm_timeline_figures()

    def test_private_meetings_are_hidden(self):
        self._meeting(name="Doctor", privacy="private", user_id=self.manager.id)
        self._meeting(name="Open", privacy="public", user_id=self.manager.id)
        self.assertEqual(self._titles(kinds=["meeting"]), ["Open"])
        self.assertEqual(set(self._titles(self.manager, kinds=["meeting"])), {"Doctor", "Open"})
        self.manager.with_user(self.manager).calendar_default_privacy = "private"
        self._meeting(name="By default", user_id=self.manager.id)
        self._meeting(name="Nobody's", user_id=False)
        self.assertEqual(set(self._titles(kinds=["meeting"])), {"Open", "Nobody's"})
        self._meeting(
            name="Both of us",
            privacy="private",
            user_id=self.manager.id,
            partner_ids=(self.ann + self.seller.partner_id + self.manager.partner_id).ids,
        )
        self.assertIn("Both of us", self._titles(kinds=["meeting"]))

    def test_a_series_does_not_hide_the_rest(self):
        start = datetime.now().replace(microsecond=0) - 10 * DAY
        self._meeting(
            name="Every day", start=start, stop=start + timedelta(hours=1), recurrency=True, rrule_type="daily",
            interval=1, end_type="count", count=60,
        )  # fmt: skip
        self._meeting(name="Next month", start=start + 40 * DAY, stop=start + 41 * DAY)
        titles = self._titles(kinds=["meeting"], limit=100)
        self.assertEqual(titles[0], "Next month")
        self.assertIn(titles.count("Every day"), (17, 18), "what was, and the week to come")

    def test_someone_without_sales_rights(self):
        self._everything()
        clerk = new_test_user(
            self.env, "cleo", "base.group_user", company_id=self.company.id, company_ids=self.company.ids
        )
        self.assertEqual({entry["kind"] for entry in self._timeline(clerk, limit=50)}, {"meeting"})
        kinds = {kind["kind"] for kind in self.house.with_user(clerk).crm_timeline_kinds()}
        self.assertFalse(kinds & {"order", "opportunity", "consent", "intake"})

    def test_hidden_entries_do_not_eat_the_page(self):
        """What the user may not read is left out before the limit, not after."""
        theirs = self._lead(partner_id=self.ann.id, user_id=self.manager.id)
        for index in range(5):
            self._message(theirs, NOON + index * DAY, subject="Hidden")
            theirs.activity_schedule("mail.mail_activity_data_call", user_id=self.manager.id)
        mine = self._lead(partner_id=self.ann.id)
        self._message(mine, NOON - DAY, subject="Mine")
        mine.activity_schedule("mail.mail_activity_data_call", summary="My call", user_id=self.seller.id)
        self.assertEqual(self._titles(limit=1, kinds=["message"]), ["Mine"])
        self.assertIn("My call", self._titles(limit=2, kinds=["planned"]))

    # -- what it costs

    def _cost(self, **options):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self._timeline(**options)
        return self.env.cr.sql_log_count - before

    def test_queries_do_not_grow(self):
        self._everything(5)
        self._cost(limit=100)
        few = self._cost(limit=100)
        self._everything(15)
        for index in range(80):
            self._message(self.ann, NOON + index * DAY)
        self.assertGreaterEqual(len(self._timeline(limit=100)), 100)
        self.assertEqual(self._cost(limit=100), few)
        self.assertLess(self._cost(limit=100, kinds=["order"]), few)

    def test_the_newest_of_a_thousand(self):
        values = {"model": "res.partner", "res_id": self.ann.id, "message_type": "email", "author_id": self.ann.id}
        self.env["mail.message"].create(
            [{**values, "date": NOON + index * DAY, "body": f"<p>{index}</p>"} for index in range(1000)]
        )
        texts = [entry["text"] for entry in self._timeline(limit=20, kinds=["message"])]
        self.assertEqual(texts, [str(index) for index in range(999, 979, -1)])
