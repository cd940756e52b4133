from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

# What a conversation is worth on the day it took place; a hook of _get_points().
POINTS = {"meeting": 5, "call": 3, "quote": 3, "mail": 1}
HALF_LIFE_DAYS = 90
# What is older counts for next to nothing.
MEMORY_DAYS = 730
RECENT_DAYS = 90


class CrmRelationship(models.Model):
    """How well a user knows a contact; the row without user is everybody together.

    Worked out at night from mails, calls, meetings and quotes. A conversation - a record's thread, a meeting, a
    quote - counts once a day, and half as much after 90 days.
    """

    _name = "crm.relationship"
    _description = "Relationship"
    _order = "score desc, id"
    _rec_name = "user_id"
    _log_access = False

    partner_id = fields.Many2one("res.partner", "Contact", required=True, index=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", "Who", index=True, ondelete="cascade")
    score = fields.Integer(readonly=True)
    level_id = fields.Many2one("crm.relationship.level", ondelete="set null", readonly=True)
    last_date = fields.Datetime("Last contact", readonly=True)
    recent_count = fields.Integer("Conversations in 90 days", readonly=True)

    _once = models.UniqueIndex("(partner_id, COALESCE(user_id, 0))")

    # ------------------------------------------------------------
    # Scores
    # ------------------------------------------------------------

    @api.model
    def _recompute(self, partners=None):
        """Work the scores out again, in one statement; rows that stay equal are not written.

        :param partners: only of these contacts, by default of all
        """
        if partners is not None and not partners:
            return
        self.env.flush_all()
        only = SQL("partner_id IN %s", tuple(partners.ids)) if partners else SQL("TRUE")
        level = self.env["crm.relationship.level"]._to_sql(SQL("score"))
        self.env.cr.execute(
            SQL(
                """
                WITH told AS (
                    SELECT * FROM (%(sources)s) AS source (partner_id, user_id, kind, thread, date) WHERE %(only)s
                ),
                conversation AS (
                    SELECT told.partner_id, told.user_id, told.kind, told.thread, told.date::date AS day,
                           max(told.date) AS date
                    FROM told JOIN res_partner p ON p.id = told.partner_id AND p.partner_share
                    WHERE told.date BETWEEN %(oldest)s AND %(now)s GROUP BY 1, 2, 3, 4, 5
                ),
                each AS (
                    SELECT * FROM conversation WHERE user_id IS NOT NULL
                    UNION ALL
                    SELECT partner_id, NULL::integer, kind, thread, day, max(date) FROM conversation
                    GROUP BY 1, 2, 3, 4, 5
                ),
                scored AS (
                    SELECT partner_id, user_id, max(date) AS last_date,
                           round(sum(points * power(0.5, (%(today)s - day) / %(half_life)s)))::integer AS score,
                           count(*) FILTER (WHERE day > %(today)s - %(recent)s)::integer AS recent_count
                    FROM each JOIN (VALUES %(points)s) AS worth (of_kind, points) ON kind = of_kind GROUP BY 1, 2
                ),
                faded AS (
                    UPDATE crm_relationship r SET score = 0, recent_count = 0, level_id = %(asleep)s
                    WHERE score <> 0 AND %(only)s AND NOT EXISTS (
                        SELECT 1 FROM scored s
                        WHERE s.partner_id = r.partner_id AND s.user_id IS NOT DISTINCT FROM r.user_id
                    )
                )
                INSERT INTO crm_relationship AS r (partner_id, user_id, score, level_id, last_date, recent_count)
                SELECT partner_id, user_id, score, %(level)s, last_date, recent_count FROM scored
                ON CONFLICT (partner_id, COALESCE(user_id, 0)) DO UPDATE SET
                    score = excluded.score, level_id = excluded.level_id, last_date = excluded.last_date,
                    recent_count = excluded.recent_count
                WHERE (r.score, r.level_id, r.last_date, r.recent_count) IS DISTINCT FROM
                      (excluded.score, excluded.level_id, excluded.last_date, excluded.recent_count)
                """,
                sources=SQL(" UNION ALL ").join(self._get_sources()),
                points=SQL(", ").join(SQL("(%s, %s)", *pair) for pair in self._get_points().items()),
                level=level,
                asleep=self.env["crm.relationship.level"]._to_sql(SQL("0")),
                only=only,
                **self._get_times(),
            )
        )
        self.invalidate_model()

    @api.model
    def _get_times(self):
        """Return the moments and days the scores are measured by."""
        now = fields.Datetime.now()
        return {
            "now": now,
            "today": now.date(),
            "oldest": now - timedelta(days=MEMORY_DAYS),
            "half_life": float(HALF_LIFE_DAYS),
            "recent": RECENT_DAYS,
        }

    @api.model
    def _get_points(self):
        """Return what a conversation of each kind is worth: {kind: points}; a hook."""
        return dict(POINTS)

    @api.model
    def _get_sources(self):
        """Return where conversations are found; a hook: add yours and call super.

        :return: list of ``SQL`` SELECT of (partner_id, user_id or NULL, kind: a key of :meth:`_get_points`, thread:
            text, date: UTC). One thread counts once a day.
        """
        return [
            self._get_received_mails(),
            self._get_sent_mails(),
            self._get_calls(),
            self._get_meetings(),
            self._get_quotes(),
        ]

    @api.model
    def _get_received_mails(self):
        """Mails and messages written by the contact; to whoever looks after the record."""
        return SQL(
            """
            SELECT m.author_id AS partner_id, COALESCE(l.user_id, o.user_id, p.user_id) AS user_id, 'mail' AS kind,
                   m.model || ',' || m.res_id AS thread, m.date AS date
            FROM mail_message m
            LEFT JOIN crm_lead l ON m.model = 'crm.lead' AND l.id = m.res_id
            LEFT JOIN sale_order o ON m.model = 'sale.order' AND o.id = m.res_id
            LEFT JOIN res_partner p ON m.model = 'res.partner' AND p.id = m.res_id
            WHERE m.message_type IN ('email', 'comment') AND m.model IN ('crm.lead', 'sale.order', 'res.partner')
              AND m.author_id IS NOT NULL
            """
        )

    @api.model
    def _get_sent_mails(self):
        """Mails and messages a user wrote that reached the contact."""
        return SQL(
            """
            SELECT n.res_partner_id, u.id, 'mail', m.model || ',' || m.res_id, m.date
            FROM mail_notification n
            JOIN mail_message m ON m.id = n.mail_message_id AND m.message_type IN ('comment', 'email_outgoing')
                 AND m.model IN ('crm.lead', 'sale.order', 'res.partner')
            JOIN res_users u ON u.partner_id = m.author_id AND NOT u.share
            WHERE n.notification_status IS DISTINCT FROM 'exception' AND n.notification_status <> 'bounce'
            """
        )

    @api.model
    def _get_calls(self):
        """Activities of the kind "call" that were done and reached somebody."""
        return SQL(
            """
            SELECT CASE a.res_model WHEN 'res.partner' THEN a.res_id ELSE COALESCE(l.partner_id, o.partner_id) END,
                   a.user_id, 'call', a.res_model || ',' || a.res_id, a.date_done::timestamp
            FROM mail_activity a
            JOIN mail_activity_type t ON t.id = a.activity_type_id AND t.category = 'phonecall'
            LEFT JOIN crm_lead l ON a.res_model = 'crm.lead' AND l.id = a.res_id
            LEFT JOIN sale_order o ON a.res_model = 'sale.order' AND o.id = a.res_id
            LEFT JOIN crm_activity_outcome r ON r.id = a.outcome_id
            WHERE NOT a.active AND a.date_done IS NOT NULL AND a.is_cancelled IS NOT TRUE AND r.reached IS NOT FALSE
              AND a.res_model IN ('crm.lead', 'sale.order', 'res.partner')
            """
        )

    @api.model
    def _get_meetings(self):
        """Meetings that took place, with every user who took part."""
        return SQL(
            """
            SELECT a.partner_id, COALESCE(u.id, e.user_id), 'meeting', 'calendar.event,' || e.id, e.stop
            FROM calendar_event e
            JOIN calendar_attendee a ON a.event_id = e.id AND a.state <> 'declined'
            LEFT JOIN (calendar_attendee c JOIN res_users u ON u.partner_id = c.partner_id AND NOT u.share)
                 ON c.event_id = e.id AND c.state <> 'declined'
            LEFT JOIN crm_activity_outcome r ON r.id = e.outcome_id
            WHERE e.active AND r.reached IS NOT FALSE
            """
        )

    @api.model
    def _get_quotes(self):
        return SQL(
            """
            SELECT partner_id, user_id, 'quote', 'sale.order,' || id, date_order
            FROM sale_order WHERE state IN ('sent', 'sale')
            """
        )
