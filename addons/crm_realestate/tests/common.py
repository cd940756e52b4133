from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user

AGENT = "crm_realestate.group_realestate_agent"
COORDINATOR = "crm_realestate.group_realestate_coordinator"
MANAGER = "crm_realestate.group_realestate_manager"
# A picture, as a form sends it
PIXEL = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


class RealEstateCase(TransactionCase):
    """An agency and its rival.

    company A (the main one): agent, colleague (agents), coordinator, manager
    company B:                stranger (manager)
    nobody's:                 seller, a salesperson without real estate rights
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True, "no_reset_password": True})
        cls.company = cls.env.company
        cls.company_b = cls.env["res.company"].create({"name": "Rival Homes"})
        cls.agent = cls._make_user("agent", AGENT)
        cls.colleague = cls._make_user("colleague", AGENT)
        cls.coordinator = cls._make_user("coordinator", COORDINATOR)
        cls.manager = cls._make_user("manager", MANAGER)
        cls.seller = cls._make_user("seller", "sales_team.group_sale_salesman")
        cls.stranger = cls._make_user(
            "stranger", MANAGER, company_id=cls.company_b.id, company_ids=[Command.set(cls.company_b.ids)]
        )
        cls.zone = cls.env["realestate.zone"].create({"name": "Harbour"})
        cls.buyer = cls.env["res.partner"].create({"name": "Berta Buyer", "email": "berta@example.com"})
        cls.other_buyer = cls.env["res.partner"].create({"name": "Otto Other", "email": "otto@example.com"})
        cls.flat = cls._make_property("Flat", ref="T-1", price_sale=200000)
        cls.parking = cls._make_property("Parking", ref="T-2", price_sale=15000)

    @classmethod
    def _make_user(cls, login, groups, **values):
        return new_test_user(cls.env, login=f"re_{login}", groups=groups, name=login.title(), **values)

    @classmethod
    def _make_property(cls, name, **values):
        """Return a property of the agent."""
        defaults = {"name": name, "user_id": cls.agent.id, "zone_id": cls.zone.id}
        return cls.env["realestate.property"].create({**defaults, **values})
