from odoo.tests import new_test_user, tagged

from .common import BillingCommon


@tagged("post_install", "-at_install")
class TestTimeline(BillingCommon):
    def test_invoices_are_shown_to_those_who_may_read_them(self):
        self._create_policy()
        order = self._create_order()
        self._confirm(order)
        self._run_jobs()
        entry = self.partner.with_user(self.accountant).crm_timeline(kinds=["invoice"])
        self.assertEqual([line["title"] for line in entry], order.invoice_ids.mapped("name"))
        self.assertIn("1,210.00", entry[0]["text"])
        stranger = new_test_user(self.env, "vera", "base.group_user", company_id=self.company.id)
        self.assertFalse(self.partner.with_user(stranger).crm_timeline(kinds=["invoice"]))
        kinds = self.partner.with_user(stranger).crm_timeline_kinds()
        self.assertNotIn("invoice", [kind["kind"] for kind in kinds])
