from odoo.tests import TransactionCase, new_test_user

from odoo.addons.crm_core.tests.common import CronCase

GROUP = "crm_automotive_dealer.group_crm_automotive_dealer_"
VIN = "WVWZZZ1KZAW123456"


def make_cast(cls):
    """Give a test class the cast of the tests.

    dealer company      maker company       other dealer
    Dora  dealer user   Max  maker user     Olga  dealer manager
    Dan   manager       Mia  manager
    customer Carla (of the dealer); exchange administrator Xavi of both
    """
    env = cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True, mail_create_nosubscribe=True))
    companies = env["res.company"].create(
        [{"name": f"{name} test", "country_id": env.ref("base.es").id} for name in ("Dealer", "Maker", "Other dealer")]
    )
    cls.dealer, cls.maker, cls.other = companies
    env.user.company_ids += companies
    env.user.company_id = cls.dealer

    def user(login, role, *of):
        return new_test_user(env, login, GROUP + role, company_id=of[0].id, company_ids=[c.id for c in of])

    cls.dora = user("dora", "user", cls.dealer)
    cls.dan = user("dan", "manager", cls.dealer)
    cls.max = user("max", "maker_user", cls.maker)
    cls.mia = user("mia", "maker_manager", cls.maker)
    cls.olga = user("olga", "manager", cls.other)
    cls.xavi = user("xavi", "exchange_admin", cls.dealer, cls.maker)
    cls.carla = env["res.partner"].create(
        {
            "name": "Carla Vives Roca",
            "email": "carla.vives@example.com",
            "phone": "+34 600 000 199",
            "company_id": cls.dealer.id,
        }
    )
    cls.brand = env["fleet.vehicle.model.brand"].create({"name": "Testa"})
    cls.model = env["fleet.vehicle.model"].create({"name": "Uno", "brand_id": cls.brand.id})
    cls.vehicle = env["automotive.vehicle"].create(
        {
            "vin": VIN,
            "plate": "1234 KLM",
            "model_id": cls.model.id,
            "model_year": 2024,
            "odometer": 18234,
            "company_id": cls.dealer.id,
        }
    )


class DealerCommon(CronCase, TransactionCase):
    """Tests with the cast, see :func:`make_cast`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make_cast(cls)
