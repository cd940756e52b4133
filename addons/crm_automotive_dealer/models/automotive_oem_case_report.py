from odoo import fields, models
from odoo.tools import SQL


class AutomotiveOemCaseReport(models.Model):
    """What dealers' customers say, by model, part, market and age of the car."""

    _name = "automotive.oem.case.report"
    _description = "Case Statistics"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "topic"
    _depends = {
        "automotive.oem.case": [
            "answer_due", "answer_number", "answered_at", "brand", "company_id", "issue_id", "kind", "model",
            "model_year", "peer_id", "rating", "severity", "state", "topic",
        ],
        "automotive.dealer": ["country_id", "peer_id", "origin_peer_id"],
    }  # fmt: skip

    date = fields.Date("Arrived", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    peer_id = fields.Many2one("crm.exchange.peer", "Dealer", readonly=True)
    country_id = fields.Many2one("res.country", "Market", readonly=True)
    issue_id = fields.Many2one("automotive.known.issue", "Known issue", readonly=True)
    kind = fields.Selection(selection=lambda self: self._get_selection("kind"), readonly=True)
    severity = fields.Selection(selection=lambda self: self._get_selection("severity"), readonly=True)
    state = fields.Selection(selection=lambda self: self._get_selection("state"), readonly=True)
    topic = fields.Char("Part or topic", readonly=True)
    brand = fields.Char(readonly=True)
    model = fields.Char(readonly=True)
    age = fields.Selection(
        [("new", "Under 1 year"), ("young", "1 to 3 years"), ("middle", "4 to 7 years"), ("old", "8 years and more")],
        "Age of the car",
        readonly=True,
    )
    days_to_answer = fields.Float("Days to the answer", readonly=True, aggregator="avg", digits=(16, 1))
    late_count = fields.Integer("Late", readonly=True)
    reopened_count = fields.Integer("Answered again", readonly=True)
    rating = fields.Float("Satisfaction (1-5)", readonly=True, aggregator="avg")

    def _get_selection(self, name):
        return self.env["automotive.oem.case"]._fields[name]._description_selection(self.env)

    @property
    def _table_query(self):
        """Return the query behind the report; one row for each case."""
        return SQL(
            """
            SELECT c.id, c.company_id, c.peer_id, d.country_id, c.issue_id, c.kind, c.severity, c.state, c.topic,
                   c.brand, c.model, c.create_date::date AS date,
                   CASE WHEN c.model_year = 0 OR c.model_year IS NULL THEN NULL
                        WHEN y.age < 1 THEN 'new' WHEN y.age < 4 THEN 'young' WHEN y.age < 8 THEN 'middle'
                        ELSE 'old' END AS age,
                   EXTRACT(EPOCH FROM c.answered_at - c.create_date) / 86400 AS days_to_answer,
                   (c.answer_due < COALESCE(c.answered_at::date, CURRENT_DATE)
                    AND c.state <> 'waiting')::int AS late_count,
                   (COALESCE(c.answer_number, 0) > 1 OR c.state = 'reopened')::int AS reopened_count,
                   NULLIF(c.rating, 0) AS rating
              FROM automotive_oem_case c
              JOIN LATERAL (SELECT EXTRACT(YEAR FROM c.create_date) - c.model_year AS age) y ON TRUE
         LEFT JOIN automotive_dealer d ON d.peer_id = c.peer_id AND d.origin_peer_id IS NULL
            """
        )
