from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import CrmCoreCommon


@tagged("post_install", "-at_install")
class TestSegmentMailing(CrmCoreCommon):
    """Runs where the host's mailings are installed: they are no dependency."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = cls.env["res.partner"].create(
            [{"name": f"Listed {name}", "email": f"listed_{name}@example.com"} for name in ("ana", "bo", "cleo")]
        )
        cls.segment = cls.env["crm.segment"].create(
            {"name": "Listed", "domain": "[('name', '=like', 'Listed %')]", "company_id": cls.company.id}
        )

    def test_without_mailings_nothing_is_offered(self):
        self.assertEqual(self.segment.has_mailings, "mailing.list" in self.env)
        self._run_cron("crm_core.ir_cron_segment_mailing")
        self.assertFalse(self.segment.mailing_list_ref, "only segments that have a list")

    def _emails(self):
        mailing_list = self.env["mailing.list"].browse(self.segment.mailing_list_ref)
        return sorted(mailing_list.subscription_ids.filtered(lambda one: not one.opt_out).mapped("contact_id.email"))

    def test_filled_and_kept(self):
        if "mailing.list" not in self.env:
            self.skipTest("mass_mailing is not installed")
        ana, bo, cleo = self.people
        self.env["mailing.contact"].create({"name": "Bo", "email": bo.email})
        self.env["mail.blacklist"]._add(cleo.email)
        action = self.segment.action_fill_mailing_list()
        self.assertEqual(self._emails(), [ana.email, bo.email])
        self.assertEqual(self.env["mailing.contact"].search_count([("email", "=", bo.email)]), 1)
        mailing_list = self.env[action["res_model"]].browse(action["res_id"])
        mailing_list.subscription_ids.filtered(lambda one: one.contact_id.email == ana.email).opt_out = True
        bo.name = "Somebody else"
        self.env["mail.blacklist"]._remove(cleo.email)
        self._run_cron("crm_core.ir_cron_segment_mailing")
        self.assertEqual(self._emails(), [cleo.email], "who left stays out, who is not meant any more goes")
        self.assertTrue(mailing_list.subscription_ids.filtered("opt_out"), "that she left is kept")

    def test_who_may_not_mail_may_not_fill(self):
        if "mailing.list" not in self.env:
            self.skipTest("mass_mailing is not installed")
        self.segment.user_id = self.seller
        with self.assertRaises(AccessError):
            self.segment.with_user(self.seller).action_fill_mailing_list()
