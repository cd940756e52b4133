"""Fill a new database with the invented world of the demo."""

from odoo.modules.module import Manifest
from odoo.tools.convert import convert_file

ADDONS = ("crm_core", "crm_web_forms", "crm_accounting_bridge", "crm_realestate", "crm_automotive_dealer")


def post_init_hook(env):
    """Make the agency, load each addon's own demo data and let the story happen."""
    _make_agency(env)
    for addon in ADDONS:
        for name in Manifest.for_addon(addon)["demo"]:
            convert_file(env, addon, name, {}, mode="init", noupdate=True)


def _make_agency(env):
    """Turn the main company into the agency, on the Spanish chart of accounts."""
    spain = env.ref("base.es")
    agency = env.ref("base.main_company")
    env.ref("base.EUR").active = True
    agency.write(
        {
            "name": "Brisamar Homes",
            "street": "Paseo del Faro 3",
            "zip": "43001",
            "city": "Brisamar",
            "country_id": spain.id,
            "currency_id": env.ref("base.EUR").id,
            "email": "hello@brisamar.example.com",
            "phone": "+34 600 000 100",
            "vat": "ESA12345674",
        }
    )
    env["account.chart.template"].try_loading("es_pymes", agency, install_demo=False)
