from odoo.tests import Form, HttpCase, tagged

from .test_quote import QuoteCase


@tagged("post_install", "-at_install")
class TestQuoteUi(HttpCase, QuoteCase):
    def test_the_dialogs_are_about_the_quote(self):
        self.env["crm.quote.limit"].create({"company_id": self.company.id, "kind": "discount", "threshold": 10})
        self.order.order_line.discount = 20
        context = {"default_order_id": self.order.id}
        asked = Form(self.env["crm.quote.approve"].with_user(self.seller).with_context(**context))
        self.assertEqual((asked.order_id, asked.reason), (self.order, "20 % discount, the limit is 10 %"))
        refused = Form(self.env["crm.quote.refuse"].with_user(self.seller).with_context(**context))
        self.assertEqual(refused.order_id, self.order)

    def test_from_the_opportunity_to_the_signature(self):
        """A salesperson sends a quote in three clicks and revises it; the customer signs on a telephone."""
        product = self.order.order_line.product_id
        self.pipeline.quote_template_id = self.env["sale.order.template"].create(
            {
                "name": "Consulting",
                "require_signature": True,
                "require_payment": False,
                "sale_order_template_line_ids": [(0, 0, {"product_id": product.id, "product_uom_qty": 1})],
            }
        )
        partner = self.env["res.partner"].create({"name": "Tessa Tour", "email": "tessa@example.com"})
        lead = self._lead(name="New roof", partner_id=partner.id)
        self.start_tour(f"/odoo/crm.lead/{lead.id}", "crm_core_quote_tour", login="sam")
        first, revision = lead.order_ids.sorted("id")
        self.assertEqual((first.superseded_by_id, revision.state), (revision, "sent"))
        self.assertEqual(lead.stage_id, self._stage("Offer out"))

        self.browser_size = "390x844"
        self.start_tour(first.get_portal_url(), "crm_core_quote_portal_tour")
        self.assertEqual((revision.state, revision.signed_by), ("sale", "Tessa Tour"))
        self.assertEqual(revision.quote_status, "accepted")
        self.assertEqual(lead.stage_id, self._stage("Agreed"))
