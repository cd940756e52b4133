from odoo import fields, models
from odoo.tools import SQL, drop_view_if_exists

DIMENSIONS = {"date": "date", "user_id": "int4", "team_id": "int4", "company_id": "int4"}
MEASURES = {
    "planned": "int4",
    "done": "int4",
    "late": "int4",
    "response_hours": "float8",
    "calls": "int4",
    "meetings": "int4",
    "quotes": "int4",
    "won": "int4",
    "lost": "int4",
    "conversion": "float8",
}
# Room for the sources: the id of a row is the id of its record and the number of its source.
SOURCES = 32


class CrmEfficiencyReport(models.Model):
    """What each person planned and did, day by day.

    A row for each thing that happened, on the day it was where the person works. What is archived as done counts,
    what was cancelled does not.
    """

    _name = "crm.efficiency.report"
    _description = "Efficiency"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "user_id"
    _depends = {
        "calendar.event": ["active", "allday", "start", "start_date", "stop", "user_id", "opportunity_id"],
        "crm.lead": ["create_date", "date_closed", "user_id", "team_id", "company_id", "won_status"],
        "mail.activity": [
            *("active", "activity_type_id", "date_deadline", "date_done", "is_cancelled"),
            *("res_id", "res_model", "user_id"),
        ],
        "mail.activity.type": ["category"],
        "mail.message": ["author_id", "date", "is_internal", "mail_activity_type_id", "message_type", "subtype_id"],
        "res.partner": ["tz"],
        "res.users": ["company_id", "partner_id", "sale_team_id"],
        "sale.order": ["company_id", "create_date", "state", "team_id", "user_id"],
    }

    date = fields.Date("Day", readonly=True)
    user_id = fields.Many2one("res.users", "Person", readonly=True)
    team_id = fields.Many2one("crm.team", "Sales Team", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    planned = fields.Integer(readonly=True, help="Activities due that day.")
    done = fields.Integer(readonly=True, help="Activities finished that day.")
    late = fields.Integer(readonly=True, help="Of the planned ones: finished after their day, or still open after it.")
    response_hours = fields.Float(
        "Hours to answer",
        readonly=True,
        aggregator="avg",
        help="From the creation of a lead to the first message to the customer or activity done, in hours.",
    )
    calls = fields.Integer(readonly=True, help="Call activities finished.")
    meetings = fields.Integer(readonly=True, help="Meetings that are over, of the person who organised them.")
    quotes = fields.Integer(readonly=True, help="Quotes written that were sent or accepted.")
    won = fields.Integer(readonly=True, help="Opportunities won.")
    lost = fields.Integer(readonly=True, help="Opportunities lost.")
    conversion = fields.Float("Conversion (%)", readonly=True, aggregator="avg", help="Won, of what was won or lost.")

    def init(self):
        drop_view_if_exists(self.env.cr, self._table)
        sources = SQL(" UNION ALL ").join(self._get_select(source) for source in self._get_sources())
        self.env.cr.execute(SQL("CREATE VIEW %s AS (%s)", SQL.identifier(self._table), sources))

    def _read_group_select(self, aggregate_spec, query):
        """The conversion of a group is won by decided, not the mean of its rows."""
        if aggregate_spec != "conversion:avg":
            return super()._read_group_select(aggregate_spec, query)
        won, lost = (self._field_to_sql(self._table, name, query) for name in ("won", "lost"))
        return SQL("100.0 * SUM(%s) / NULLIF(SUM(%s) + SUM(%s), 0)", won, won, lost)

    # ------------------------------------------------------------
    # Sources
    # ------------------------------------------------------------

    def _get_sources(self):
        """Return where rows come from; other addons add theirs.

        :return: a list of dicts: ``number`` (unique, 0 to 31; the core uses 0 to 9), ``id`` (of the record), ``from``
            (tables and conditions) and the columns ``date``, ``user_id``, ``team_id``, ``company_id`` and measures
            that differ from NULL; all values are ``SQL``
        """
        return [
            self._get_planned_source(),
            self._get_done_source(),
            self._get_meeting_source(),
            self._get_quote_source(),
            self._get_closed_source(),
            self._get_response_source(),
        ]

    def _get_select(self, source):
        columns = [
            SQL("%s::%s AS %s", source.get(name, SQL("NULL")), SQL(kind), SQL.identifier(name))
            for name, kind in {**DIMENSIONS, **MEASURES}.items()
        ]
        number = SQL("%s::int8 * %s + %s AS id", source["id"], SQL(str(SOURCES)), SQL(str(source["number"])))
        return SQL("SELECT %s, %s %s", number, SQL(", ").join(columns), source["from"])

    def _get_local_time(self, moment):
        """Return the SQL of a moment of UTC on the clock of the person, ``z`` in the tables of the source."""
        return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(NULLIF(z.tz, ''), 'UTC'))", moment)

    def _get_person(self, user):
        """Return the join of the person whose clock counts: the user ``u`` and their contact ``z``.

        :param user: the ``SQL`` of the id of a user, perhaps NULL
        """
        return SQL("LEFT JOIN res_users u ON u.id = %s LEFT JOIN res_partner z ON z.id = u.partner_id", user)

    def _get_activity_models(self):
        """Return the models whose activities are a salesperson's work; a hook."""
        return ["crm.lead", "res.partner", "sale.order"]

    def _get_activity_source(self, where):
        """Return what activities have in common; team and company are those of their document."""
        names = tuple(self._get_activity_models())
        return {
            "id": SQL("a.id"),
            "user_id": SQL("a.user_id"),
            "team_id": SQL("COALESCE(l.team_id, o.team_id, u.sale_team_id)"),
            "company_id": SQL("COALESCE(l.company_id, o.company_id, u.company_id)"),
            "from": SQL(
                """
                FROM mail_activity a
                %s
                LEFT JOIN mail_activity_type t ON t.id = a.activity_type_id
                LEFT JOIN crm_lead l ON a.res_model = 'crm.lead' AND l.id = a.res_id
                LEFT JOIN sale_order o ON a.res_model = 'sale.order' AND o.id = a.res_id
                WHERE a.user_id IS NOT NULL AND a.res_model IN %s AND a.is_cancelled IS NOT TRUE AND %s
                """,
                self._get_person(SQL("a.user_id")),
                names,
                where,
            ),
        }

    def _get_planned_source(self):
        return {
            "number": 0,
            **self._get_activity_source(SQL("TRUE")),
            "date": SQL("a.date_deadline"),
            "planned": SQL("1"),
            "late": SQL(
                "CASE WHEN COALESCE(a.date_done, CASE WHEN a.active THEN %s::date END) > a.date_deadline"
                " THEN 1 ELSE 0 END",
                self._get_local_time(SQL("now() AT TIME ZONE 'UTC'")),
            ),
        }

    def _get_done_source(self):
        return {
            "number": 1,
            **self._get_activity_source(SQL("a.active IS NOT TRUE AND a.date_done IS NOT NULL")),
            "date": SQL("a.date_done"),
            "done": SQL("1"),
            "calls": SQL("CASE WHEN t.category = 'phonecall' THEN 1 ELSE 0 END"),
        }

    def _get_meeting_source(self):
        return {
            "number": 2,
            "id": SQL("e.id"),
            "date": SQL("CASE WHEN e.allday THEN e.start_date ELSE %s::date END", self._get_local_time(SQL("e.start"))),
            "user_id": SQL("e.user_id"),
            "team_id": SQL("COALESCE(l.team_id, u.sale_team_id)"),
            "company_id": SQL("COALESCE(l.company_id, u.company_id)"),
            "meetings": SQL("1"),
            "from": SQL(
                """
                FROM calendar_event e
                %s
                LEFT JOIN crm_lead l ON l.id = e.opportunity_id
                WHERE e.active AND e.user_id IS NOT NULL AND e.stop <= now() AT TIME ZONE 'UTC'
                """,
                self._get_person(SQL("e.user_id")),
            ),
        }

    def _get_quote_source(self):
        return {
            "number": 3,
            "id": SQL("o.id"),
            "date": self._get_local_time(SQL("o.create_date")),
            **{name: SQL.identifier("o", name) for name in ("user_id", "team_id", "company_id")},
            "quotes": SQL("1"),
            "from": SQL("FROM sale_order o %s WHERE o.state IN ('sent', 'sale')", self._get_person(SQL("o.user_id"))),
        }

    def _get_closed_source(self):
        return {
            "number": 4,
            "id": SQL("l.id"),
            "date": self._get_local_time(SQL("l.date_closed")),
            **self._get_lead_owner(),
            "won": SQL("CASE WHEN l.won_status = 'won' THEN 1 ELSE 0 END"),
            "lost": SQL("CASE WHEN l.won_status = 'lost' THEN 1 ELSE 0 END"),
            "from": SQL("%s WHERE l.won_status IN ('won', 'lost')", self._get_lead_table()),
        }

    def _get_response_source(self):
        return {
            "number": 5,
            "id": SQL("l.id"),
            "date": self._get_local_time(SQL("l.create_date")),
            **self._get_lead_owner(),
            "response_hours": SQL("EXTRACT(EPOCH FROM first.date - l.create_date) / 3600"),
            "from": SQL(
                """
                %s
                JOIN LATERAL (
                    SELECT min(m.date) AS date
                    FROM mail_message m
                    JOIN res_partner p ON p.id = m.author_id AND p.partner_share IS NOT TRUE
                    LEFT JOIN mail_message_subtype s ON s.id = m.subtype_id
                    WHERE m.model = 'crm.lead' AND m.res_id = l.id AND (
                        m.mail_activity_type_id IS NOT NULL
                        OR m.message_type IN ('comment', 'email_outgoing')
                            AND m.is_internal IS NOT TRUE AND s.internal IS NOT TRUE AND m.subtype_id IS NOT NULL
                    )
                ) first ON first.date >= l.create_date
                """,
                self._get_lead_table(),
            ),
        }

    def _get_lead_owner(self):
        return {
            "user_id": SQL("l.user_id"),
            "team_id": SQL("l.team_id"),
            "company_id": SQL("COALESCE(l.company_id, u.company_id)"),
        }

    def _get_lead_table(self):
        return SQL("FROM crm_lead l %s", self._get_person(SQL("l.user_id")))
