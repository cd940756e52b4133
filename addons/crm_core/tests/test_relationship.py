from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import CrmCoreCommon


@tagged("post_install", "-at_install")
class TestRelationship(CrmCoreCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann = cls.env["res.partner"].create({"name": "Ann Mill", "user_id": cls.seller.id})
        cls.lead = cls.env["crm.lead"].create({"name": "A project", "partner_id": cls.ann.id, "user_id": cls.seller.id})
        cls.now = fields.Datetime.now()
        cls.ann.message_ids.unlink()
        cls.env["crm.relationship"]._recompute()

    def _mail(self, days=0, author=None, record=None, **values):
        record = record or self.lead
        return self.env["mail.message"].create(
            {
                "model": record._name,
                "res_id": record.id,
                "date": self.now - timedelta(days=days),
                "message_type": "email",
                "author_id": (author or self.ann).id,
                **values,
            }
        )

    def _sent(self, days=0, user=None):
        message = self._mail(days, author=(user or self.seller).partner_id, message_type="comment")
        self.env["mail.notification"].create(
            {"mail_message_id": message.id, "res_partner_id": self.ann.id, "notification_type": "email"}
        )

    def _call(self, days=0, record=None, user=None):
        activity = (record or self.lead).activity_schedule(
            "mail.mail_activity_data_call", user_id=(user or self.seller).id
        )
        activity.action_feedback("Talked")
        self.env.cr.execute(
            "UPDATE mail_activity SET date_done = %s WHERE id = %s",
            (self.now.date() - timedelta(days=days), activity.id),
        )

    def _meeting(self, days=1, users=None, **values):
        start = self.now - timedelta(days=days, hours=1)
        partners = self.ann + (users or self.seller).partner_id
        return self.env["calendar.event"].create(
            {
                "name": "Visit",
                "start": start,
                "stop": start + timedelta(minutes=30),
                "partner_ids": partners.ids,
                **values,
            }
        )

    def _score(self, user=None):
        self.ann._recompute_relationships()
        if user is None:
            return self.ann.relationship_score
        return self.ann.crm_relationship_ids.filtered(lambda row: row.user_id == user).score

    # -- what counts

    def test_each_kind(self):
        self._mail()
        self.assertEqual(self._score(), 1)
        self._call()
        self.assertEqual(self._score(), 4)
        self._meeting()
        self.assertEqual(self._score(), 9)
        self.env["sale.order"].create({"partner_id": self.ann.id, "user_id": self.seller.id}).action_quotation_sent()
        self.assertEqual(self._score(), 12)
        self.assertEqual(self._score(self.seller), 12)

    def test_a_conversation_counts_once_a_day(self):
        for _n in range(3):
            self._mail()
            self._sent()
        self.assertEqual(self._score(), 1)
        self._mail(days=1)
        self.assertEqual(self._score(), 2)
        self._mail(record=self.ann)
        self.assertEqual(self._score(), 3, "another thread is another conversation")

    def test_a_meeting_with_two_of_us_is_one_meeting(self):
        self._meeting(users=self.seller + self.manager)
        self.assertEqual((self._score(), self._score(self.seller), self._score(self.manager)), (5, 5, 5))

    def test_what_does_not_count(self):
        self._mail(message_type="notification")
        self._meeting(days=-3)
        self._meeting(active=False)
        declined = self._meeting()
        declined.attendee_ids.filtered(lambda attendee: attendee.partner_id == self.ann).state = "declined"
        self.lead.activity_schedule("mail.mail_activity_data_todo", user_id=self.seller.id).action_feedback("x")
        self.env["sale.order"].create({"partner_id": self.ann.id})
        nobody = self.env["crm.activity.outcome"].create({"name": "Rang out", "reached": False})
        call = self.lead.activity_schedule("mail.mail_activity_data_call", user_id=self.seller.id)
        call.outcome_id = nobody
        call.action_feedback("Nobody there")
        cancelled = self.lead.activity_schedule("mail.mail_activity_data_call", user_id=self.seller.id)
        cancelled.write({"active": False, "is_cancelled": True})
        self.assertEqual(self._score(), 0)
        self.assertFalse(self.ann.relationship_level_id)

    def test_it_fades(self):
        self._meeting(days=90)
        self._meeting(days=90)
        self.assertEqual(self._score(), 5)
        self._meeting(days=800)
        self.assertEqual(self._score(), 5)

    # -- levels and cadence

    def test_levels(self):
        for count, level in ((1, "acquaintance"), (2, "good_acquaintance"), (5, "friend")):
            for _n in range(count):
                self._meeting()
            self._score()
            self.assertEqual(self.ann.relationship_level_id, self.env.ref(f"crm_core.level_{level}"))
        self.assertEqual(
            self.ann.next_contact_date, (self.now - timedelta(days=1, minutes=30)).date() + timedelta(days=30)
        )

    def test_falling_asleep(self):
        self._mail(days=200)
        self._score()
        self.assertEqual(self.ann.relationship_level_id, self.env.ref("crm_core.level_dormant"))
        self.assertEqual(self.ann.last_interaction_date, self.now - timedelta(days=200))

    def test_what_is_forgotten_fades_to_nothing(self):
        mail = self._mail()
        self.assertEqual(self._score(), 1)
        mail.date = datetime(2020, 1, 1)
        self.assertEqual(self._score(), 0)
        self.assertEqual(self.ann.relationship_level_id, self.env.ref("crm_core.level_dormant"))

    # -- my day

    def _cadence(self, user=None):
        user = user or self.seller
        sections = self.env["crm.my.day"].with_user(user).get_my_day()["sections"]
        return [r for section in sections if section["code"] == "cadence" for r in section["records"]]

    def test_past_the_cadence_it_is_in_my_day(self):
        self._mail(days=10)
        self._score()
        self.assertEqual(self._cadence(), [])
        self.env["mail.message"].search([("author_id", "=", self.ann.id)]).unlink()
        self._meeting(days=100)
        self._score()
        (record,) = self._cadence()
        self.assertEqual((record["model"], record["id"], record["title"]), ("res.partner", self.ann.id, "Ann Mill"))
        self.assertIn("100", record["subtitle"])
        self.assertEqual(self._cadence(self.manager), [])
        getattr(self.ann.with_user(self.seller), record["actions"][0]["method"])()
        self.assertEqual(self._cadence(), [], "a call is planned")
        self.ann.activity_ids.with_user(self.seller).action_feedback("Talked")
        self.assertEqual(self._cadence(), [], "they talked today")
        self.assertEqual(self.ann.last_interaction_date.date(), self.now.date())

    def test_nobodys_contact_is_of_whoever_knows_it(self):
        self.ann.user_id = False
        self._call(days=100, user=self.manager)
        self._score()
        self.assertEqual(len(self._cadence(self.manager)), 1)
        self.assertEqual(self._cadence(), [])

    # -- at night

    def test_the_cron_writes_what_changed_and_nothing_else(self):
        self._mail()
        quiet = self.env["res.partner"].create({"name": "Quiet"})
        messages = self.ann.message_ids
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET write_date = '2026-01-01' WHERE id IN %s", [(self.ann.id, quiet.id)]
        )
        self._run_cron("crm_core.ir_cron_relationship")
        self.assertEqual(self.ann.relationship_score, 1)
        self.assertFalse(quiet.last_interaction_date)
        self.assertEqual(str(self.ann.write_date), "2026-01-01 00:00:00")
        self.assertEqual(self.ann.message_ids, messages)
        self.assertEqual(self.env["res.partner"]._copy_relationships(), 0)

    def test_merge_adds_up(self):
        other = self.env["res.partner"].create({"name": "Ann M."})
        self._call(record=other)
        self._call()
        (self.ann + other)._recompute_relationships()
        self.env["base.partner.merge.automatic.wizard"].create({})._merge([other.id, self.ann.id], self.ann)
        self.env.invalidate_all()
        self.assertEqual(self.ann.relationship_score, 6)
        self.assertEqual(self.ann.crm_relationship_ids.user_id, self.seller)

    # -- who may

    def test_rights(self):
        self._call()
        self._score()
        row = self.ann.crm_relationship_ids
        self.assertEqual(row.with_user(self.seller).score, 3)
        with self.assertRaises(AccessError):
            row.with_user(self.manager).score = 9
        with self.assertRaises(AccessError):
            row.with_user(self.seller_b).read(["score"])
        with self.assertRaises(AccessError):
            self.env.ref("crm_core.level_friend").with_user(self.seller).name = "x"
        self.env.ref("crm_core.level_friend").with_user(self.manager).cadence_days = 20
