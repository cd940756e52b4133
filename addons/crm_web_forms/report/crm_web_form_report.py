from odoo import fields, models
from odoo.tools import SQL


class CrmWebFormReport(models.Model):
    """The way from a look at a form to money, by day, form, version, website and campaign."""

    _name = "crm.web.form.report"
    _description = "Web Form Analysis"
    _auto = False
    _order = "day desc"
    _rec_name = "form_id"

    day = fields.Date(readonly=True)
    form_id = fields.Many2one("crm.web.form", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    version_id = fields.Many2one("crm.web.form.version", readonly=True)
    origin = fields.Char("Website", readonly=True)
    campaign = fields.Char(readonly=True)
    field_key = fields.Char("Question", readonly=True)
    views = fields.Integer("Seen", readonly=True)
    starts = fields.Integer("Begun", readonly=True)
    errors = fields.Integer("Filled in wrongly", readonly=True)
    submissions = fields.Integer("Sent", readonly=True)
    spam = fields.Integer("Looks like spam", readonly=True)
    valid = fields.Integer(readonly=True)
    leads = fields.Integer(readonly=True)
    won = fields.Integer(readonly=True)
    revenue = fields.Float("Expected revenue of what was won", readonly=True)

    @property
    def _table_query(self):
        # Ids of two tables in one: even ones are submissions, odd ones events.
        return SQL("%s UNION ALL %s", self._select_submissions(), self._select_events())

    def _select_submissions(self):
        """One row for each submission that was no test; a lead counts with the first that led to it."""
        return SQL(
            """SELECT intake.id * 2 AS id, intake.create_date::date AS day, intake.form_id, intake.company_id,
                intake.version_id, intake.origin, NULLIF(intake.payload->'utm'->>'campaign', '') AS campaign,
                NULL::varchar AS field_key, 0 AS views, 0 AS starts, 0 AS errors, 1 AS submissions,
                (COALESCE(intake.error_code, '') = 'E_SPAM')::int AS spam,
                (COALESCE(intake.error_code, '') <> 'E_SPAM')::int AS valid,
                (first.id IS NOT NULL)::int AS leads,
                (first.id IS NOT NULL AND lead.won_status = 'won')::int AS won,
                CASE WHEN first.id IS NOT NULL AND lead.won_status = 'won' THEN lead.expected_revenue ELSE 0 END
                    AS revenue
            FROM crm_intake intake
            LEFT JOIN crm_lead lead ON lead.id = intake.lead_id
            LEFT JOIN LATERAL (
                SELECT min(same.id) AS id FROM crm_intake same WHERE same.lead_id = intake.lead_id
            ) first ON first.id = intake.id
            WHERE intake.form_id IS NOT NULL AND intake.is_test IS NOT TRUE"""
        )

    def _select_events(self):
        return SQL(
            """SELECT stat.id * 2 + 1 AS id, stat.day, stat.form_id, form.company_id, stat.version_id, stat.origin,
                stat.campaign, stat.field_key, CASE stat.kind WHEN 'view' THEN stat.number ELSE 0 END AS views,
                CASE stat.kind WHEN 'start' THEN stat.number ELSE 0 END AS starts,
                CASE stat.kind WHEN 'error' THEN stat.number ELSE 0 END AS errors,
                0 AS submissions, 0 AS spam, 0 AS valid, 0 AS leads, 0 AS won, 0 AS revenue
            FROM crm_web_form_stat stat JOIN crm_web_form form ON form.id = stat.form_id"""
        )
