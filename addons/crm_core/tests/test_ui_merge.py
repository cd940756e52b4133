from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestUiMerge(HttpCase):
    def test_merge_tour(self):
        """A manager looks at the suspected pairs: merges one with a choice, says of another that it is two."""
        groups = "sales_team.group_sale_manager,base.group_partner_manager"
        new_test_user(self.env, "tour_merger", groups)
        partners = self.env["res.partner"].create(
            [
                {"name": "Tessa Twice", "email": "tessa@example.com", "phone": "+34 600 000 701"},
                {"name": "T. Twice", "email": "twice@example.com", "phone": "+34 600 000 701", "function": "Director"},
                {"name": "Xaver One", "email": "x@example.com"},
                {"name": "Bert Two", "email": "x@example.com"},
            ]
        )
        partners[0].flush_recordset()
        self.env.cr.execute("UPDATE res_partner SET create_date = '2026-01-01' WHERE id = %s", [partners[0].id])
        self.env["crm.duplicate"]._scan()
        self.start_tour("/odoo/duplicates", "crm_core_merge_tour", login="tour_merger")
        self.env.invalidate_all()
        self.assertEqual(partners.exists().mapped("name"), ["Tessa Twice", "Xaver One", "Bert Two"])
        self.assertEqual((partners[0].email, partners[0].function), ("twice@example.com", "Director"))
        pair = self.env["crm.duplicate"].search([("partner_id", "=", partners[2].id)])
        self.assertEqual(pair.state, "dismissed")
