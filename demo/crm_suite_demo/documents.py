"""Contracts of the demo: one signed, one that waits for the second signature, one that lacks something."""

import base64

from odoo.tools.misc import file_open

SIGNATURE = "crm_suite_demo/static/signature.png"
CIRCUMSTANCES = {"ip": "192.0.2.10", "user_agent": "Demo", "session": "own device, link sent by e-mail"}


def tell(env):
    """Make them from the opportunities, as their salespeople do."""
    helga = env.ref("crm_core.partner_helga_demo")
    shop = env.ref("crm_core.partner_ferreteria_demo")
    helga.write({"street": "Lindenweg 4", "zip": "79999", "vat": "DE136695976"})
    shop.write({"street": "Carrer del Port 8", "zip": "43001", "vat": "ESB12345674"})
    garden = _make(env, env.ref("crm_core.lead_garden_demo"), "service_contract_en")
    garden.action_send()
    _sign(garden.signer_ids)
    shelving = _make(env, env.ref("crm_core.lead_shelving_demo"), "service_contract_en")
    shelving.action_send()
    _sign(shelving.signer_ids[0])
    _make(env, env.ref("crm_core.partner_tomas_demo"), "confidentiality_en")
    _send_plan(env.ref("crm_core.lead_shelving_demo"))


def _send_plan(lead):
    """The customer answers with a picture that is on the checklist of the opportunity."""
    lead._add_needed_files()
    with file_open(SIGNATURE, "rb") as picture:
        plan = ("plan.png", picture.read())
    words = {"body": "Here is the plan of the hall.", "author_id": lead.partner_id.id, "message_type": "email"}
    lead.message_post(**words, subtype_xmlid="mail.mt_comment", attachments=[plan])


def _make(env, record, template):
    user = record.user_id
    template = env.ref(f"crm_core.template_{template}").with_user(user)
    return template._create_documents(record.with_user(user), reminder_days=7)


def _sign(signers):
    """Sign in the portal, as its controller does."""
    with file_open(SIGNATURE, "rb") as picture:
        image = base64.b64encode(picture.read()).decode()
    for signer in signers.sudo():
        signer._sign(signer.name, image, CIRCUMSTANCES)
