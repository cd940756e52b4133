import json
from datetime import datetime, timedelta

from odoo import fields, http
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, new_test_user, tagged

from .common import CrmCoreCommon

EXPORT = "base.group_allow_export"


@tagged("post_install", "-at_install")
class TestPortfolio(CrmCoreCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        values = {"company_id": cls.company.id, "company_ids": [cls.company.id]}
        cls.nina = new_test_user(cls.env, "nina", "sales_team.group_sale_salesman", **values)
        cls.own, cls.foreign, cls.free = cls.env["res.partner"].create(
            [
                {"name": "Own", "user_id": cls.seller.id},
                {"name": "Foreign", "user_id": cls.nina.id},
                {"name": "Free"},
            ]
        )

    def _may_read(self, user):
        partners = self.own + self.foreign + self.free
        return partners.with_user(user)._filtered_access("read").sudo().mapped("name")

    def test_off_everybody_sees_every_contact(self):
        self.assertEqual(self._may_read(self.seller), ["Own", "Foreign", "Free"])

    def test_on_salespeople_see_theirs_and_nobodys(self):
        self._switch(True)
        self.assertEqual(self._may_read(self.seller), ["Own", "Free"])
        self.assertEqual(self._may_read(self.manager), ["Own", "Foreign", "Free"])
        self.assertTrue(self.nina.partner_id.with_user(self.seller).has_access("read"), "colleagues")
        self._lead(partner_id=self.foreign.id)
        self.assertIn("Foreign", self._may_read(self.seller), "works on a deal with it")
        self._switch(False)
        self.assertEqual(self._may_read(self.nina), ["Own", "Foreign", "Free"])

    def _switch(self, on):
        settings = self.env["res.config.settings"].create({"crm_own_portfolio": on})
        settings.execute()
        self.assertEqual(self.env["res.config.settings"].create({}).crm_own_portfolio, on)

    def test_figures(self):
        self._lead(partner_id=self.own.id)
        busy = self._lead()
        busy.activity_schedule(
            "mail.mail_activity_data_call", fields.Date.today() - timedelta(days=2), user_id=self.seller.id
        )
        self.env["sale.order"].create(
            {"partner_id": self.own.id, "user_id": self.seller.id, "company_id": self.company.id}
        )
        user = self.seller.with_user(self.manager)
        self.assertEqual((user.portfolio_contact_count, user.portfolio_lead_count), (1, 2))
        self.assertEqual((user.portfolio_idle_count, user.portfolio_quote_count, user.portfolio_late_count), (1, 1, 1))
        for figure in self.env["res.users"]._get_portfolio_domains():
            action = user.with_context(crm_core_figure=figure).action_open_portfolio()
            found = self.env[action["res_model"]].with_user(self.manager).search_count(action["domain"])
            self.assertEqual(found, user[figure], figure)

    def test_salespeople_see_their_own_only(self):
        users = self.env["res.users"]
        self.assertEqual(users.with_user(self.seller).action_crm_portfolio()["domain"], [("id", "=", self.seller.id)])
        self.assertIn("share", users.with_user(self.manager).action_crm_portfolio()["domain"])

    def test_brief_says_what_the_new_owner_must_know(self):
        lead = self._lead(partner_id=self.own.id, name="New roof")
        lead.activity_schedule("mail.mail_activity_data_todo", summary="Send the samples", user_id=self.seller.id)
        self.own.message_post(body="Wants red tiles", message_type="comment", subtype_xmlid="mail.mt_comment")
        order = self.env["sale.order"].create(
            {"partner_id": self.own.id, "user_id": self.seller.id, "company_id": self.company.id}
        )
        handover = self.env["crm.handover"].with_user(self.manager).with_company(self.company)
        handover = handover.create(
            {"from_user_id": self.seller.id, "user_id": self.nina.id, "reason": "Moved to the factory"}
        )
        handover.action_start()
        line = handover.line_ids.filtered(lambda line: line.scope == "contact")
        action = line.with_user(self.nina).action_open_brief()
        self.assertEqual(action["res_id"], self.own.id)
        brief = self.own.with_user(self.nina).crm_brief
        for text in ("New roof", "Send the samples", "Wants red tiles", order.name, self.seller.name, "Moved to the"):
            self.assertIn(text, brief)
        kinds = [entry["kind"] for entry in self.own.with_user(self.nina).crm_timeline()]
        self.assertIn("handover", kinds)

    def test_brief_form_opens(self):
        form = Form(self.own.with_user(self.seller), view="crm_core.res_partner_view_form_brief")
        self.assertIn("Nobody has talked", form.crm_brief)


@tagged("post_install", "-at_install")
class TestExportLog(CrmCoreCommon):
    def _logs(self):
        return self.env["crm.export.log"].search([])

    def test_every_export_of_contacts_and_leads_is_noted(self):
        self.manager.group_ids += self.env.ref(EXPORT)
        partners = self.env["res.partner"].create([{"name": "A"}, {"name": "B"}])
        partners.with_user(self.manager).export_data(["name", "email"])
        self._lead().with_user(self.manager).export_data(["name"])
        lead, contacts = self._logs()
        self.assertEqual((contacts.model, contacts.record_count, contacts.user_id), ("res.partner", 2, self.manager))
        self.assertEqual((contacts.field_names, lead.model), ("name, email", "crm.lead"))

    def test_contacts_by_way_of_other_records_too(self):
        order = self.env["sale.order"].create({"partner_id": self.env["res.partner"].create({"name": "A"}).id})
        order.export_data(["name", "partner_id"])
        self.assertFalse(self._logs(), "a name on an order is no export of contacts")
        order.export_data(["name", "partner_id/email"])
        self.assertEqual(self._logs().model, "sale.order")

    def test_without_the_right_nothing_leaves(self):
        partner = self.env["res.partner"].create({"name": "A"})
        self.seller.group_ids -= self.env.ref(EXPORT)
        with self.assertRaises(UserError):
            partner.with_user(self.seller).export_data(["name"])
        self.assertFalse(self._logs())

    def test_append_only(self):
        self.env["res.partner"].create({"name": "A"}).export_data(["name"])
        log = self._logs()
        with self.assertRaises(UserError):
            log.record_count = 0
        with self.assertRaises(UserError):
            log.unlink()

    def test_manager_and_officer_read_it(self):
        self.env["res.partner"].create({"name": "A"}).with_company(self.company).export_data(["name"])
        for user, seen in ((self.manager, 1), (self.officer, 1), (self.seller_b, 0)):
            self.assertEqual(len(self.env["crm.export.log"].with_user(user).search([])), seen, user.login)
        with self.assertRaises(AccessError):
            self.env["crm.export.log"].with_user(self.seller).search([])
        for user in (self.manager, self.officer):
            with self.assertRaises(AccessError):
                self.env["crm.export.log"].with_user(user).create({"model": "x", "user_id": user.id})


@tagged("post_install", "-at_install")
class TestExportDownload(HttpCase):
    def test_downloads_are_noted_with_their_filter(self):
        user = new_test_user(self.env, "exporter", f"sales_team.group_sale_manager,{EXPORT}", password="exporter-pass")
        self.env["res.partner"].create({"name": "Zeta Export"})
        self.authenticate("exporter", "exporter-pass")
        data = {
            "model": "res.partner",
            "fields": [{"name": "name", "label": "Name", "type": "char"}],
            "ids": False,
            "domain": [["name", "=", "Zeta Export"]],
            "import_compat": False,
            "context": {},
            "groupby": [],
        }
        for kind in ("csv", "xlsx"):
            form = {"data": json.dumps(data), "csrf_token": http.Request.csrf_token(self)}
            answer = self.url_open(f"/web/export/{kind}", data=form)
            self.assertEqual(answer.status_code, 200)
        logs = self.env["crm.export.log"].search([("user_id", "=", user.id)])
        self.assertEqual(logs.mapped("record_count"), [1, 1])
        self.assertEqual(set(logs.mapped("domain")), {'[["name", "=", "Zeta Export"]]'})


@tagged("post_install", "-at_install")
class TestEfficiency(CrmCoreCommon):
    """Sam works, Mona leads the team."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team = cls.env["crm.team"].create(
            {"name": "Coast", "company_id": cls.company.id, "user_id": cls.manager.id, "member_ids": cls.seller.ids}
        )
        cls.pipeline.loop_policy = "off"

    def _figures(self, user=None, domain=()):
        report = self.env["crm.efficiency.report"].with_user(user or self.manager)
        measures = ("planned", "done", "late", "calls", "meetings", "quotes", "won", "lost")
        aggregates = [f"{name}:sum" for name in measures] + ["conversion:avg", "response_hours:avg"]
        self.env.flush_all()
        values = report._read_group(list(domain), [], aggregates)[0]
        return dict(zip((*measures, "conversion", "response_hours"), values, strict=True))

    def _plan(self, days, kind="mail.mail_activity_data_call", **values):
        lead = self._lead(team_id=self.team.id)
        day = fields.Date.today() + timedelta(days=days)
        return lead.activity_schedule(kind, day, user_id=self.seller.id, **values)

    def test_activities(self):
        self._plan(0).action_done()
        self._plan(-3).action_done()
        self._plan(-1, "mail.mail_activity_data_todo")
        self._plan(2)
        figures = self._figures(domain=[("user_id", "=", self.seller.id)])
        self.assertEqual((figures["planned"], figures["done"], figures["late"], figures["calls"]), (4, 2, 2, 2))

    def test_days_are_those_of_the_person(self):
        self.seller.tz = "Pacific/Auckland"
        start = datetime(2026, 3, 1, 20)
        event = {"name": "Talk", "start": start, "stop": start + timedelta(hours=1), "user_id": self.seller.id}
        self.env["calendar.event"].create(event)
        self.assertEqual(self._figures(domain=[("date", "=", "2026-03-02")])["meetings"], 1)

    def test_cancelled_ones_do_not_count(self):
        self._plan(0)._cancel("The customer moved")
        figures = self._figures(domain=[("user_id", "=", self.seller.id)])
        self.assertEqual((figures["planned"], figures["done"]), (0, 0))

    def test_meetings_quotes_and_conversion(self):
        start = datetime.now() - timedelta(days=1)
        stop = start + timedelta(hours=1)
        event = {"name": "Talk", "start": start, "stop": stop, "user_id": self.seller.id}
        self.env["calendar.event"].create(
            [event, {**event, "start": start + timedelta(9), "stop": stop + timedelta(9)}]
        )
        order = {"partner_id": self.seller.partner_id.id, "user_id": self.seller.id, "company_id": self.company.id}
        self.env["sale.order"].create([order, order])[0].action_quotation_sent()
        leads = [self._lead(team_id=self.team.id) for _number in range(3)]
        leads[0].action_set_won()
        leads[1].action_set_lost()
        figures = self._figures(domain=[("user_id", "=", self.seller.id)])
        self.assertEqual((figures["meetings"], figures["quotes"]), (1, 1))
        self.assertEqual((figures["won"], figures["lost"], figures["conversion"]), (1, 1, 50.0))

    def test_response_time_is_to_the_first_word_to_the_customer(self):
        lead = self._lead(team_id=self.team.id)
        self.env.flush_all()
        created = datetime.now() - timedelta(hours=10)
        self.env.cr.execute("UPDATE crm_lead SET create_date = %s WHERE id = %s", (created, lead.id))
        note = {"message_type": "comment", "author_id": self.seller.partner_id.id}
        lead.message_post(body="Internal", subtype_xmlid="mail.mt_note", **note).date = created + timedelta(hours=1)
        lead.message_post(body="Hello", subtype_xmlid="mail.mt_comment", **note).date = created + timedelta(hours=4)
        lead.message_post(body="Again", subtype_xmlid="mail.mt_comment", **note).date = created + timedelta(hours=8)
        hours = self._figures(domain=[("user_id", "=", self.seller.id)])["response_hours"]
        self.assertAlmostEqual(hours, 4, 2)

    def test_own_team_all_and_company(self):
        values = {"company_id": self.company.id, "company_ids": [self.company.id]}
        leader = new_test_user(self.env, "lea", "sales_team.group_sale_salesman", **values)
        other = new_test_user(self.env, "oto", "sales_team.group_sale_salesman", **values)
        self.team.user_id = leader
        self._plan(0)
        for user, seen in ((self.seller, 1), (leader, 1), (other, 0), (self.manager, 1), (self.seller_b, 0)):
            with self.subTest(user=user.login):
                domain = [("user_id", "=", self.seller.id)]
                self.assertEqual(self._figures(user, domain)["planned"] or 0, seen)

    def test_rows_are_unique_and_grouped_by_day(self):
        self._plan(0).action_done()
        self.env.flush_all()
        report = self.env["crm.efficiency.report"].with_user(self.manager)
        rows = report.search([("user_id", "=", self.seller.id)])
        self.assertEqual(len(rows), len(set(rows.ids)))
        groups = report._read_group([("user_id", "=", self.seller.id)], ["date:day", "team_id"], ["done:sum"])
        self.assertEqual([(day.date() if hasattr(day, "date") else day, team) for day, team, _done in groups],
                         [(fields.Date.today(), self.team)])  # fmt: skip
