from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..models.automotive_oem_lead import LEAD_ASSIGNED, LEAD_OUTCOME
from .common import DealerCommon


@tagged("post_install", "-at_install")
class TestLeadExchange(DealerCommon):
    """A maker's lead: to the dealer, and what becomes of it back, by itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.link = cls._connect(user_id=cls.dan.id)
        cls.there = cls.link._get_counterpart()
        cls.lead = (
            cls.env["automotive.oem.lead"]
            .with_user(cls.max)
            .create(
                {
                    "contact_name": "Nadia Prat",
                    "phone": "+34 600 000 177",
                    "email": "nadia.prat@example.com",
                    "zip": "08021",
                    "model_id": cls.model.id,
                    "brand_id": cls.brand.id,
                    "interest": "test-drive",
                    "comments": "Soon, please",
                    "agreed": True,
                    "peer_id": cls.there.id,
                }
            )
        )

    def _give(self):
        """Give the lead to the dealer; return the dealer's referral with its opportunity made."""
        self.lead.action_send()
        self._run_exchange()
        record = self.env["automotive.lead.referral"].search([("uuid", "=", self.lead.uuid)])
        self.env["crm.intake"].search([("automotive_referral_id", "=", record.id)])._job_attempt()
        record.lead_id.user_id = self.dora
        return record

    def _state(self):
        self._run_exchange()
        return self.lead.state

    def test_it_becomes_an_opportunity_with_everything_the_maker_knows(self):
        record = self._give()
        lead = record.lead_id
        self.assertEqual((lead.partner_id.name, lead.partner_id.company_id), ("Nadia Prat", self.dealer))
        self.assertEqual((lead.pipeline_id.code, lead.company_id), ("car_sale", self.dealer))
        self.assertEqual(lead.wish_ids.model_id, self.model)
        self.assertEqual(lead.description.count("Soon, please"), 1)
        self.assertEqual(lead.test_drive_ids.state, "requested")
        self.assertEqual(lead.activity_ids.mapped("summary"), ["Call: lead of Testa Motors"])
        self.assertIn(lead.activity_ids.user_id, self.dan + self.dora, "somebody has it from the first moment")
        self.assertLessEqual(lead.activity_ids.date_deadline, record.respond_by.date())
        self.assertEqual(self.lead.state, "sent")
        self.lead.action_send()
        self.assertEqual(len(self._messages(self.lead)), 1, "given once")

    def test_every_step_goes_back_by_itself(self):
        record = self._give()
        lead = record.lead_id.with_user(self.dora)
        lead.action_accept_referral()
        self.assertEqual(self._state(), "accepted")
        lead.activity_schedule("mail.mail_activity_data_call", user_id=self.dora.id).action_feedback()
        self.assertEqual(self._state(), "contacted")
        lead._on_stage_event("test_drive_done")
        self.assertEqual(self._state(), "test_drive")
        lead._on_stage_event("quote_sent")
        self.assertEqual(self._state(), "quoted")
        lead._on_stage_event("test_drive_done")
        self.assertEqual(self._state(), "quoted", "nothing goes backwards")
        lead.action_set_won()
        self.assertEqual(self._state(), "won")
        self.assertTrue(self.lead.responded_at)
        kinds = [message.type for message in self._messages(record)]
        self.assertEqual(kinds, [LEAD_OUTCOME] * 5)

    def test_lost_goes_back_with_its_reason_and_only_that(self):
        record = self._give()
        record.action_accept()
        reason = self.env["crm.lost.reason"].create({"name": "Bought elsewhere"})
        record.lead_id.with_user(self.dora).action_set_lost(lost_reason_id=reason.id)
        self.assertEqual((self._state(), self.lead.reason), ("lost", "Bought elsewhere"))
        payload = self._messages(record)[-1].payload
        for told in ("Nadia", "600 000 177", self.dora.name):
            self.assertNotIn(told, payload)
        record.lead_id.action_unarchive()
        self.assertEqual(self._state(), "contacted", "taken up again")

    def test_a_lead_nobody_wants_is_declined(self):
        record = self._give()
        record.lead_id.action_set_lost()
        self.assertEqual(self._state(), "declined")
        self.assertIn(f"Give {self.lead.name} to another dealer", self.lead.activity_ids.mapped("summary"))
        self.lead.action_take_back()
        self._run_exchange()
        self.assertTrue(record.is_withdrawn)
        self.assertNotIn("The maker took it back: close it", record.lead_id.activity_ids.mapped("summary"))

    def test_a_voicemail_is_no_contact_and_a_mail_is_one(self):
        record = self._give()
        lead = record.lead_id
        silence = self.env["crm.activity.outcome"].create({"name": "Voicemail", "reached": False})
        call = lead.activity_schedule("mail.mail_activity_data_call", user_id=self.dora.id)
        call.outcome_id = silence
        call.action_feedback()
        self.assertEqual(self._state(), "sent")
        lead.with_user(self.dora).message_post(
            body="Hello", partner_ids=lead.partner_id.ids, message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertEqual(self._state(), "contacted")

    def test_no_reaction_in_time_is_seen_on_both_sides(self):
        record = self._give()
        late = fields.Datetime.now() - timedelta(hours=1)
        record.respond_by = late
        self._run_cron("crm_automotive_dealer.ir_cron_lead_referral_late")
        self.assertEqual(record.outcome, "late")
        self.assertIn("Testa Motors waits for a reaction", record.lead_id.activity_ids.mapped("summary"))
        self.assertEqual(self._state(), "late")
        record.action_accept()
        self.assertEqual(self._state(), "accepted", "late is better than never")
        self.assertFalse(self.lead.activity_ids)

    def test_a_silent_dealer_is_noticed_by_the_maker_alone(self):
        self.lead.action_send()
        self.lead.sudo().respond_by = fields.Datetime.now() - timedelta(hours=1)
        self._run_cron("crm_automotive_dealer.ir_cron_oem_lead_late")
        self.assertEqual(self.lead.state, "late")
        self.assertTrue(self.lead.activity_ids)

    def test_taken_back_and_given_to_another(self):
        record = self._give()
        self.lead.action_take_back()
        self._run_exchange()
        self.assertTrue(record.is_withdrawn)
        self.assertIn("The maker took it back: close it", record.lead_id.activity_ids.mapped("summary"))
        record.lead_id.action_set_lost()
        self.assertEqual(self._state(), "draft", "the former dealer decides nothing")
        self.lead.peer_id = self.there
        self.lead.action_send()
        self._run_exchange()
        self.assertEqual((record.is_withdrawn, record.outcome), (False, "sent"), "the same dealer again")

    def test_who_had_it_before_is_heard(self):
        record = self._give()
        self.lead.action_take_back()
        record._tell("won")  # crossed the withdrawal on the way
        self._run_exchange()
        self.assertEqual(self.lead.state, "draft")
        self.assertIn("tells: Sold", self.lead.message_ids[0].body)

    def test_what_is_not_ready_stays(self):
        for values, words in (
            ({"peer_id": False}, "Choose the dealer"),
            ({"agreed": False}, "asked to be contacted"),
            ({"phone": False, "email": False}, "needs a name and a phone"),
        ):
            with self.subTest(values=values), self.env.cr.savepoint() as point:
                self.lead.write(values)
                with self.assertRaisesRegex(UserError, words):
                    self.lead.action_send()
                point.rollback()
            self.env.invalidate_all()
        self.assertFalse(self._messages(self.lead))

    def test_the_nearest_dealer_who_did_not_have_it(self):
        self.env["automotive.dealer"].create(
            {"name": "Near", "zip": "08037", "peer_id": self.there.id, "company_id": self.maker.id}
        )
        other = self.there.copy({"local_key": "TESTA-2", "remote_key": "ES-2", "remote_company_id": self.other.id})
        other.state = "connected"
        self.env["automotive.dealer"].create(
            {"name": "Far", "zip": "28001", "peer_id": other.id, "company_id": self.maker.id}
        )
        self.lead.peer_id = False
        self.lead.action_suggest_dealer()
        self.assertEqual(self.lead.peer_id, self.there)
        self.lead.sudo().write({"former_peer_ids": [fields.Command.link(self.there.id)], "peer_id": False})
        self.lead.action_suggest_dealer()
        self.assertEqual(self.lead.peer_id, other)

    def test_what_arrives_is_looked_at(self):
        inbox = self.env["crm.exchange.inbox"]
        entry = inbox.new({"peer_id": self.link.id, "company_id": self.dealer.id})
        for data in ({}, {"state": "assigned", "name": "A"}, {"state": "assigned", "name": 1, "phone": "1"}):
            with self.subTest(data=data), self.assertRaisesRegex(UserError, "cannot be used"):
                content = {"data": data, "subject": self.lead.uuid, "type": LEAD_ASSIGNED, "id": "x"}
                self.env["automotive.lead.referral"]._exchange_receive(content, entry)
        entry = inbox.new({"peer_id": self.there.id, "company_id": self.maker.id})
        for subject, outcome in ((self.lead.uuid, "stolen"), ("other", "won")):
            content = {"data": {"outcome": outcome}, "subject": subject, "type": LEAD_OUTCOME, "id": "x"}
            with self.subTest(subject=subject), self.assertRaises(UserError):
                self.env["automotive.oem.lead"]._exchange_receive_outcome(content, entry)

    def test_merged_opportunities_keep_answering(self):
        record = self._give()
        other = self.env["crm.lead"].create({"name": "Same", "type": "opportunity", "company_id": self.dealer.id})
        (other | record.lead_id).merge_opportunity()
        self.assertTrue(record.lead_id.exists())
        record.lead_id.action_set_won()
        self.assertEqual(self._state(), "won")

    def test_other_opportunities_ask_nothing(self):
        lead = self.env["crm.lead"].create({"name": "Plain", "type": "opportunity", "company_id": self.dealer.id})
        stage = lead._stage_find(domain=[("is_won", "=", False), ("id", "!=", lead.stage_id.id)])
        with patch.object(type(lead), "_get_referrals") as asked:
            lead.stage_id = stage
            self.env.flush_all()
        asked.assert_not_called()

    def test_who_asks_the_maker_through_a_form(self):
        payload = {"name": "uno", "contact_name": "Gil Roca", "email": "gil.roca@example.com", "zip": "08001"}
        agreed = [{"purpose": "oem_lead_dealer", "decision": "granted"}]
        for number, consents in enumerate(([], agreed)):
            intake = self.env["crm.intake"]._receive(
                "web_form",
                "oem_lead",
                {**payload, "consents": consents},
                external_id=f"oem-{number}",
                company_id=self.maker.id,
                user_id=self.max.id,
            )
            intake._job_attempt()
            self.assertEqual((intake.job_state, intake.partner_id.id), ("done", False), intake.error_message)
            lead = self.env["automotive.oem.lead"].with_user(self.max).browse(intake.res_id)
            self.assertEqual((lead.contact_name, lead.agreed, lead.model_id), ("Gil Roca", bool(consents), self.model))
            self.assertIn(f"Give {lead.name} to a dealer", lead.activity_ids.mapped("summary"))

    def test_rights(self):
        record = self._give()
        Form(self.lead)
        Form(record.lead_id.with_user(self.dora))
        for user in (self.dora, self.olga):
            with self.assertRaises(AccessError):
                self.lead.with_user(user).read(["name"])
        for user in (self.max, self.olga):
            with self.assertRaises(AccessError):
                record.with_user(user).read(["number"])
        with self.assertRaises(UserError):
            self.lead.sudo().unlink()
