from odoo import fields, models
from odoo.tools import SQL

OPEN = ("sent", "viewed")


class SaleOrder(models.Model):
    """What happens when the customer says nothing: a call is planned, and in the end the quote expires."""

    _inherit = "sale.order"

    _quote_open_idx = models.Index("(validity_date) WHERE state = 'sent' AND quote_status IN ('sent', 'viewed')")

    def write(self, vals):
        """A quote that is valid for longer is open again, and its end will be announced again."""
        until = fields.Date.to_date(vals.get("validity_date"))
        sent = self.filtered(lambda order: order.state == "sent" and order.validity_date) if until else self.browse()
        extended = sent.filtered(lambda order: order.validity_date < until)
        result = super().write(vals)
        if extended:
            extended._on_validity_extended()
        return result

    def _on_validity_extended(self):
        """Forget what was said about the former end; a hook."""
        expired = self.filtered(lambda order: order.quote_status == "expired" and not order.is_expired)
        expired.write({"quote_status": "sent"})
        # sudo: marks of the system, which nobody writes himself.
        marks = self.env["crm.quote.event"].sudo()
        announced = marks.search([("order_id", "in", self.ids), ("kind", "=", "expiring")])
        announced.activity_id.unlink()
        announced.unlink()

    def _cron_quote_followups(self, limit=200):
        """Let quotes expire, announce what expires soon, and plan the follow-up of what nobody answered.

        Each happens once for each revision: the unique index of ``crm.quote.event`` sees to it.

        :param limit: how many quotes are dealt with before what was done is committed
        """
        for work in (self._expire_quotes, self._announce_expiry, self._follow_up_quotes):
            while done := work(limit):
                if not self.env["ir.cron"]._commit_progress(len(done)):
                    return

    def _expire_quotes(self, limit):
        """Record that quotes expired; return them."""
        expired = self.search(
            [("state", "=", "sent"), ("quote_status", "in", OPEN), ("validity_date", "<", fields.Date.today())],
            limit=limit,
        )
        expired._on_quote_event("expired")
        return expired

    def _announce_expiry(self, limit):
        """Plan a call about quotes that expire soon; return them."""
        today = fields.Date.today()
        due = SQL("quote.validity_date >= %s AND quote.validity_date - days.number <= %s", today, today)
        return self._plan_quote_calls("expiring", limit, due)

    def _follow_up_quotes(self, limit):
        """Plan a call about quotes that were sent some days ago; return them."""
        now = fields.Datetime.now()
        due = SQL("sent.date + days.number * interval '1 day' <= %s", now)
        return self._plan_quote_calls("followup", limit, due)

    def _plan_quote_calls(self, kind, limit, due):
        """Plan one call for each quote that is due.

        :param kind: ``followup`` or ``expiring``
        :param due: SQL condition on ``quote``, its event ``sent`` and ``days.number`` of the pipeline or company
        :return: the quotes
        """
        orders = self._find_quotes_due(kind, limit, due)
        fresh = self.env["crm.quote.event"]._record(orders, kind)
        activities = self.env["mail.activity"].with_context(mail_activity_quick_update=True)
        call = self.env.ref("mail.mail_activity_data_call", raise_if_not_found=False)
        call = call or self.env.ref("mail.mail_activity_data_todo")
        planned = activities.create([order._prepare_quote_call(kind, call) for order in fresh])
        events = self.env["crm.quote.event"].search([("order_id", "in", fresh.ids), ("kind", "=", kind)])
        current = events.filtered(lambda event: event.revision == event.order_id.revision_number)
        activity_by_order = dict(zip(fresh.ids, planned, strict=True))
        for event in current:
            event.activity_id = activity_by_order[event.order_id.id]
        return orders

    def _find_quotes_due(self, kind, limit, due):
        """Return open quotes without this event that are due; another worker's are skipped.

        Quotes sent before this addon was there have no event ``sent``: nobody is called about old ones.
        """
        option = SQL.identifier({"followup": "quote_followup_days", "expiring": "quote_expiry_days"}[kind])
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT quote.id
                  FROM sale_order AS quote
                  JOIN crm_quote_event AS sent
                       ON sent.order_id = quote.id AND sent.revision = quote.revision_number AND sent.kind = 'sent'
                  JOIN res_company AS company ON company.id = quote.company_id
             LEFT JOIN crm_lead AS lead ON lead.id = quote.opportunity_id
             LEFT JOIN crm_pipeline AS pipeline ON pipeline.id = lead.pipeline_id
            CROSS JOIN LATERAL (
                       SELECT COALESCE(NULLIF(pipeline.%(option)s, 0), company.%(option)s) AS number) AS days
                 WHERE quote.state = 'sent' AND quote.quote_status IN %(open)s AND days.number > 0 AND %(due)s
                   AND NOT EXISTS (SELECT FROM crm_quote_event AS event WHERE event.order_id = quote.id
                                      AND event.revision = quote.revision_number AND event.kind = %(kind)s)
              ORDER BY quote.id LIMIT %(limit)s
                   FOR NO KEY UPDATE OF quote SKIP LOCKED
                """,
                option=option, open=OPEN, due=due, kind=kind, limit=limit,
            )
        )  # fmt: skip
        return self.browse([order_id for (order_id,) in self.env.cr.fetchall()])

    def _prepare_quote_call(self, kind, activity_type):
        """Return the values of the planned call: on the opportunity when there is an open one; a hook.

        :param kind: ``followup`` or ``expiring``
        :param activity_type: the ``mail.activity.type`` of a call
        """
        self.ensure_one()
        lead = self.opportunity_id
        record = lead if lead.active and lead.won_status == "pending" else self
        return {
            "res_model_id": self.env["ir.model"]._get_id(record._name),
            "res_id": record.id,
            "activity_type_id": activity_type.id,
            "summary": self._get_quote_call_summary(kind),
            "date_deadline": fields.Date.context_today(self),
            "user_id": self._get_quote_caller().id,
            "automated": True,
        }

    def _get_quote_call_summary(self, kind):
        if kind == "expiring":
            return self.env._("Quote %(quote)s is valid until %(date)s", quote=self.name, date=self.validity_date)
        viewed = self.quote_status == "viewed"
        if viewed:
            return self.env._("Follow up quote %(quote)s: the customer looked at it", quote=self.name)
        return self.env._("Follow up quote %(quote)s: the customer has not opened it", quote=self.name)

    def _get_quote_caller(self):
        """Return who calls: the salesperson, or who answers for the team."""
        team = self.team_id.user_id | self.opportunity_id.team_id.user_id
        candidates = [self.user_id, self.opportunity_id.user_id, *team, self.env.user]
        return next(user for user in candidates if user and (user.active or user == self.env.user))
