from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import CrmCoreCommon


@tagged("post_install", "-at_install")
class TestIntakeQueue(CrmCoreCommon):
    """What a source says, what waits for a person, and what is done together."""

    def _source(self, **values):
        return self.env["crm.intake.source"].create({"name": "Test", "code": "test", **values})

    def _twins(self, **values):
        twins = [{"name": f"Twin {name}", "email": "twin@example.com", **values} for name in "AB"]
        return self.env["res.partner"].create(twins)

    # ------------------------------------------------------------
    # Together
    # ------------------------------------------------------------

    def test_each_of_a_batch_has_its_own_outcome(self):
        known = self.env["res.partner"].create({"name": "Known", "email": "known@example.com"})
        twins = self._twins()
        intakes = [
            self._receive(email="new@example.com", contact_name="New"),
            self._receive(email="known@example.com"),
            self._receive(email="twin@example.com"),
            self._receive(message="Nobody"),
            self._receive("contact", phone="+34 600 000 201"),
            self._receive(email="new@example.com", message="Again"),
        ]
        self._run_intakes()
        self.assertEqual(
            [(intake.job_state, intake.error_code) for intake in intakes],
            [("done", False), ("done", False), ("blocked", "E_AMBIGUOUS"), ("blocked", "E_NO_CONTACT")]
            + [("done", False)] * 2,
        )
        self.assertEqual((intakes[1].partner_id, intakes[2].candidate_ids), (known, twins))
        self.assertEqual(intakes[5].lead_id, intakes[0].lead_id, "the same person's second one joins the first")
        self.assertEqual((intakes[4].res_model, intakes[4].partner_id.phone), ("res.partner", "+34 600 000 201"))

    def test_what_nobody_foresaw_costs_the_others_nothing(self):
        original = type(self.env["crm.intake"])._prepare_lead_values

        def prepare(intake, data, kind):
            if data["name"] == "Bad":
                raise UserError("This one cannot be.")
            return original(intake, data, kind)

        self.patch(type(self.env["crm.intake"]), "_prepare_lead_values", prepare)
        good = [self._receive(email=f"good{number}@example.com") for number in range(3)]
        bad = self._receive(name="Bad", email="bad@example.com")
        self._run_intakes()
        self.assertEqual({intake.job_state for intake in good}, {"done"})
        self.assertEqual((bad.job_state, bad.error_message), ("blocked", "This one cannot be."))

    def test_process_again(self):
        """A lead that was deleted is made anew, an open one stays the only one; a consent is given once."""
        self.env["crm.privacy.purpose"].create(
            {"name": "News", "code": "again_news", "company_id": self.company.id, "text": "News"}
        )
        consent = {"purpose": "again_news", "decision": "granted"}
        intake = self._receive(email="again@example.com", consents=[consent])
        self._run_intakes()
        lead, partner = intake.lead_id, intake.partner_id.with_company(self.company)
        messages = lead.message_ids
        partner._record_consent("again_news", "withdrawn", "test")
        intake.with_user(self.manager).action_process_again()
        self._run_intakes()
        self.assertEqual((intake.job_state, intake.lead_id), ("done", lead))
        self.assertEqual(lead.message_ids, messages, "nothing is written on it twice")
        self.assertFalse(partner._has_consent("again_news"), "who withdrew it has not given it again")
        lead.unlink()
        intake.action_process_again()
        self._run_intakes()
        self.assertTrue(intake.lead_id)
        discarded = self._receive(email="again2@example.com")
        discarded._discard("spam", "by mistake")
        discarded.action_process_again()
        self._run_intakes()
        self.assertEqual((discarded.job_state, discarded.discard_reason), ("done", False))

    def test_many_cost_few_queries_each(self):
        """Without a salesperson to be mailed: that is the host's, for each lead."""

        def cost(number, prefix):
            for index in range(number):
                payload = {"email": f"{prefix}{index}@example.com", "contact_name": f"P{index}"}
                self.env["crm.intake"]._receive("test", "lead", payload, company_id=self.company.id)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self._run_intakes()
            return (self.env.cr.sql_log_count - before) / number

        cost(2, "warm")
        few, many = cost(40, "few"), cost(200, "many")
        self.assertLess(many, few * 1.1, "linear")
        self.assertLess(many, 12, "and small")

    # ------------------------------------------------------------
    # Sources
    # ------------------------------------------------------------

    def test_source_fills_in_what_the_sender_left_open(self):
        team = self.env["crm.team"].create({"name": "Fair", "company_id": self.company.id})
        medium = self.env["utm.medium"].create({"name": "Fair stand"})
        self._source(team_id=team.id, user_id=self.manager.id, utm_medium_id=medium.id)
        told = self._receive(email="told@example.com", utm={"medium": "Poster"})
        self.env["crm.intake"]._receive("test", "lead", {"email": "open@example.com"}, company_id=self.company.id)
        self._run_intakes()
        self.assertEqual((told.lead_id.user_id, told.lead_id.medium_id.name), (self.seller, "Poster"))
        lead = self.env["crm.lead"].search([("email_from", "=", "open@example.com")])
        self.assertEqual((lead.user_id, lead.team_id, lead.medium_id), (self.manager, team, medium))

    def test_the_most_particular_source_counts(self):
        self._source()
        self._source(company_id=self.company_b.id, dedup_policy="new")
        own = self._source(company_id=self.company.id, target="contact", dedup_policy="new")
        sources = self.env["crm.intake.source"]._find({"test"}, self.company)
        self.assertEqual(sources._choose("test", "contact"), own)
        self.assertEqual(sources._choose("test", "lead").dedup_policy, "normal")
        self.assertFalse(sources._choose("other", "lead"))

    def test_always_a_new_contact(self):
        known = self.env["res.partner"].create({"name": "Known", "email": "known@example.com"})
        self._source(dedup_policy="new")
        intake = self._receive(email="known@example.com")
        self._run_intakes()
        self.assertTrue(intake.partner_id)
        self.assertNotEqual(intake.partner_id, known)

    def test_strict_asks_unless_both_fit(self):
        known = self.env["res.partner"].create(
            {"name": "Known", "email": "known@example.com", "phone": "+34 600 000 301"}
        )
        self._source(dedup_policy="strict")
        fits = self._receive(email="known@example.com", phone="600 000 301")
        address_only = self._receive(email="KNOWN@example.com")
        other_number = self._receive(email="known@example.com", phone="+34 600 000 302")
        number_only = self._receive(phone="+34 600 000 301", email="else@example.com")
        self._run_intakes()
        self.assertEqual((fits.partner_id, address_only.partner_id), (known, known))
        for intake in (other_number, number_only):
            self.assertEqual((intake.error_code, intake.candidate_ids), ("E_AMBIGUOUS", known))

    def test_archived_salesperson(self):
        nina = self.manager
        self.seller.active = False
        waits = self._receive(email="one@example.com")
        self._run_intakes()
        self.assertEqual((waits.job_state, waits.error_code), ("blocked", "E_ARCHIVED_USER"))
        self.assertIn(self.seller.name, waits.error_message)
        waits.with_user(nina).user_id = nina
        waits.with_user(nina).action_job_retry()
        self.seller.handover_user_id = nina
        other = self._receive(email="two@example.com")
        self._run_intakes()
        self.assertEqual((waits.lead_id.user_id, other.lead_id.user_id), (nina, nina))

    # ------------------------------------------------------------
    # A person decides
    # ------------------------------------------------------------

    def test_one_click_chooses_a_candidate(self):
        twins = self._twins()
        intake = self._receive(email="twin@example.com", message="It is me")
        self._run_intakes()
        chosen = twins[1].with_user(self.seller).with_context(crm_core_intake_id=intake.id)
        action = chosen.action_crm_choose_for_intake()
        self.assertEqual((intake.job_state, intake.lead_id.partner_id), ("done", twins[1]))
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", intake.lead_id.id))
        with self.assertRaises(UserError):
            chosen.action_crm_choose_for_intake()

    def test_one_click_makes_a_new_contact(self):
        twins = self._twins()
        intake = self._receive(email="twin@example.com", contact_name="Third")
        self._run_intakes()
        intake.with_user(self.seller).action_create_partner()
        self.assertEqual((intake.job_state, intake.partner_id.name), ("done", "Third"))
        self.assertNotIn(intake.partner_id, twins)

    def test_others_may_not_decide(self):
        twins = self._twins()
        intake = self._receive(email="twin@example.com")
        self._run_intakes()
        for user in (self.seller_b, self.officer):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                intake.with_user(user).action_choose_partner(twins[0].id)

    def test_discard_with_a_reason_many_at_once(self):
        intakes = self.env["crm.intake"].browse(self._receive(message=f"Spam {number}").id for number in range(3))
        done = self._receive(email="ok@example.com")
        self._run_intakes()
        manager = (intakes + done).with_user(self.manager)
        wizard = self.env["crm.intake.discard"].with_user(self.manager)
        with Form(wizard.with_context(**manager.action_discard()["context"])) as form:
            form.discard_reason = "spam"
            form.discard_note = "Seen before"
        form.record.action_discard()
        self.assertEqual(set(intakes.mapped("job_state")), {"cancelled"})
        self.assertEqual(set(intakes.mapped("discard_reason")), {"spam"})
        self.assertEqual((done.job_state, done.discard_reason), ("done", False), "what is done stays done")

    def test_replay_many_at_once(self):
        intakes = self.env["crm.intake"].browse(self._receive(message=f"Lost {number}").id for number in range(3))
        self._run_intakes()
        contact = self.env["res.partner"].create({"name": "Found"})
        intakes.with_user(self.manager).partner_id = contact
        intakes.with_user(self.manager).action_job_retry()
        self._run_intakes()
        self.assertEqual(set(intakes.mapped("job_state")), {"done"})
        self.assertEqual(len(intakes.lead_id), 1)

    def test_a_contact_is_never_overwritten(self):
        known = self.env["res.partner"].create({"name": "Known", "email": "known@example.com", "city": "Brisamar"})
        before = known.read(["name", "email", "phone", "street", "city", "zip", "vat", "user_id", "company_name"])
        self._receive(
            email="known@example.com", contact_name="Other", phone="+34 600 000 777", street="X", city="Y", zip="1",
            vat="ES00000000T", company_name="Evil", message="Hi",
        )  # fmt: skip
        self._receive(email="known@example.com", message="Again", phone="+34 600 000 778")
        self._run_intakes()
        known.invalidate_recordset()
        after = known.read(list(before[0]))
        kept = {name: value for name, value in before[0].items() if value}
        self.assertEqual({name: after[0][name] for name in kept}, kept)

    def test_forms_open_for_the_lowest_role(self):
        with Form(self.env["crm.intake.source"].with_user(self.manager)) as form:
            form.name, form.code = "Fair", "fair"
        self.assertEqual(form.record.dedup_policy, "normal")
        intake = self._receive(email="a@example.com")
        self.assertEqual(Form(intake.with_user(self.seller)).email, "a@example.com")
