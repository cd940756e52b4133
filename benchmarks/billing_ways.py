"""Ways from an accepted quote to its invoices: by hand in the host, two peers of the community, the suite."""

from bench_billing import policy, run

from odoo import Command


class Host:
    """The host: somebody confirms, invoices and posts."""

    name = "host"
    #: Whether quotes are invoiced without anybody pressing a button.
    alone = False

    def __init__(self, env, service):
        self.env, self.service = env, service

    def ready(self, **values):
        """Set it up; only the suite has something to say."""

    def run(self, orders):
        """Let happen what happens by itself."""

    def invoice(self, orders, **values):
        """Invoice and post confirmed orders; return the invoices."""
        made = orders._create_invoices()
        made.write(values)
        made.action_post()
        return made

    def down_payment(self, order, method, amount):
        """Invoice a part of an order; ``method`` is percentage or fixed."""
        field = "amount" if method == "percentage" else "fixed_amount"
        wizard = self.env["sale.advance.payment.inv"].create(
            {"advance_payment_method": method, field: amount, "sale_order_ids": [Command.set(order.ids)]}
        )
        return wizard._create_invoices(order)


class Workflow(Host):
    """sale_automatic_workflow: a cron confirms, invoices and posts what is "to invoice"."""

    name = "workflow"
    alone = True

    def run(self, orders):
        """Run its cron on quotes of its process."""
        orders.workflow_process_id = self.env.ref("sale_automatic_workflow.automatic_validation")
        self.env["automatic.workflow.job"].run()

    def invoice(self, orders, **values):
        """Its cron invoices; a date is nothing it asks for."""
        self.run(orders)
        return orders.invoice_ids


class Plan(Host):
    """sale_invoice_plan: an order is cut by quantities, each part invoiced by a wizard."""

    name = "plan"

    def in_parts(self, order, parts):
        """Invoice an order in equal parts."""
        order.use_invoice_plan = True
        order.create_invoice_plan(parts, "2026-01-01", 1, "month", False)
        order.action_confirm()
        wizard = self.env["sale.make.planned.invoice"].with_context(active_id=order.id, active_ids=order.ids)
        wizard.with_context(all_remain_invoices=True).create({}).create_invoices_by_plan()


class Suite(Host):
    """The suite: a policy says what becomes of accepted quotes, jobs do it."""

    name = "suite"
    alone = True

    def ready(self, **values):
        """Have one policy and no other."""
        return policy(self.env, **values)

    def run(self, orders):
        """Work off what is due, also what becomes due by that."""
        for _part in range(4):
            run(self.env)

    def invoice(self, orders, **values):
        """The jobs invoice."""
        self.run(orders)
        return orders.invoice_ids
