"""Quotes under races: accepted once, revised once, followed up once, whatever happens at the same moment."""

import base64
import io
import os
from datetime import timedelta

from PIL import Image

import odoo
from odoo.exceptions import UserError
from odoo.tools import mute_logger

from servers import failures, in_threads

PIXEL = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
# The losers of a race are run again by the host, which logs it.
QUIET = ("odoo.sql_db", "odoo.service.model", "odoo.addons.base.models.ir_actions_report")


def sent_quote(env, **values):
    """Make a quote of 1000 for an opportunity in a pipeline, and send it; return its id."""
    pipeline = env["crm.pipeline"].create(
        {
            "name": "Race",
            "quote_revenue": True,
            "stage_ids": [
                odoo.fields.Command.create({"name": "New", "sequence": 100}),
                odoo.fields.Command.create({"name": "Agreed", "sequence": 120, "stage_event": "quote_accepted"}),
            ],
        }
    )
    partner = env["res.partner"].create({"name": "Rita Race", "email": "rita@example.com"})
    lead = env["crm.lead"].create({"name": "Race", "type": "opportunity", "pipeline_id": pipeline.id})
    product = env["product.product"].create({"name": "Racing", "type": "service", "list_price": 1000})
    order = env["sale.order"].create(
        {
            "partner_id": partner.id,
            "opportunity_id": lead.id,
            "require_signature": True,
            "require_payment": False,
            "order_line": [odoo.fields.Command.create({"product_id": product.id, "tax_ids": False})],
            **values,
        }
    )
    order.action_quotation_sent()
    return order.id


def paid(env, order_id):
    """Make the payment of a quote as its provider reports it done; return its id."""
    order = env["sale.order"].browse(order_id)
    method = env["payment.method"].search([], limit=1) or env["payment.method"].create({"name": "Race", "code": "race"})
    provider = env["payment.provider"].search([("company_id", "=", order.company_id.id)], limit=1)
    transaction = env["payment.transaction"].create(
        {
            "provider_id": provider.id,
            "payment_method_id": method.id,
            "amount": order.amount_total,
            "currency_id": order.currency_id.id,
            "partner_id": order.partner_id.id,
            "reference": f"race-{order_id}",
            "state": "done",
            "sale_order_ids": [odoo.fields.Command.link(order_id)],
        }
    )
    return transaction.id


def large_picture():
    """Return a signature that takes long enough to write for two writers to meet."""
    with io.BytesIO() as file:
        Image.frombytes("RGB", (1000, 1000), os.urandom(3_000_000)).save(file, "PNG", compress_level=0)
        return base64.b64encode(file.getvalue())


@mute_logger(*QUIET)
def test_the_same_picture_twice_at_once(database):
    with database.env() as env:
        order_id = sent_quote(env)
    picture = large_picture()

    def sign(env):
        env["sale.order"].browse(order_id).write({"signed_by": "Rita", "signature": picture})

    assert not failures(in_threads(6, lambda _index: database.request(sign)))


@mute_logger(*QUIET)
def test_two_clicks_and_a_payment_accept_once(database):
    with database.env() as env:
        order_id = sent_quote(env)
        transaction_id = paid(env, order_id)

    def sign(env):
        order = env["sale.order"].browse(order_id)
        if order._has_to_be_signed():  # what the portal asks before it writes
            order.write({"signed_by": "Rita", "signed_on": odoo.fields.Datetime.now(), "signature": PIXEL})
            order._validate_order()

    def pay(env):
        env["payment.transaction"].browse(transaction_id)._check_amount_and_confirm_order()

    ways = (sign, sign, pay, pay, sign)
    assert not failures(in_threads(len(ways), lambda index: database.request(ways[index])))
    with database.env() as env:
        order = env["sale.order"].browse(order_id)
        assert (order.state, order.accepted_revision, order.quote_status) == ("sale", 1, "accepted")
        events = order.quote_event_ids.filtered(lambda event: event.kind == "accepted")
        assert [event.times for event in events] == [1]
        told = order.opportunity_id.message_ids.filtered(lambda message: "Accepted" in (message.body or ""))
        assert len(told) == 1
        assert order.opportunity_id.stage_id.name == "Agreed"
        assert order.opportunity_id.expected_revenue == order.amount_untaxed


@mute_logger(*QUIET)
def test_revised_by_two_at_once(database):
    with database.env() as env:
        order_id = sent_quote(env)
    results = in_threads(
        3, lambda _index: database.request(lambda env: env["sale.order"].browse(order_id)._revise().id)
    )
    lost = failures(results)
    assert len(lost) == 2
    assert all(isinstance(error, UserError) and "replaced by" in str(error) for error in lost), lost
    with database.env() as env:
        family = env["sale.order"].browse(order_id)._get_revision_family()
        assert family.mapped("revision_number") == [1, 2]


@mute_logger(*QUIET)
def test_signed_while_it_is_revised(database):
    """Either the customer was first and it is an order, or we were and he signs nothing."""
    with database.env() as env:
        order_id = sent_quote(env)

    def sign(env):
        order = env["sale.order"].browse(order_id)
        if order._has_to_be_signed():
            order.write({"signed_by": "Rita", "signed_on": odoo.fields.Datetime.now(), "signature": PIXEL})
            order._validate_order()

    ways = (sign, lambda env: env["sale.order"].browse(order_id)._revise())
    in_threads(2, lambda index: database.request(ways[index]))
    with database.env() as env:
        order = env["sale.order"].browse(order_id)
        assert (order.state, bool(order.superseded_by_id)) in (("sale", False), ("cancel", True))
        assert order.accepted_revision == (1 if order.state == "sale" else 0)


@mute_logger(*QUIET)
def test_workers_follow_up_once(database):
    with database.env() as env:
        env.company.quote_followup_days = 2
        ids = [sent_quote(env) for _number in range(5)]
        past = odoo.fields.Datetime.now() - timedelta(days=3)
        events = env["crm.quote.event"].search([("order_id", "in", ids), ("kind", "=", "sent")])
        events.date = past
    in_threads(4, lambda _index: database.request(lambda env: len(env["sale.order"]._follow_up_quotes(100))))
    with database.env() as env:
        leads = env["sale.order"].browse(ids).opportunity_id
        assert [len(lead.activity_ids) for lead in leads] == [1] * 5
