import re
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from .common import CrmCoreCommon

HOOK = "odoo.addons.crm_core.models.quote.sale_order.SaleOrder._on_quote_accepted"
# Tables of the suite, and the attachments, where the pictures of signatures are.
OWN = "crm_(quote|document|billing|pipeline|mail|life)|realestate_|automotive_|ir_attachment"
OWN_TABLES = rf'(FROM|JOIN|INTO|UPDATE)\s+"?({OWN})'
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
        orders = type(self.order)
        with patch.object(orders, "_on_milestone", autospec=True) as hook:
            with patch.object(orders, "_awaits_milestone", lambda _self, event: event == "quote_sent"):
                self.lead._on_stage_event("quote_sent")
                self.lead._on_stage_event("quote_accepted")
        self.assertEqual([(call.args[0], call.args[1]) for call in hook.call_args_list], [(self.order, "quote_sent")])

    def test_confirming_costs_one_query_more(self):
        """Where nothing is configured, an accepted quote costs one row: the event. The host alone needs 18 queries."""
        partner, product = self.order.partner_id, self.order.order_line.product_id
        leads = self.env["crm.lead"].create([{"name": "O", "type": "opportunity"} for _n in range(4)])
        line = [(0, 0, {"product_id": product.id})]
        orders = self.env["sale.order"].create(
            [{"partner_id": partner.id, "opportunity_id": lead.id, "order_line": line} for lead in leads]
        )
        orders.action_quotation_sent()
        orders[:2].action_confirm()
        self.env.flush_all()
        self.env.invalidate_all()
        orders[2].action_confirm()  # reads what the others read as well
        self.env.flush_all()
        cursor = type(self.env.cr)
        with patch.object(cursor, "execute", autospec=True, side_effect=cursor.execute) as execute:
            orders[3].action_confirm()
            self.env.flush_all()
        queries = [call.args[1] for call in execute.call_args_list]
        statements = [query.code if isinstance(query, SQL) else query for query in queries]
        own = [statement for statement in statements if re.search(OWN_TABLES, statement)]
        self.assertEqual([statement.split()[:3] for statement in own], [["INSERT", "INTO", "crm_quote_event"]], own)
        self.assertLessEqual(len(statements), 22, "\n".join(statements))
