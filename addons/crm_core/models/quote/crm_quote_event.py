from odoo import fields, models
from odoo.tools import SQL

KINDS = [
    ("sent", "Sent"),
    ("viewed", "Viewed"),
    ("accepted", "Accepted"),
    ("refused", "Refused"),
    ("expired", "Expired"),
    ("superseded", "Superseded"),
    ("followup", "Follow-up planned"),
    ("expiring", "Expiry announced"),
]

# What ends the customer's consideration: nobody has to ask him any more.
ANSWERS = ("accepted", "refused", "superseded")


class CrmQuoteEvent(models.Model):
    """What happened with a quote. The database keeps one line for each revision and kind.

    The last two kinds are the marks of what the system planned, so that it plans it once.
    """

    _name = "crm.quote.event"
    _description = "Quote Event"
    _order = "date desc, id desc"
    _rec_name = "kind"

    order_id = fields.Many2one("sale.order", "Quote", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="order_id.company_id")
    revision = fields.Integer(required=True)
    kind = fields.Selection(KINDS, required=True)
    date = fields.Datetime("First time", required=True)
    last_date = fields.Datetime("Last time", required=True)
    times = fields.Integer(default=1)
    note = fields.Char()
    user_id = fields.Many2one("res.users", "By", help="Empty: the customer, or the system.")
    activity_id = fields.Many2one("mail.activity", index="btree_not_null", ondelete="set null")

    _once = models.UniqueIndex(
        "(order_id, revision, kind)", "This already happened with this revision of the quote; it is counted there."
    )

    def _record(self, orders, kind, note=None):
        """Count what happened with the current revision of quotes.

        One statement; two transactions at once conflict in the index, and the host runs the second one again.
        An answer takes back what was planned because there was none.

        :param orders: ``sale.order`` records
        :param kind: one of ``KINDS``
        :param note: why, in one line
        :return: the orders for whose revision it is new
        """
        if not orders:
            return orders
        now, uid = fields.Datetime.now(), self.env.uid
        # The superuser acts for customers and for the system.
        user = None if self.env.su or self.env.user.share else uid
        rows = SQL(", ").join(
            SQL(
                "(%s, %s, %s, %s, %s, 1, %s, %s, %s, %s, %s, %s)",
                *(order.id, order.revision_number, kind, now, now, note or None, user, uid, now, uid, now),
            )
            for order in orders
        )
        self.flush_model(["activity_id"])
        # Rights: whoever did it to the quote; nobody writes here directly.
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_quote_event AS event (order_id, revision, kind, date, last_date, times, note, user_id,
                                                      create_uid, create_date, write_uid, write_date)
                     VALUES %s
                ON CONFLICT (order_id, revision, kind)
                  DO UPDATE SET times = event.times + 1, last_date = EXCLUDED.last_date
                  RETURNING order_id, times, EXISTS (SELECT FROM crm_quote_event AS planned
                                                      WHERE planned.order_id = event.order_id
                                                        AND planned.activity_id IS NOT NULL)
                """,
                rows,
            )
        )
        rows = self.env.cr.fetchall()
        orders.invalidate_recordset(["quote_event_ids"], flush=False)
        self.invalidate_model(["times", "last_date"], flush=False)
        if kind in ANSWERS:
            self._close_planned([order_id for order_id, _times, planned in rows if planned])
        fresh = {order_id for order_id, times, _planned in rows if times == 1}
        # With what is read together: `filtered` forgets it.
        return orders.filtered(lambda order: order.id in fresh).with_prefetch(orders._prefetch_ids)

    def _close_planned(self, order_ids):
        """Take back the calls that were planned because the customer had not answered."""
        if order_ids:
            # sudo: the call may be somebody else's.
            planned = self.sudo().search([("order_id", "in", order_ids), ("activity_id", "!=", False)])
            planned.activity_id.unlink()
