"""What surprises accountants in stock Odoo 19 (X1 to X18), asked of every way to invoice.

A scenario gets a way of :mod:`billing_ways` and returns (right or not, what was seen), or None where the way has
nothing to do with it.
"""

import random
from datetime import timedelta

from bench_billing import quote

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
ORDERS = 25


def counted(orders, number):
    """Tell whether there are so many documents."""
    return len(orders.invoice_ids) == number, f"{len(orders.invoice_ids)} documents"


def stopped(order, code):
    """Tell whether the job of an order stopped with a code and nothing was invoiced."""
    found = order.billing_job_ids.error_code
    return found == code and not order.invoice_ids, f"stopped: {found}"


def signed(way):
    """X1: a signed quote is invoiced"""
    way.ready(trigger="signed")
    order = quote(way.env, way.service)
    order.write({"signed_by": "Ana", "signed_on": fields.Datetime.now(), "signature": PIXEL})
    order._validate_order()
    way.run(order)
    return counted(order, 1)


def too_much(way):
    """X4: four parts of 30 % are not 120 %"""
    if way.name in ("workflow", "plan"):
        return None
    way.ready(line_ids=[Command.create({"name": "Part", "percent": 30}) for _part in range(3)])
    order = quote(way.env, way.service, [1000])
    order.action_confirm()
    way.run(order)
    if not way.alone:
        for _part in range(4):
            way.down_payment(order, "percentage", 30)
    share = round(100 * sum(order.invoice_ids.mapped("amount_total")) / order.amount_total)
    return share == 100, f"{share} % invoiced"


def pay(way, order, amount):
    """Pay an order online, as the provider tells us."""
    env = way.env
    bank = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", env.company.id)], limit=1)
    provider = env["payment.provider"].search([("code", "=", "none"), ("company_id", "=", env.company.id)], limit=1)
    provider.journal_id = bank
    bank.inbound_payment_method_line_ids[:1].payment_provider_id = provider
    transaction = env["payment.transaction"].create(
        {
            "provider_id": provider.id,
            "payment_method_id": env["payment.method"].with_context(active_test=False).search([], limit=1).id,
            "reference": f"{order.name}-{len(order.transaction_ids)}",
            "amount": amount,
            "currency_id": order.currency_id.id,
            "partner_id": order.partner_id.id,
            "sale_order_ids": [Command.set(order.ids)],
            "state": "done",
        }
    )
    transaction._post_process()
    return transaction


def paid_order(way):
    """Return a quote of 1,000 that is paid online in parts of 30, 20 and 50 percent."""
    way.env["ir.config_parameter"].set_param("sale.automatic_invoice", "True")
    parts = [Command.create({"name": "Part", "percent": share}) for share in (30, 20)]
    way.ready(trigger="paid", line_ids=parts)
    tax = [Command.set([])]
    line = {"product_id": way.service.id, "price_unit": 1000, "tax_ids": tax}
    return quote(way.env, way.service, order_line=[Command.create(line)], require_payment=True, prepayment_percent=0.3)


def paid_in_parts(way):
    """X5: paid 300, 200, 500 online: nothing is asked twice"""
    if way.name in ("workflow", "plan"):
        return None
    order = paid_order(way)
    for amount in (300, 200, 500):
        pay(way, order, amount)
        way.run(order)
    amounts = order.invoice_ids.sorted("id").mapped("amount_total")
    left = sum(order.invoice_ids.mapped("amount_residual"))
    return left == 0 and sum(amounts) == 1000, f"invoices {amounts}, {left:g} open of them"


def told_again(way):
    """X6: the same payment told twice is one payment"""
    if way.name in ("workflow", "plan"):
        return None
    order = paid_order(way)
    transaction = pay(way, order, 300)
    way.run(order)
    transaction._post_process()
    way.run(order)
    return counted(order, 1)


def locked(way):
    """X7: a closed period is said, not silently another date"""
    env = way.env
    day = fields.Date.context_today(env["sale.order"]) - timedelta(days=60)
    env.company.sale_lock_date = day + timedelta(days=20)
    way.ready(invoice_date_rule="due")
    order = quote(env, way.service)
    order.action_confirm()
    if way.name == "suite":
        order.billing_job_ids.due_on = day
        way.run(order)
        return stopped(order, "E_LOCK")
    if way.name == "workflow":
        return None
    invoice = way.invoice(order, invoice_date=day)
    return invoice.date == day, f"posted on {invoice.date} instead of {day}"


def future(way):
    """X8: what is due in ten days is not posted today"""
    if way.name == "workflow":
        return None
    day = fields.Date.context_today(way.env["sale.order"]) + timedelta(days=10)
    way.ready(final_delay_days=10)
    order = quote(way.env, way.service)
    order.action_confirm()
    invoice = way.invoice(order, invoice_date=day) if way.name != "suite" else way.invoice(order)
    posted = invoice.filtered(lambda move: move.state == "posted")
    return not posted, f"posted today, dated {posted.date}" if posted else "waits"


def changed(way):
    """X9: what is changed after the acceptance is seen"""
    order = quote(way.env, way.service, [100])
    way.ready()
    order.action_confirm()
    if way.name == "suite":
        order.order_line.price_unit = 250
        way.run(order)
        return stopped(order, "E_CHANGED")
    invoice = way.invoice(order)
    order.order_line.price_unit = 250
    same = order.amount_total == invoice.amount_total
    return same, f"order {order.amount_total}, invoice {invoice.amount_total}, {order.invoice_status}"


def credited(way):
    """X10: a credit note is the last word"""
    way.ready()
    order = quote(way.env, way.service)
    order.action_confirm()
    way.invoice(order)._reverse_moves(cancel=True)
    way.run(order)
    if way.alone:
        return counted(order, 2)
    return order.invoice_status != "to invoice", f"status {order.invoice_status}"


def terms(way):
    """X11: two payment terms are two invoices"""
    partner = way.env["res.partner"].create({"name": "Customer"}).id
    named = way.env["account.payment.term"].search([], limit=2)
    orders = way.env["sale.order"].concat(
        *(quote(way.env, way.service, partner_id=partner, payment_term_id=term.id) for term in named)
    )
    way.ready(grouping_rule="customer")
    orders.action_confirm()
    way.invoice(orders)
    return counted(orders, 2)


def credit_limit(way):
    """X12: a credit limit holds where that is wanted"""
    way.env.company.account_use_credit_limit = True
    partner = way.env["res.partner"].create({"name": "Customer", "credit_limit": 10})
    way.ready(credit_rule="hold")
    order = quote(way.env, way.service, partner_id=partner.id)
    order.action_confirm()
    way.invoice(order)
    if way.name == "suite":
        return stopped(order, "E_CREDIT")
    return not order.invoice_ids, "confirmed, invoiced, posted"


def receivables(way):
    """X13: a salesperson sees what the customer owes"""
    user = way.env["res.users"].create(
        {
            "name": "Seller",
            "login": f"bench seller {way.name}",
            "group_ids": [Command.link(way.env.ref("sales_team.group_sale_salesman").id)],
        }
    )
    partner = way.env["res.partner"].create({"name": "Customer"}).with_user(user)
    try:
        found = partner.crm_receivables()[0]["open"] if way.name == "suite" else partner.credit
    except AccessError:
        return False, "AccessError"
    return found == 0, "readable"


def random_orders(way):
    """Return the same orders each time: one to three lines, quantities and prices as people sell."""
    dice = random.Random(7)
    orders = []
    for _order in range(ORDERS):
        lines = [
            Command.create(
                {
                    "product_id": way.service.id,
                    "product_uom_qty": dice.choice([1, 2, 3, 5]),
                    "price_unit": round(dice.uniform(20, 900), 2),
                }
            )
            for _line in range(dice.randrange(1, 4))
        ]
        orders.append(quote(way.env, way.service, order_line=lines))
    return orders


def by_quantity(way, order):
    """Invoice a third of each line, then the rest."""
    order.action_confirm()
    for line in order.order_line:
        line.qty_to_invoice = line.product_uom_qty / 3
    order._create_invoices()
    order._create_invoices(final=True)


def by_amount(way, order):
    """Invoice two thirds as fixed amounts, then the rest."""
    order.action_confirm()
    third = order.currency_id.round(order.amount_total / 3)
    for _part in range(2):
        way.down_payment(order, "fixed", third)
    order._create_invoices(final=True)


def in_parts(way, invoice):
    """Return how many of the random orders end exactly, without a credit note and without an error."""
    right = errors = 0
    for order in random_orders(way):
        savepoint = way.env.cr.savepoint()
        try:
            invoice(order)
            amounts = order.invoice_ids.mapped("amount_total_signed")
            same = not order.currency_id.compare_amounts(sum(amounts), order.amount_total)
            right += same and min(amounts) > 0
        except UserError:
            errors += 1
        savepoint.close(rollback=True)
        way.env.invalidate_all()
    return right == ORDERS, f"{right} of {ORDERS}" + (f", {errors} refused" if errors else "")


def suite_parts(way, order):
    """Accept an order under a policy of three parts and let the jobs work."""
    order.action_confirm()
    way.run(order)


def cut_by_quantity(way):
    """X14: 25 orders cut by quantity in three end at the total"""
    if way.name == "workflow":
        return None
    way.ready(line_ids=[Command.create({"name": "Part", "percent": 33.33}) for _part in range(2)])
    ways = {
        "host": lambda order: by_quantity(way, order),
        "plan": lambda order: way.in_parts(order, 3),
        "suite": lambda order: suite_parts(way, order),
    }
    return in_parts(way, ways[way.name])


def stray_cent(way):
    """X15: 30 % and the rest, without a credit note of a cent"""
    if way.name in ("workflow", "plan"):
        return None
    order = quote(way.env, way.service, [119.88])
    way.ready(deposit_percent=30)
    order.action_confirm()
    way.run(order)
    if not way.alone:
        for share in (30, 70):
            way.down_payment(order, "percentage", share)
        order._create_invoices(final=True)
    amounts = order.invoice_ids.sorted("id").mapped("amount_total_signed")
    right = all(amount > 0 for amount in amounts) and round(sum(amounts), 2) == order.amount_total
    return right, " + ".join(map(str, amounts))


def cut_by_amount(way):
    """X16: fixed amounts and a regular last invoice, by hand in the host"""
    if way.name in ("workflow", "plan"):
        return None
    way.ready(line_ids=[Command.create({"name": "Part", "percent": 33.33}) for _part in range(2)])
    invoice = suite_parts if way.name == "suite" else by_amount
    return in_parts(way, lambda order: invoice(way, order))


SCENARIOS = (
    *(signed, too_much, paid_in_parts, told_again, locked, future, changed, credited, terms, credit_limit),
    *(receivables, cut_by_quantity, stray_cent, cut_by_amount),
)


def ask(way, scenario):
    """Return what a way makes of a scenario, in a few words; nothing of it is kept."""
    savepoint = way.env.cr.savepoint()
    try:
        result = scenario(way)
        way.env.flush_all()
    except UserError as error:
        result = (False, f"refused: {str(error).splitlines()[0][:60]}")
    savepoint.close(rollback=True)
    way.env.invalidate_all()
    way.env.registry.clear_cache()
    for waiting in (way.env.cr.precommit, way.env.cr.postcommit):
        waiting.clear()
    if result is None:
        return f"{way.name}: -"
    right, what = result
    return f"{way.name}: {'right' if right else 'WRONG'} ({what})"
