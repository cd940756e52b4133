from odoo.tests import TransactionCase, new_test_user


class WebFormsCase(TransactionCase):
    """A form of company A; its manager, a salesperson, and a manager of company B."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a = cls.env["res.company"].create({"name": "Forms A"})
        cls.company_b = cls.env["res.company"].create({"name": "Forms B"})
        cls.manager = cls._make_user("wf_manager", "sales_team.group_sale_manager", cls.company_a)
        cls.seller = cls._make_user("wf_seller", "sales_team.group_sale_salesman", cls.company_a)
        cls.manager_b = cls._make_user("wf_manager_b", "sales_team.group_sale_manager", cls.company_b)
        cls.employee = cls._make_user("wf_employee", "base.group_user", cls.company_a)
        cls.purpose = cls.env["crm.privacy.purpose"].create(
            {"name": "News", "code": "wf_news", "company_id": cls.company_a.id, "text": "Send me news."}
        )
        cls.form = cls.env["crm.web.form"].create(
            {"name": "Contact us", "company_id": cls.company_a.id, "owner_id": False}
        )

    @classmethod
    def _make_user(cls, login, group, company):
        return new_test_user(
            cls.env,
            login,
            groups=group,
            password=login,
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )

    @classmethod
    def _add_field(cls, form, kind, label, **values):
        return cls.env["crm.web.form.field"].create(
            {"form_id": form.id, "type": kind, "label": label, "sequence": 50, **values}
        )
