from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import CrmCoreCommon


@tagged("post_install", "-at_install")
class TestLifecycle(CrmCoreCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.house = cls.env["res.partner"].create({"name": "Mill Ltd", "is_company": True})
        cls.ann = cls.env["res.partner"].create({"name": "Ann Mill", "parent_id": cls.house.id})
        cls.product = cls.env["product.product"].create({"name": "Advice", "type": "service", "list_price": 100})
        cls.env["res.partner"]._advance_lifecycles()

    def _order(self, **values):
        line = (0, 0, {"product_id": self.product.id, "price_unit": 10, "tax_ids": False})
        return self.env["sale.order"].create({"partner_id": self.ann.id, "order_line": [line], **values})

    def _advance(self):
        moved = self.env["res.partner"]._advance_lifecycles()
        self.env.invalidate_all()
        return moved

    def _steps(self):
        return [(c.from_stage, c.to_stage, c.event) for c in self.house.lifecycle_change_ids.sorted("id")]

    # -- forward

    def test_from_enquiry_to_support_on_the_company(self):
        self._lead(partner_id=self.ann.id)
        self.assertFalse(self.house.lifecycle_stage, "creating a lead costs nothing")
        self.assertEqual(self._advance(), 1)
        self.assertEqual(self.house.lifecycle_stage, "lead")
        self.assertFalse(self.ann.lifecycle_stage)
        self.assertEqual(self.ann.commercial_lifecycle_stage, "lead")
        order = self._order()
        order.action_quotation_sent()
        self.assertEqual(self.house.lifecycle_stage, "prospect")
        order.action_confirm()
        self.assertEqual(self.house.lifecycle_stage, "customer")
        self.ann._on_lifecycle_event("case")
        self.assertEqual(self.house.lifecycle_stage, "supported")
        self.assertEqual(
            self._steps(),
            [
                (False, "lead", "lead"),
                ("lead", "prospect", "quote"),
                ("prospect", "customer", "order"),
                ("customer", "supported", "case"),
            ],
        )
        self.assertEqual(self._advance(), 0, "what happened is not told twice")

    def test_events_never_lead_back(self):
        self._order().action_confirm()
        self._lead(partner_id=self.ann.id)
        self._order().action_quotation_sent()
        self.assertEqual(self._advance(), 0)
        self.assertEqual(self.house.lifecycle_stage, "customer")

    def test_the_furthest_event_of_the_past_counts(self):
        self._lead(partner_id=self.ann.id)
        order = self._order()
        order.write({"state": "sale", "date_order": "2026-01-05"})
        self._advance()
        self.assertEqual(self.house.lifecycle_stage, "customer")
        self.assertEqual(str(self.house.lifecycle_date), "2026-01-05 00:00:00")

    def test_a_won_opportunity_makes_a_customer(self):
        lead = self._lead(partner_id=self.ann.id)
        lead.action_set_won()
        self._advance()
        self.assertEqual(self.house.lifecycle_stage, "customer")

    # -- lost

    def test_every_opportunity_lost(self):
        first, second = (self._lead(partner_id=self.ann.id) for _n in range(2))
        self._advance()
        first.action_set_lost()
        self._advance()
        self.assertEqual(self.house.lifecycle_stage, "lead")
        second.action_set_lost()
        self._advance()
        self.assertEqual(self.house.lifecycle_stage, "lost")
        self.assertEqual(self._advance(), 0, "the old enquiries wake nobody up")
        self.env.cr.execute("UPDATE res_partner SET lifecycle_date = '2026-01-01' WHERE id = %s", [self.house.id])
        self._lead(partner_id=self.ann.id)
        self._advance()
        self.assertEqual(self.house.lifecycle_stage, "lead")

    def test_a_customer_is_not_lost_with_an_opportunity(self):
        self._order().action_confirm()
        self._lead(partner_id=self.ann.id).action_set_lost()
        self._advance()
        self.assertEqual(self.house.lifecycle_stage, "customer")

    # -- silence

    def _fall_silent(self):
        old = fields.Datetime.now() - timedelta(days=400)
        order = self._order()
        order.write({"state": "sale", "date_order": old})
        self._advance()
        self.assertEqual(self.house.lifecycle_stage, "customer")
        self._advance()

    def test_silence_and_back_to_what_they_were(self):
        self._fall_silent()
        self.assertEqual(self.house.lifecycle_stage, "dormant")
        self.assertEqual(self._advance(), 0)
        self.env.cr.execute("UPDATE res_partner SET lifecycle_date = '2026-01-01' WHERE id = %s", [self.house.id])
        self._lead(partner_id=self.ann.id)
        self._advance()
        self.assertEqual(self.house.lifecycle_stage, "customer")

    def test_told_at_once_too(self):
        self._fall_silent()
        self.ann._on_lifecycle_event("quote")
        self.assertEqual(self.house.lifecycle_stage, "customer")

    def test_whoever_talked_is_not_silent(self):
        self.env.cr.execute(
            "UPDATE res_partner SET last_interaction_date = %s WHERE id = %s", (fields.Datetime.now(), self.ann.id)
        )
        self._fall_silent()
        self.assertEqual(self.house.lifecycle_stage, "customer")

    def test_silence_switched_off(self):
        self.env["ir.config_parameter"].set_param("crm_core.lifecycle_silence_days", "0")
        self._fall_silent()
        self.assertEqual(self.house.lifecycle_stage, "customer")

    # -- by hand

    def test_by_hand_it_goes_back_and_is_remembered(self):
        self._order().action_confirm()
        self.house.with_user(self.manager).sudo().lifecycle_stage = "prospect"
        self.assertEqual(self._steps()[-1], ("customer", "prospect", "manual"))
        self.assertEqual(self.house.lifecycle_change_ids[0].user_id, self.manager)
        self.assertEqual(self._advance(), 0, "what a person decided stays until something new happens")
        made = self.env["res.partner"].create({"name": "Known before", "lifecycle_stage": "customer"})
        self.assertEqual(made.lifecycle_change_ids.event, "manual")

    def test_nothing_is_touched_but_the_stage(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_partner SET write_date = '2026-01-01' WHERE id = %s", [self.house.id])
        messages = self.house.message_ids
        self._lead(partner_id=self.ann.id)
        self._advance()
        self.assertEqual(str(self.house.write_date), "2026-01-01 00:00:00")
        self.assertEqual(self.house.message_ids, messages)

    def test_in_batches_by_the_cron(self):
        partners = self.env["res.partner"].create([{"name": f"P{n}"} for n in range(5)])
        self.env["crm.lead"].create([{"name": "L", "partner_id": partner.id} for partner in partners])
        self.assertEqual(self.env["res.partner"]._advance_lifecycles(limit=3), 3)
        self._run_cron("crm_core.ir_cron_lifecycle")
        self.assertEqual(set(partners.mapped("lifecycle_stage")), {"lead"})

    def test_merge_takes_the_furthest(self):
        other = self.env["res.partner"].create({"name": "Mill", "lifecycle_stage": "lead"})
        self.house.lifecycle_stage = "customer"
        self.env["base.partner.merge.automatic.wizard"].create({})._merge([other.id, self.house.id], other)
        self.env.invalidate_all()
        self.assertEqual(other.lifecycle_stage, "customer")
        self.assertEqual(len(other.lifecycle_change_ids), 3, "both histories, and the merge")
        self.assertIn("merge", other.lifecycle_change_ids.mapped("event"))

    # -- who may

    def test_the_history_is_nobodys_to_write(self):
        self.house.lifecycle_stage = "lead"
        change = self.house.lifecycle_change_ids
        for user in (self.seller, self.manager, self.officer):
            self.assertEqual(change.with_user(user).event, "manual")
            with self.assertRaises(AccessError):
                change.with_user(user).event = "lead"
        self.house.company_id = self.company
        with self.assertRaises(AccessError):
            change.with_user(self.seller_b).read(["event"])
