import json
import random

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.crm_automotive_dealer.models.automotive_feedback import LADDER
from odoo.addons.crm_automotive_dealer.tools import disclosure

from .common import VIN, DealerCommon


@tagged("post_install", "-at_install")
class TestFeedback(DealerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.link = cls._connect()

    def _data(self, feedback):
        return json.loads(self._messages(feedback)[-1].payload)["data"]

    # ------------------------------------------------------------
    # The whole way
    # ------------------------------------------------------------

    def test_there_and_back(self):
        feedback = self._feedback()
        feedback.action_submit()
        self.assertEqual(feedback.state, "queued")
        self._run_exchange()
        case = self._case(feedback).with_user(self.max)
        self.assertEqual((feedback.state, feedback.case_number), ("acked", case.name))
        self.assertEqual(self._messages(feedback).state, "acked")
        self.assertEqual((case.company_id, case.dealer_code, case.kind), (self.maker, "ES-0471", "complaint"))

        case.action_review()
        self.assertEqual((case.state, case.user_id), ("in_review", self.max))
        case.answer = "Update 2.1 repairs it. Come by, it takes an hour."
        case.action_answer()
        self._run_exchange()
        self.assertEqual((feedback.state, feedback.answer), ("answered", case.answer))
        self.assertEqual(feedback.activity_ids.user_id, self.dora)

        feedback.action_inform_customer()
        self.assertFalse(feedback.activity_ids)
        feedback.action_not_solved()
        self._run_exchange()
        self.assertEqual((feedback.state, case.state, case.solved), ("reopened", "reopened", "no"))
        self.assertFalse(case.answer)
        self.assertEqual(case.activity_ids.user_id, self.max)

        case.answer = "We change the screen."
        case.action_answer()
        self._run_exchange()
        self.assertEqual((feedback.state, feedback.answer), ("answered", "We change the screen."))
        feedback.action_inform_customer()
        feedback.rating = "4"
        feedback.action_solved()
        self._run_exchange()
        self.assertEqual((feedback.state, case.state, case.rating), ("closed", "closed", 4))
        stamps = [feedback[stamp] for _sources, stamp in LADDER.values() if stamp and stamp != "disputed_at"]
        self.assertTrue(all(stamps))
        self.assertEqual(len(self._case(feedback)), 1)

    def test_steps_that_are_not_next(self):
        feedback = self._feedback()
        for action in ("action_inform_customer", "action_solved", "action_not_solved"):
            with self.subTest(action=action), self.assertRaises(UserError):
                getattr(feedback, action)()
        feedback.action_submit()
        self._run_exchange()
        case = self._case(feedback).with_user(self.max)
        with self.assertRaises(UserError):
            case.action_answer()
        case.answer = "Yes"
        case.action_answer()
        with self.assertRaises(UserError):
            case.action_answer()

    def test_ladder_takes_only_its_own_steps(self):
        for state in LADDER:
            feedback = self._feedback()
            for step, (sources, _stamp) in LADDER.items():
                feedback.sudo().state = state
                with self.subTest(state=state, step=step):
                    self.assertEqual(feedback.sudo()._set_state(step), state in sources)

    def test_without_maker(self):
        self.link.active = False
        with self.assertRaisesRegex(UserError, "no maker is connected"):
            self._feedback().action_submit()

    def test_brand_decides_the_maker(self):
        other = self.env["fleet.vehicle.model.brand"].create({"name": "Other"})
        special = self._connect(name="Special", local_key="a", remote_key="b", brand_ids=self.brand.ids)
        self.assertEqual(self._feedback().peer_id, special)
        self.model.brand_id = other
        self.assertEqual(self._feedback().peer_id, self.link)

    def test_only_counted(self):
        feedback = self._feedback(disclosure="aggregate")
        feedback.action_submit()
        self.assertEqual(
            set(self._data(feedback)) - {"topic", "severity"}, {"kind", "brand", "model", "model_year", "month"}
        )
        self._run_exchange()
        self.assertEqual((feedback.state, self._case(feedback).state), ("acked", "closed"))

    # ------------------------------------------------------------
    # What leaves
    # ------------------------------------------------------------

    def test_pseudonymous_names_nobody(self):
        feedback = self._feedback(disclosure="pseudonymous")
        feedback.action_submit()
        payload = self._messages(feedback).payload.lower()
        for secret in ("carla", "vives", "600 000 199", "600000199", "@", "1234-klm", "1234klm", VIN.lower(), "123456"):
            self.assertNotIn(secret, payload)
        self.assertIn("the screen goes dark", payload)
        token = self._data(feedback)["customer_token"]
        again = self._feedback(kind="praise")
        again.action_submit()
        self.assertEqual(self._data(again)["customer_token"], token)

    def test_pseudonymous_whatever_the_words(self):
        """Every way of writing the customer's data into the text, at random."""
        rng = random.Random(1)
        facts = {
            "kind": "complaint",
            "vin": VIN,
            "plate": "1234KLM",
            "customer_name": "José Núñez de la Peña",
            "customer_email": "jose.nunez@example.com",
            "customer_phone": "+34 600 000 177",
            "customer_ref": "9",
            "day": "2026-01-02",
            "odometer": 18234,
            "language": "es_ES",
        }
        spell = {
            "plate": ["1234KLM", "1234 klm", "1234-KLM", "1 2 3 4 K L M"],
            "phone": ["+34600000177", "600 000 177", "600-00-01-77", "0034 600 000 177", "(600) 000177"],
            "mail": ["jose.nunez@example.com", "JOSE.NUNEZ@EXAMPLE.COM", "other+tag@sub.example.org"],
            "name": ["José", "NUÑEZ", "Nunez", "jose nuñez", "Peña", "PENA"],
            "vin": [VIN, VIN.lower(), "WVW ZZZ 1KZ AW 123456", "VSSZZZ5FZHR012345"],
            "id": ["12345678Z", "12345678-z", "X1234567L", "x-1234567-l", "12.345.678-Z"],
            "iban": ["ES91 2100 0418 4502 0005 1332", "ES9121000418450200051332"],
        }
        for _try in range(300):
            kinds = rng.sample(sorted(spell), rng.randint(1, 4))
            used = [rng.choice(spell[kind]) for kind in kinds]
            text = " ".join(
                f"{rng.choice(['my', 'the', 'call:', '(', 'nº'])} {word}{rng.choice([' ', ', ', '. ', ')'])}"
                for word in used
            )
            data = disclosure.feedback_data({**facts, "text": text}, "pseudonymous", "key")
            self.assertLessEqual(set(data), set(disclosure.ALLOWED["pseudonymous"]))
            flat = "".join(char for char in json.dumps(data, ensure_ascii=False).lower() if char.isalnum())
            for word in used:
                bare = "".join(char for char in word.lower() if char.isalnum())
                self.assertNotIn(bare, flat, text)

    def test_identified_needs_consent(self):
        feedback = self._feedback(disclosure="identified")
        self.assertEqual(feedback.disclosure_effective, "pseudonymous")
        feedback.action_submit()
        self.assertEqual(feedback.disclosure, "pseudonymous")
        self.assertNotIn("customer_name", self._data(feedback))

        self._agree()
        agreed = self._feedback(disclosure="identified")
        agreed.action_submit()
        data = self._data(agreed)
        self.assertEqual((data["customer_name"], data["vin"]), (self.carla.name, VIN))
        self._run_exchange()
        self.assertEqual(self._case(agreed).customer_name, self.carla.name)

    def test_consent_on_the_form_is_recorded(self):
        form = Form(self.env["automotive.feedback"].with_user(self.dora))
        form.vehicle_id = self.vehicle
        form.partner_id = self.carla
        form.text = "Please call me"
        form.disclosure = "identified"
        self.assertNotIn("Carla", str(form.payload_preview))
        form.consent_given = True
        self.assertIn("Carla", str(form.payload_preview))
        feedback = form.save()
        feedback.action_submit()
        self.assertTrue(self.carla.with_company(self.dealer)._has_consent("oem_share_feedback"))
        consent = self.carla.consent_ids
        self.assertEqual((consent.text, consent.user_id), (feedback.consent_text, self.dora))
        self.assertEqual(self._data(feedback)["customer_name"], self.carla.name)

    def test_consent_withdrawn_while_queued(self):
        self._agree()
        feedback = self._feedback(disclosure="identified")
        feedback.action_submit()
        self._agree("withdrawn")
        self._run_exchange()
        self.assertEqual(self._messages(feedback).state, "cancelled")
        self.assertFalse(self._case(feedback))
        self.assertEqual(feedback.state, "draft")
        self.assertIn("withdrew", feedback.transfer_problem)
        feedback.action_submit()
        self._run_exchange()
        self.assertEqual((feedback.state, feedback.disclosure), ("acked", "pseudonymous"))
        self.assertFalse(self._case(feedback).customer_name)

    def test_consent_withdrawn_afterwards(self):
        self._agree()
        feedback = self._feedback(disclosure="identified")
        feedback.action_submit()
        self._run_exchange()
        self.assertTrue(self._case(feedback).customer_email)
        self._agree("withdrawn")
        self._run_exchange()
        case = self._case(feedback)
        self.assertFalse(case.customer_name or case.customer_email or case.customer_phone or case.vin)
        self.assertEqual((case.disclosure, case.state), ("pseudonymous", "new"))

    def test_preview_is_what_leaves(self):
        feedback = self._feedback(text="It <b>rattles</b>")
        before = feedback.payload_preview
        self.assertIn("&lt;b&gt;", before)
        self.assertEqual(feedback._get_data(), feedback._get_data())
        feedback.action_submit()
        self.assertEqual(feedback._get_sent_data(), self._data(feedback))
        self.assertEqual(feedback.payload_preview, before)

    # ------------------------------------------------------------
    # Deadlines
    # ------------------------------------------------------------

    def test_the_history_tells_what_people_did(self):
        feedback = self._feedback()
        feedback.action_submit()
        feedback = feedback.with_context(tracking_disable=False)
        for state in ("delivered", "acked", "answered"):
            feedback._set_state(state)
            self.cr.precommit.run()
        values = feedback.message_ids.sudo().tracking_value_ids
        self.assertEqual(values.mapped("new_value_char"), ["Answered"])
        self.assertTrue(feedback.acked_at, "the line's steps have their times")

    def test_complaint_is_due_in_working_days(self):
        with freeze_time("2026-11-20 10:00:00"):
            feedback = self._feedback()
            feedback.action_submit()
            self.assertEqual(str(feedback.answer_due), "2026-12-11")
            self.assertFalse(feedback.is_late)
        late = self.env["automotive.feedback"]
        with freeze_time("2026-12-12 10:00:00"):
            feedback.invalidate_recordset()
            self.assertTrue(feedback.is_late)
            self.assertIn(feedback, late.search([("is_late", "=", True)]))
            self.assertNotIn(feedback, late.search([("is_late", "=", False)]))
        praise = self._feedback(kind="praise")
        praise.action_submit()
        self.assertFalse(praise.answer_due)

    # ------------------------------------------------------------
    # Screens and rights
    # ------------------------------------------------------------

    def test_form(self):
        self.vehicle._change_owner(self.carla)
        with Form(self.env["automotive.feedback"].with_user(self.dora)) as form:
            form.vehicle_id = self.vehicle
            self.assertEqual(form.partner_id, self.carla, "the owner is known already")
            form.text = "It rattles"
        feedback = form.record
        feedback.action_submit()
        Form(feedback)
        self._run_exchange()
        with Form(self._case(feedback).with_user(self.max)) as form:
            form.answer = "We see to it"
        form.record.action_answer()

    def test_submitted_keeps_its_words(self):
        feedback = self._feedback()
        feedback.action_submit()
        with self.assertRaises(UserError):
            feedback.text = "All is fine"
        with self.assertRaises(UserError):
            feedback.with_user(self.dan).unlink()
        self._feedback().with_user(self.dan).unlink()

    def test_roles_and_companies(self):
        feedback = self._feedback()
        feedback.action_submit()
        self._run_exchange()
        case = self._case(feedback)
        for user in (self.max, self.mia, self.xavi):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["automotive.feedback"].with_user(user).search([])
        for user in (self.dora, self.dan, self.olga, self.xavi):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["automotive.oem.case"].with_user(user).search([])
        self.assertFalse(self.env["automotive.feedback"].with_user(self.olga).search([("id", "=", feedback.id)]))
        self.assertTrue(feedback.with_user(self.dan).name)
        self.assertTrue(case.with_user(self.mia).name)
        self.assertFalse(self.env["res.partner"].with_user(self.max).search([("id", "=", self.carla.id)]))
        with self.assertRaises(AccessError):
            case.with_user(self.max).unlink()
        with self.assertRaises(AccessError):
            self.env["automotive.oem.case"].with_user(self.max).create({"kind": "praise", "company_id": self.maker.id})
        maker_b = self.max.copy({"login": "maxb", "company_id": self.other.id, "company_ids": self.other.ids})
        with self.assertRaises(AccessError):
            case.with_user(maker_b).read(["name"])

    def test_lists_cost_the_same_for_many(self):
        self._feedback()
        feedback = self.env["automotive.feedback"].with_user(self.dora)
        fields_read = ["name", "kind", "partner_id", "vehicle_id", "topic_id", "state", "is_late", "answer_due"]
        specification = {name: {"fields": {"display_name": {}}} if name.endswith("_id") else {} for name in fields_read}

        def queries():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            feedback.web_search_read([], specification, limit=80)
            return self.env.cr.sql_log_count - before

        queries()
        few = queries()
        for number in range(12):
            vehicle = self.vehicle.copy({"vin": f"VSSZZZ5FZHR1{number:05}"})
            self._feedback(vehicle_id=vehicle.id, partner_id=self.carla.copy().id)
        self.env.flush_all()
        self.assertLessEqual(queries(), few)
