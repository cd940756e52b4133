"""Fill a new database with the invented world of the demo.

Told after the installation, on a complete registry: the chart of accounts asks for that.
"""

import base64
from datetime import timedelta

from odoo import fields
from odoo.modules.module import Manifest
from odoo.tools.convert import convert_file
from odoo.tools.misc import file_open

from odoo.addons.crm_automotive_dealer.tools import adf_writer

from . import billing, documents, web_forms

ADDONS = ("crm_core", "crm_web_forms", "crm_accounting_bridge", "crm_realestate", "crm_automotive_dealer")
SIGNATURE = "crm_suite_demo/static/signature.png"


def tell(env):
    """Make the agency, load each addon's own demo data and let the story happen."""
    env = env(context={**env.context, "mail_notify_force_send": False})
    _stay_at_home(env)
    _make_agency(env)
    for addon in ADDONS:
        for name in Manifest.for_addon(addon)["demo"]:
            convert_file(env, addon, name, {}, mode="init", noupdate=True)
    _connect(env)
    _sell_a_flat(env)
    _ask_for_a_car(env)
    documents.tell(env)
    web_forms.tell(env)
    billing.tell(env)
    _leave_work(env)
    _open_at_work(env)
    env["realestate.match"]._refresh()


def _stay_at_home(env):
    """Switch the host's look-up of new leads' e-mail domains off: invented people need none."""
    cron = env.ref("crm_iap_enrich.ir_cron_lead_enrichment", raise_if_not_found=False)
    if cron:
        cron.active = False


def _make_agency(env):
    """Turn the main company into the agency, on the Spanish chart of accounts."""
    euro = env.ref("base.EUR")
    euro.active = True
    agency = env.ref("base.main_company")
    agency.write(
        {
            "name": "Brisamar Homes",
            "street": "Paseo del Faro 3",
            "zip": "43001",
            "city": "Brisamar",
            "country_id": env.ref("base.es").id,
            "currency_id": euro.id,
            "email": "hello@brisamar.example.com",
            "phone": "+34 600 000 100",
            "vat": "ESA12345674",
        }
    )
    env["product.pricelist"].search([]).currency_id = euro
    env["account.chart.template"].try_loading("es_pymes", agency, install_demo=False)
    env.ref("base.user_admin").write({"tz": "Europe/Madrid"})


def _connect(env):
    """Join what the addons cannot know of each other: the form asks about homes, the deposit has VAT."""
    agency = env.ref("base.main_company")
    env.ref("crm_realestate.product_booking_deposit").taxes_id = agency.account_sale_tax_id
    policy = env.ref("crm_accounting_bridge.crm_billing_policy_signed_demo")
    policy.write({"team_id": False, "pipeline_id": env.ref("crm_realestate.crm_pipeline_property_sale").id})
    form = env.ref("crm_web_forms.form_enquiry_demo")
    form.target = "property_enquiry"
    form.action_publish()


def _sell_a_flat(env):
    """An enquiry, a visit, a booking whose deposit is signed and invoiced: the main job, once."""
    agent = env(user=env.ref("crm_realestate.user_agent_demo"))
    enquiry = _enquire(env)
    lead = agent["crm.lead"].browse(enquiry.lead_id.id)
    _visit(agent, lead)
    booking = agent["realestate.booking"].create(
        {"property_id": lead.property_id.id, "lead_id": lead.id, "partner_ids": lead.partner_id.ids}
    )
    booking.action_hold()
    booking.action_create_deposit_quote()
    order = booking.deposit_order_id
    order.action_quotation_sent()
    _sign(env, order.sudo())
    for job in env["crm.billing.job"].search([("job_state", "=", "pending")]):
        job._job_attempt()


def _enquire(env):
    """Ana asks on the agency's website."""
    payload = {
        "contact_name": "Ana Bosch",
        "email": "ana.bosch@example.com",
        "phone": "+34 600 000 101",
        "message": "Is the flat in the Old Town still free? I could come this week.",
        "answers": {"property_ref": env.ref("crm_realestate.property_old_town_demo").ref},
        "utm": {"source": "Brisamar website", "campaign": "Old Town"},
    }
    return _receive(env, payload)


def _receive(env, payload):
    """Keep what the agency's form sends, and understand it."""
    form = env.ref("crm_web_forms.form_enquiry_demo")
    meta = {"company_id": form.company_id.id, "form_id": form.id, "version_id": form.version_id.id}
    enquiry = env["crm.intake"]._receive("web_form", form.target, payload, **meta)
    enquiry._job_attempt()
    return enquiry


def _visit(agent, lead):
    """The agent calls, shows the flat, and notes what was said."""
    lead.activity_ids.action_feedback("She can come on Thursday.")
    start = fields.Datetime.now().replace(hour=9, minute=0, second=0) - timedelta(days=4)
    visit = agent["realestate.visit"].create(
        {
            "property_id": lead.property_id.id,
            "lead_id": lead.id,
            "partner_ids": lead.partner_id.ids,
            "start": start,
            "stop": start + timedelta(hours=1),
            "state": "planned",
        }
    )
    visit.write({"interest": "yes", "rating": "5", "comment": "Loves the light. Wants to book before the weekend."})
    visit.action_done()


def _sign(env, order):
    """The customer accepts in the portal, as its controller does."""
    with file_open(SIGNATURE, "rb") as picture:
        signature = base64.b64encode(picture.read())
    order.write({"signed_by": order.partner_id.name, "signed_on": fields.Datetime.now(), "signature": signature})
    order.action_confirm()


def _ask_for_a_car(env):
    """Somebody asks for a test drive at a portal, which sends it to the dealer."""
    channel = env.ref("crm_automotive_dealer.adf_channel_demo")
    lead = {
        "ids": [["Ruedas Portal", "RP-2077"]],
        "requested": fields.Datetime.now().isoformat() + "+00:00",
        "vehicles": [
            {"interest": "test-drive", "year": "2026", "make": "Aurelia", "model": "Nova"},
            {
                "interest": "trade-in",
                "status": "used",
                "year": "2017",
                "make": "Aurelia",
                "model": "Lira",
                "odometer": 92000,
            },
        ],
        "customer": {
            "name": "Marta Quiroga",
            "email": "marta.quiroga@example.com",
            "phone": "+34 600 000 130",
            "comments": "Could I drive it on a Saturday?",
        },
        "vendor": {"name": channel.company_id.name},
        "provider": {"name": channel.name},
    }
    company = env(context={**env.context, "allowed_company_ids": channel.company_id.ids})
    channel.with_env(company)._receive_document(adf_writer.write(lead))._job_attempt()


def _leave_work(env):
    """What a morning begins with: an enquiry that two contacts fit, a quote that waits for its approval."""
    tomas = env.ref("crm_core.partner_tomas_demo")
    tomas.copy({"name": "T. Reig", "email": tomas.email})
    message = "I would like to sell my house. Could you call me?"
    _receive(env, {"contact_name": "Tomas Reig", "email": tomas.email, "message": message})

    pipeline = env.ref("crm_core.pipeline_service_demo")
    held = {"name": "Services: approved first", "pipeline_id": pipeline.id, "trigger": "confirmed", "mode": "hold"}
    env["crm.billing.policy"].create({**held, "user_id": env.ref("crm_accounting_bridge.user_accountant_demo").id})
    lead = env.ref("crm_core.lead_shelving_demo")
    advice = env["product.product"].create({"name": "Shelving, planned and fitted", "type": "service"})
    line = fields.Command.create({"product_id": advice.id, "price_unit": 4200})
    order = env["sale.order"].create(
        {
            "partner_id": lead.partner_id.id,
            "opportunity_id": lead.id,
            "user_id": lead.user_id.id,
            "team_id": lead.team_id.id,
            "order_line": [line],
        }
    )
    order.action_quotation_sent()
    order.with_user(lead.user_id).action_confirm()
    for job in order.billing_job_ids:
        job._job_attempt()
    proofs = env["crm.billing.proof"]
    proofs._queue_missing()
    for proof in proofs.search([("job_state", "=", "pending")]):
        proof._job_attempt()


def _open_at_work(env):
    """Let everybody land on the screen of their work."""
    homes = {
        "crm_core.user_manager_demo": "crm_core.crm_my_day_action",
        "crm_core.user_sales_demo": "crm_core.crm_my_day_action",
        "crm_core.user_privacy_demo": "crm_core.crm_privacy_consent_action",
        "crm_realestate.user_agent_demo": "crm_realestate.realestate_property_action",
        "crm_accounting_bridge.user_accountant_demo": "crm_accounting_bridge.crm_billing_job_action",
        "crm_automotive_dealer.user_dealer_demo": "crm_automotive_dealer.automotive_feedback_action",
        "crm_automotive_dealer.user_maker_demo": "crm_automotive_dealer.automotive_oem_case_action",
    }
    for user, action in homes.items():
        env.ref(user).action_id = env.ref(action).id
