from unittest.mock import patch

from odoo.tests import tagged

from .common import CrmCoreCommon

HOOK = "odoo.addons.crm_core.models.quote.sale_order.SaleOrder._on_quote_accepted"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class QuoteCase(CrmCoreCommon):
    """An opportunity in a pipeline, and a quote of 100 for it."""

    def setUp(self):
        super().setUp()
        self.lead = self._lead()
        self.order = self._order()

    def _order(self):
        product = self.env["product.product"].create({"name": "Advice", "type": "service", "list_price": 100})
        return self.env["sale.order"].create(
            {
                "partner_id": self.env["res.partner"].create({"name": "Kai", "email": "kai@example.com"}).id,
                "company_id": self.company.id,
                "opportunity_id": self.lead.id,
                "user_id": self.seller.id,
                "order_line": [(0, 0, {"product_id": product.id})],
            }
        )

    def _accepted(self):
        return patch(HOOK, autospec=True)


@tagged("post_install", "-at_install")
class TestQuote(QuoteCase):
    def test_sending_and_accepting_move_the_opportunity(self):
        self.order.action_quotation_sent()
        self.assertEqual(self.lead.stage_id, self._stage("Offer out"))
        self.order.action_confirm()
        self.assertEqual(self.lead.stage_id, self._stage("Agreed"))
        self.assertTrue(self.lead.activity_ids, "an open opportunity has a next step")

    def test_sending_by_mail_counts_too(self):
        self.order.with_context(mark_so_as_sent=True).message_post(body="Our offer", message_type="comment")
        self.assertEqual(self.lead.stage_id, self._stage("Offer out"))

    def test_source_of_the_acceptance(self):
        with self._accepted() as hook:
            self.order.action_confirm()
            signed = self._order()
            signed.signature = PIXEL
            signed.action_confirm()
        self.assertEqual([call.args[1] for call in hook.call_args_list], ["office", "signature"])

    def test_once_for_each_revision(self):
        with self._accepted() as hook:
            self.order.action_confirm()
            self.order._action_confirm()
            self.assertEqual(hook.call_count, 1)
            self.order._action_cancel()
            self.order.action_draft()
            self.assertEqual(self.order.revision_number, 2)
            self.order.action_confirm()
            self.assertEqual(hook.call_count, 2)

    def test_reopening_what_nobody_accepted_is_no_revision(self):
        self.order.action_quotation_sent()
        self.order.action_draft()
        self.assertEqual(self.order.revision_number, 1)

    def test_a_copy_starts_anew(self):
        self.order.action_confirm()
        copy = self.order.copy()
        self.assertEqual((copy.revision_number, copy.accepted_revision), (1, 0))

    def test_without_opportunity_nothing_happens(self):
        self.order.opportunity_id = False
        self.order.action_quotation_sent()
        self.order.action_confirm()
        self.assertEqual(self.lead.stage_id, self._stage("First talk"))

    def test_events_of_the_opportunity_reach_its_quotes(self):
        """Whoever bills by milestones hears what happened to the opportunity."""
        with patch.object(type(self.order), "_on_milestone", autospec=True) as hook:
            self.lead._on_stage_event("quote_sent")
        self.assertEqual([(call.args[0], call.args[1]) for call in hook.call_args_list], [(self.order, "quote_sent")])
