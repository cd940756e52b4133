"""The accountant's morning: what was paid, what is overdue, what stopped and why, what left for the adviser."""

from datetime import timedelta

from odoo import fields
from odoo.fields import Command

# Two customers have what an invoice needs; each other one lacks what its policy asks for.
WHOLE = {"street": "Carrer Major 12", "zip": "43001", "city": "Brisamar", "vat": "ESA12345674"}
CUSTOMERS = {
    "miralta": {**WHOLE, "name": "Hotel Miralta", "vat": "ESB12345674"},
    "almar": {**WHOLE, "name": "Cooperativa Almar", "street": "Moll de Llevant 2"},
    "roure": {"name": "Can Roure Restaurants", "street": "Placa del Roure 1", "zip": "43001", "city": "Brisamar"},
    "nord": {**WHOLE, "name": "Llibreria Nord", "street": "Carrer del Nord 40"},
}
POLICIES = {
    "trade": {"name": "Trade customers: posted, checked first", "identity_rule": "companies", "credit_rule": "hold"},
    "reference": {"name": "With the customer's order number", "require_po_ref": True},
    "project": {"name": "Projects: 30 %, 40 %, the rest when it is won", "final_due": "manual"},
}
PARTS = (("deposit", "To begin", 30, "trigger"), ("milestone", "Half way", 40, "manual"))


def tell(env):
    """Let each customer of the morning buy something, and let the queue do what it can."""
    accountant = env.ref("crm_accounting_bridge.user_accountant_demo")
    customers = {key: _make_customer(env, values) for key, values in CUSTOMERS.items()}
    policies = {key: _make_policy(env, accountant, values) for key, values in POLICIES.items()}
    policies["project"].line_ids = [
        Command.create({"kind": kind, "name": name, "percent": share, "due": due}) for kind, name, share, due in PARTS
    ]
    policies["project"].partner_id = customers["almar"]
    policies["reference"].partner_id = customers["nord"]
    policies["trade"].partner_category_id = env["res.partner.category"].create({"name": "Trade"})
    (customers["miralta"] | customers["roure"]).category_id = policies["trade"].partner_category_id

    _run(_sell(env, customers["almar"], "Fitting of the fish market", 12000))
    _pay(env, accountant, customers["almar"])
    _make_overdue(accountant, _run(_sell(env, customers["miralta"], "Curtains for the hall", 2000)))
    customers["miralta"].credit_limit = 3000
    _remind(env, accountant)
    _export(env, accountant)
    _run(_sell(env, customers["miralta"], "Curtains for the dining room", 1500))
    _run(_sell(env, customers["roure"], "Terrace awning", 3200))
    _cancel_by_hand(accountant, _run(_sell(env, customers["nord"], "Shelf labels", 180, "PO-1042")))
    _run(_sell(env, customers["nord"], "Reading lamps", 640))
    _change_after_acceptance(env, _sell(env, customers["almar"], "Sign over the door", 900))
    env["crm.billing.difference"]._cron_audit()


def _make_customer(env, values):
    """Create a company that the demo's salesperson looks after."""
    mail = values["name"].lower().replace(" ", ".")
    shared = {"is_company": True, "country_id": env.ref("base.es").id, "email": f"{mail}@example.com"}
    return env["res.partner"].create({**shared, **values, "user_id": env.ref("crm_core.user_sales_demo").id})


def _make_policy(env, accountant, values):
    """Create a policy that posts by itself; the accountant answers for it."""
    shared = {"trigger": "confirmed", "mode": "post", "user_id": accountant.id, "sequence": 8}
    return env["crm.billing.policy"].create({**shared, **values})


def _sell(env, customer, what, price, reference=False):
    """Let the salesperson send a quote and note that it was accepted."""
    seller = env(user=customer.user_id, context={**env.context, "allowed_company_ids": env.company.ids})
    service = env["product.product"].create({"name": what, "type": "service", "invoice_policy": "order"})
    line = Command.create({"product_id": service.id, "price_unit": price})
    values = {"partner_id": customer.id, "client_order_ref": reference, "order_line": [line]}
    order = seller["sale.order"].create(values)
    order.action_quotation_sent()
    order.action_confirm()
    return order.sudo()


def _run(order):
    """Let the queue work, as its cron does."""
    for job in order.billing_job_ids.filtered(lambda job: job.job_state == "pending"):
        job._job_attempt()
    return order


def _pay(env, accountant, customer):
    """The customer's transfer arrives."""
    invoices = env["account.move"].search([("partner_id", "=", customer.id), ("state", "=", "posted")])
    register = env["account.payment.register"].with_user(accountant)
    register.with_context(active_model="account.move", active_ids=invoices.ids).create({})._create_payments()


def _make_overdue(accountant, order):
    """Date an invoice back: nobody has paid it for five weeks."""
    invoice = order.invoice_ids.with_user(accountant)
    invoice.button_draft()
    day = fields.Date.context_today(invoice) - timedelta(days=35)
    invoice.write({"invoice_date": day, "date": day, "invoice_date_due": day})
    invoice.action_post()


def _cancel_by_hand(accountant, order):
    """Somebody takes an invoice back and tells nobody: the nightly audit will."""
    invoice = order.invoice_ids.with_user(accountant)
    invoice.button_draft()
    invoice.button_cancel()


def _remind(env, accountant):
    """Put the reminder levels in use; the overdue customer gets the first one."""
    levels = env["crm.billing.reminder.level"].with_context(active_test=False).search([])
    levels.write({"active": True, "user_id": accountant.id})
    env["crm.billing.reminder"]._cron_remind()


def _export(env, accountant):
    """What was posted so far goes to the tax adviser."""
    profile = env.ref("crm_accounting_bridge.crm_export_profile_adviser_demo")
    env["crm.export.batch"].with_user(accountant).create({"profile_id": profile.id}).action_export()


def _change_after_acceptance(env, order):
    """Somebody changes a price before the invoice is made."""
    order.order_line.price_unit += 100
    _run(order)
