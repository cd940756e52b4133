import base64
import re

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import file_open

from .common import DealerCommon


@tagged("post_install", "-at_install")
class TestDelivery(DealerCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stock = cls.env["automotive.vehicle"].create(
            {
                "vin": "WVWZZZ1KZAW000777",
                "model_id": cls.model.id,
                "kind": "new",
                "price": 20000,
                "company_id": cls.dealer.id,
            }
        )
        cls.vehicle._change_owner(cls.carla, fields.Date.today() - relativedelta(years=3))
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "A new Uno",
                "type": "opportunity",
                "partner_id": cls.carla.id,
                "company_id": cls.dealer.id,
                "team_id": False,
                "user_id": cls.dora.id,
                "pipeline_id": cls.env.ref("crm_automotive_dealer.crm_pipeline_car_sale").id,
            }
        )
        cls.env["automotive.wish"].create({"lead_id": cls.lead.id, "vehicle_id": cls.stock.id, "options": "Tow bar, "})
        cls.appraisal = cls.env["automotive.appraisal"].create(
            {
                "partner_id": cls.carla.id,
                "lead_id": cls.lead.id,
                "vehicle_id": cls.vehicle.id,
                "offered_price": 7500,
                "company_id": cls.dealer.id,
            }
        )
        for step in ("action_inspect", "action_offer", "action_accept"):
            getattr(cls.appraisal, step)()
        with file_open("web/static/img/logo.png", "rb") as picture:
            cls.picture = base64.b64encode(picture.read())

    def _quote(self):
        lead = self.lead.with_user(self.dora)
        context = lead.action_new_quotation()["context"]
        return Form(self.env["sale.order"].with_user(self.dora).with_context(**context)).save()

    def _deliver(self):
        order = self._quote()
        order.action_confirm()
        context = order.action_open_delivery()["context"]
        delivery = Form(self.env["automotive.delivery"].with_user(self.dora).with_context(**context)).save()
        delivery.check_ids.done = True
        delivery.write({"signature": self.picture, "signed_by": "Carla"})
        delivery.action_deliver()
        return delivery

    def test_a_quote_begins_with_the_car_and_the_trade_in(self):
        order = self._quote()
        self.assertEqual((order.vehicle_id, order.appraisal_id), (self.stock, self.appraisal))
        lines = [(line.name.split(":")[0].split(" ·")[0], line.price_unit) for line in order.order_line]
        self.assertEqual(lines, [("Testa/Uno", 20000), ("Tow bar", 0), ("Trade-in", -7500)])
        self.assertEqual(order.amount_untaxed, 12500)

    def test_other_quotes_begin_as_the_host_has_them(self):
        other = self.env["crm.lead"].create({"name": "A boat", "type": "opportunity", "partner_id": self.carla.id})
        context = other.with_user(self.dora).sudo().action_new_quotation()["context"]
        self.assertFalse({"default_order_line", "default_vehicle_id"} & set(context))

    def test_a_delivery_makes_the_customer_the_owner(self):
        delivery = self._deliver()
        today = fields.Date.context_today(delivery)
        self.assertEqual((self.stock.owner_id, self.stock.kind), (self.carla, "customer"))
        self.assertEqual(self.stock.warranty_until, today + relativedelta(months=36))
        self.assertEqual((self.vehicle.kind, self.vehicle.owner_id), ("used", self.env["res.partner"]))
        self.assertTrue(self.lead.stage_id.is_won)
        with self.assertRaisesRegex(UserError, "is kept"):
            delivery.with_user(self.dan).unlink()

    def test_what_is_not_ready_is_not_handed_over(self):
        values = {"partner_id": self.carla.id, "vehicle_id": self.stock.id}
        delivery = self.env["automotive.delivery"].with_user(self.dora).create(values)
        with self.assertRaisesRegex(UserError, "Check first: Registration papers"):
            delivery.action_deliver()
        delivery.check_ids.done = True
        with self.assertRaisesRegex(UserError, "Let Carla Vives Roca sign"):
            delivery.action_deliver()
        self.assertEqual((delivery.state, self.stock.kind), ("planned", "new"))

    # ------------------------------------------------------------
    # Satisfaction
    # ------------------------------------------------------------

    def _ask(self, delivery):
        delivery.ask_at = fields.Datetime.now()
        self._run_cron("crm_automotive_dealer.ir_cron_ask_delivery")

    def test_asked_once_and_not_too_often(self):
        delivery = self._deliver()
        self._run_cron("crm_automotive_dealer.ir_cron_ask_delivery")
        self.assertFalse(delivery.asked_at, "not before tomorrow")
        for _time in range(2):
            self._ask(delivery)
        sent = delivery.message_ids.filtered(lambda message: "/rate/" in message.body)
        self.assertEqual((len(sent), sent.partner_ids), (1, self.carla))
        self.assertTrue(delivery._was_asked_lately())

    def test_who_is_not_content_is_called(self):
        """The customer clicks the face in the mail and writes what is wrong: a complaint, for a person, once."""
        delivery = self._deliver()
        self._ask(delivery)
        token = delivery._rating_get_access_token()
        self.env.flush_all()
        page = self.url_open(f"/rate/{token}/1")
        secret = re.search(r'name="csrf_token" value="([^"]+)"', page.text).group(1)
        for words in ("It smells", "It smells, and the radio is dead"):
            answer = {"rate": 1, "feedback": words, "csrf_token": secret}
            self.assertTrue(self.url_open(f"/rate/{token}/submit_feedback", data=answer).ok)
        complaint = self.env["automotive.feedback"].search([("partner_id", "=", self.carla.id)])
        self.assertEqual((complaint.kind, complaint.state, complaint.vehicle_id), ("complaint", "draft", self.stock))
        self.assertEqual(complaint.text, "It smells, and the radio is dead")
        self.assertEqual(complaint.activity_ids.mapped("user_id"), self.dora)
        self.assertIn("call today", complaint.activity_ids.summary)

    def test_who_is_content_is_left_in_peace(self):
        delivery = self._deliver()
        delivery.rating_apply(5, token=delivery._rating_get_access_token())
        self.assertFalse(self.env["automotive.feedback"].search([("partner_id", "=", self.carla.id)]))

    # ------------------------------------------------------------
    # Rights
    # ------------------------------------------------------------

    def test_rights(self):
        delivery = self._deliver()
        for user in (self.olga, self.max):
            with self.assertRaises(AccessError):
                delivery.with_user(user).read(["partner_id"])
        with self.assertRaises(AccessError):
            self.env["automotive.delivery.item"].with_user(self.dora).create({"name": "x"})
