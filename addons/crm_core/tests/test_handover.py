from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import CrmCoreCommon

SOON = datetime.now() + timedelta(days=3)


@tagged("post_install", "-at_install")
class TestHandover(CrmCoreCommon):
    """Sam leaves. Nina and Otto take over."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        values = {"company_id": cls.company.id, "company_ids": [cls.company.id]}
        cls.nina = new_test_user(cls.env, "nina", "sales_team.group_sale_salesman", **values)
        cls.otto = new_test_user(cls.env, "otto", "sales_team.group_sale_salesman", **values)
        cls.team = cls.env["crm.team"].create({"name": "Coast", "user_id": cls.seller.id, "company_id": cls.company.id})
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Customer {n}", "email": f"c{n}@example.com", "user_id": cls.seller.id} for n in range(4)]
        )
        cls.lead = cls.env["crm.lead"].create(cls._prepare_lead(cls.customers[0]))
        cls.quote = cls.env["sale.order"].create(
            {"partner_id": cls.customers[1].id, "user_id": cls.seller.id, "company_id": cls.company.id}
        )
        cls.activity = cls.lead.activity_schedule("mail.mail_activity_data_call", user_id=cls.seller.id, summary="Call")
        cls.meeting = cls.env["calendar.event"].create(
            {
                "name": "Signature",
                "start": SOON,
                "stop": SOON + timedelta(hours=1),
                "user_id": cls.seller.id,
                "partner_ids": [(6, 0, (cls.seller.partner_id + cls.customers[0]).ids)],
                "opportunity_id": cls.lead.id,
            }
        )
        cls.customers[2].message_subscribe(partner_ids=cls.seller.partner_id.ids)

    @classmethod
    def _prepare_lead(cls, partner, **values):
        return {
            "name": "A boat",
            "type": "opportunity",
            "partner_id": partner.id,
            "user_id": cls.seller.id,
            "team_id": cls.team.id,
            "company_id": cls.company.id,
            **values,
        }

    def _handover(self, **values):
        values = {"from_user_id": self.seller.id, "user_id": self.nina.id, "company_id": self.company.id, **values}
        return self.env["crm.handover"].with_user(self.manager).create(values)

    def _start(self, **values):
        handover = self._handover(**values)
        handover.action_start()
        return handover

    def _counts(self, handover):
        return {scope.code: scope.count for scope in handover.scope_ids}

    # ------------------------------------------------------------

    def test_everything_goes_to_one_person(self):
        opened = self.lead.date_open
        handover = self._handover()
        before = self._counts(handover)
        wanted = {"contact": 4, "lead": 1, "quote": 1, "activity": 1, "meeting": 1, "team": 1, "follower": 2}
        self.assertEqual({code: before[code] for code in wanted}, wanted)
        handover.action_start()
        self.assertEqual(handover.state, "done")
        self.assertEqual({code: self._counts(handover)[code] for code in wanted}, wanted)
        self.assertEqual(self.customers.user_id, self.nina)
        records = self.lead + self.quote.opportunity_id
        self.assertEqual(records.user_id | self.quote.user_id | self.team.user_id, self.nina)
        self.assertEqual((self.activity.user_id, self.meeting.user_id), (self.nina, self.nina))
        self.assertEqual(self.meeting.partner_ids, self.nina.partner_id + self.customers[0])
        self.assertIn(self.nina.partner_id, self.customers[2].message_partner_ids)
        self.assertNotIn(self.seller.partner_id, self.customers[2].message_partner_ids)
        self.assertEqual((self.lead.team_id, self.lead.date_open), (self.team, opened), "what the host counts from")

    def test_undo_gives_back_what_is_still_as_it_was_left(self):
        stage = self.lead.stage_id
        handover = self._start()
        self.customers[3].user_id = self.otto
        self.activity.action_done()
        handover.action_undo()
        self.assertEqual(handover.state, "undone")
        self.assertEqual(self.customers[:3].user_id, self.seller)
        self.assertEqual(self.customers[3].user_id, self.otto)
        self.assertEqual((self.lead.user_id, self.lead.team_id, self.lead.stage_id), (self.seller, self.team, stage))
        self.assertEqual(self.meeting.partner_ids, self.seller.partner_id + self.customers[0])
        self.assertIn(self.seller.partner_id, self.customers[2].message_partner_ids)
        self.assertNotIn(self.nina.partner_id, self.customers[2].message_partner_ids)
        skipped = handover.line_ids.filtered(lambda line: line.state == "skipped")
        self.assertEqual(set(skipped.mapped("scope")), {"contact", "activity"})
        self.assertTrue(all(skipped.mapped("note")))

    def test_in_turn_and_each_customer_to_one_person(self):
        self.env["crm.lead"].create(self._prepare_lead(self.customers[1]))
        self._start(rule="round_robin", user_id=False, user_ids=[(6, 0, (self.nina + self.otto).ids)])
        owners = [partner.user_id for partner in self.customers]
        self.assertEqual({owners.count(user) for user in (self.nina, self.otto)}, {2})
        for customer in self.customers[:2]:
            documents = customer.opportunity_ids
            self.assertEqual(documents.user_id, customer.user_id)
        self.assertEqual(self.quote.user_id, self.customers[1].user_id)

    def test_by_team(self):
        self.env["crm.team.member"].create({"crm_team_id": self.team.id, "user_id": self.otto.id})
        self._start(rule="team", team_id=False)
        self.assertEqual(self.lead.user_id, self.otto)
        self.assertEqual(self.customers[3].user_id, self.nina, "belongs to no team")

    def test_by_area(self):
        self.customers[0].zip = "43001"
        self.customers[1].zip = "08010"
        self.customers[2].country_id = self.env.ref("base.fr")
        area = [
            (0, 0, {"zip_prefix": "43, 44", "user_id": self.otto.id}),
            (0, 0, {"country_id": self.env.ref("base.fr").id, "user_id": self.manager.id}),
        ]
        self._start(rule="area", area_ids=area)
        owners = [self.otto, self.nina, self.manager, self.nina]
        self.assertEqual([partner.user_id for partner in self.customers], owners)
        self.assertEqual(self.lead.user_id, self.otto)

    def test_customers_are_told_once_if_wanted(self):
        template = self.env.ref("crm_core.mail_template_handover")
        self.customers[0].email = False
        self._start(template_id=template.id)
        mails = self.env["mail.mail"].search([("model", "=", "res.partner"), ("res_id", "in", self.customers.ids)])
        self.assertEqual(sorted(mails.mapped("res_id")), self.customers[1:].ids)
        self.assertIn(self.nina.name, mails[0].subject)

    def test_only_what_was_chosen(self):
        handover = self._handover()
        handover.scope_ids.filtered(lambda scope: scope.code != "quote").selected = False
        handover.action_start()
        self.assertEqual((self.quote.user_id, self.lead.user_id), (self.nina, self.seller))

    def test_one_that_refuses_does_not_stop_the_others(self):
        def refuse(records, vals):
            if self.customers[1] in records:
                raise UserError("This one stays.")
            return original(records, vals)

        original = type(self.customers).write
        self.patch(type(self.customers), "write", refuse)
        handover = self._start()
        self.assertEqual(self.customers.mapped("user_id"), self.nina + self.seller)
        failed = handover.line_ids.filtered(lambda line: line.state == "failed")
        self.assertEqual((failed.res_id, failed.note), (self.customers[1].id, "This one stays."))
        self.assertEqual((handover.state, handover.problem_count), ("done", 1))

    def test_receivers_are_checked_first(self):
        self.otto.active = False
        for values, message in (
            ({"user_id": False}, "Choose who"),
            ({"user_id": self.otto.id}, "archived"),
            ({"user_id": self.seller.id}, "themselves"),
            ({"user_id": self.seller_b.id}, "does not work for"),
            ({"rule": "round_robin", "user_ids": False}, "Choose who"),
        ):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, message):
                self._start(**values)
        self.assertEqual(self.customers.user_id, self.seller)

    def test_large_ones_go_on_in_the_background(self):
        self._patch_limits(batch=2, at_once=2)
        handover = self._start()
        self.assertEqual((handover.state, handover.line_count), ("running", 3), "the urgent one and a batch")
        self._run_cron("crm_core.ir_cron_handover")
        self.assertEqual((handover.state, handover.job_state), ("done", "done"))
        self.assertEqual(self.customers.user_id, self.nina)
        handover.action_undo()
        self._run_cron("crm_core.ir_cron_handover")
        self.assertEqual((handover.state, self.customers.user_id), ("undone", self.seller))

    def _patch_limits(self, batch, at_once):
        module = "odoo.addons.crm_core.models.ownership.crm_handover"
        for name, value in (("BATCH", batch), ("AT_ONCE", at_once)):
            self.startPatcher(patch(f"{module}.{name}", value))

    # ------------------------------------------------------------
    # Archiving
    # ------------------------------------------------------------

    def test_archiving_hands_over_first_where_a_successor_is_set(self):
        self.seller.handover_user_id = self.nina
        self.seller.action_archive()
        self.assertEqual(self.activity.exists().user_id, self.nina)
        self.assertEqual((self.lead.user_id, self.quote.user_id), (self.nina, self.nina))
        handover = self.env["crm.handover"].search([("from_user_id", "=", self.seller.id)])
        with self.assertRaisesRegex(UserError, "archived"):
            handover.with_user(self.manager).action_undo()
        self.seller.action_unarchive()
        handover.with_user(self.manager).action_undo()
        self.assertEqual(self.lead.user_id, self.seller)

    def test_archiving_without_a_successor_is_the_hosts_business(self):
        self.seller.action_archive()
        self.assertFalse(self.activity.exists())
        self.assertEqual(self.lead.user_id, self.seller)
        self.assertFalse(self.env["crm.handover"].search([]))

    def test_an_archived_successor_is_said_before_anything_is_lost(self):
        self.seller.handover_user_id = self.nina
        self.nina.active = False
        with self.assertRaisesRegex(UserError, "nina"):
            self.seller.action_archive()
        self.assertTrue(self.activity.exists())

    # ------------------------------------------------------------
    # Who may
    # ------------------------------------------------------------

    def test_salespeople_cannot_hand_over(self):
        with self.assertRaises(AccessError):
            self.env["crm.handover"].with_user(self.seller).create({"from_user_id": self.otto.id})

    def test_receivers_read_what_became_theirs(self):
        handover = self._start()
        lines = self.env["crm.handover.line"]
        self.assertTrue(lines.with_user(self.nina).search([("handover_id", "=", handover.id)]))
        self.assertFalse(lines.with_user(self.otto).search([]))
        self.assertFalse(self.env["crm.handover"].with_user(self.otto).search([]))
        with self.assertRaises(AccessError):
            lines.with_user(self.manager).browse(handover.line_ids[:1].id).write({"note": "x"})

    def test_companies_do_not_touch_each_other(self):
        self.seller.company_ids += self.company_b
        there = self.env["crm.lead"].create(
            self._prepare_lead(self.customers[0], company_id=self.company_b.id, team_id=False)
        )
        handover = self._start()
        self.assertEqual(there.user_id, self.seller)
        self.assertFalse(self.env["crm.handover"].with_user(self.seller_b).search([]))
        self.assertFalse(self.env["crm.handover.line"].with_user(self.seller_b).search([]))
        self.assertNotIn(there.id, handover.line_ids.filtered(lambda line: line.scope == "lead").mapped("res_id"))

    def test_log_survives_a_merge_of_contacts(self):
        handover = self._start()
        winner, loser = self.customers[:2]
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((winner + loser).ids, winner)
        lines = handover.line_ids.filtered(lambda line: line.scope == "contact" and line.res_id == winner.id)
        self.assertEqual(len(lines), 2)
        handover.action_undo()
        self.assertEqual(winner.user_id, self.seller)

    def test_queries_do_not_grow_with_the_records(self):
        def cost(number):
            self.env["res.partner"].create([{"name": "N", "user_id": self.otto.id} for _n in range(number)])
            handover = self._handover(from_user_id=self.otto.id)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            handover.action_start()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        cost(1)
        self.assertLessEqual(cost(200), cost(20) + 8)

    def test_form(self):
        with Form(self.env["crm.handover"].with_user(self.manager).with_company(self.company)) as form:
            form.from_user_id = self.seller
            form.user_id = self.nina
        self.assertEqual(self._counts(form.record)["contact"], 4)
