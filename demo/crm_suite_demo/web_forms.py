"""Visitors of the agency's website: who looked at a form, began it, sent it, and what waits for a person."""

from datetime import timedelta

from odoo import fields

WEBSITE = "https://www.brisamar.example.com"
PLAN = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF"
# Days ago: seen, begun, filled in wrongly.
TRAFFIC = {13: (24, 7, 1), 9: (31, 10, 2), 6: (18, 5, 0), 3: (40, 14, 3), 1: (27, 9, 1)}
SENT = (
    {"kind": "A flat", "floor": "3", "size": "84", "features": ["A lift", "A view of the sea"],
     "when": "As soon as possible", "name": "Lucas Ferrer", "email": "lucas.ferrer@example.com",
     "phone": "+34 600 000 195", "address.street": "Calle del Ancla 7", "address.city": "Brisamar",
     "newsletter": True},
    {"kind": "A house", "size": "190", "features": ["A garage", "A terrace"], "when": "This year",
     "name": "Mireia Solans", "email": "mireia.solans@example.com", "address.city": "Brisamar"},
    {"kind": "Building land", "size": "1200", "when": "I only want to know", "name": "Otto Brandt",
     "email": "otto.brandt@example.com"},
)  # fmt: skip
SPAM = {
    "kind": "A flat", "size": "10", "when": "I only want to know", "name": "Best offers www.spam.example.com",
    "email": "offers@spam.example.com",
}  # fmt: skip


def tell(env):
    """Let people find the valuation form, and a program as well."""
    form = env.ref("crm_web_forms.form_valuation_demo")
    _look(env, form)
    for number, clean in enumerate(SENT):
        files = {"plan": [("plan.pdf", "application/pdf", PLAN)]} if not number else {}
        _send(env, form, clean, files=files, proof="solved")
    _send(env, form, SPAM, signs=form._judge(form.version_id, SPAM, False, proof="missing"))


def _look(env, form):
    """Note what was seen on the website, day by day."""
    stats = env["crm.web.form.stat"]
    today = fields.Datetime.now()
    for days, counts in TRAFFIC.items():
        moment = today - timedelta(days=days)
        for kind, number in zip(("view", "start", "error"), counts, strict=True):
            if number:
                stats.create(
                    {
                        "form_id": form.id,
                        "version_id": form.version_id.id,
                        "day": moment.date(),
                        "date": moment,
                        "kind": kind,
                        "origin": WEBSITE,
                        "campaign": "Spring",
                        "field_key": "size" if kind == "error" else False,
                        "number": number,
                    }
                )


def _send(env, form, clean, signs=None, files=(), proof="no"):
    """Take a submission as the form's door does, and work it off."""
    meta = {"origin": WEBSITE, "page_url": f"{WEBSITE}/value", "utm": {"source": "Letter", "campaign": "Spring"}}
    receipt = form._take(form.version_id, clean, "en_US", None, signs, files, proof=proof, **meta)
    intake = env["crm.intake"].search([("receipt", "=", receipt)])
    if intake.job_state == "pending":
        intake._job_attempt()
