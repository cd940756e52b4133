from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

# Rows younger than this are left alone: visitors are adding to them.
SETTLED = timedelta(hours=1)


class CrmWebFormStat(models.Model):
    """How often a form was seen, begun, or filled in wrongly: numbers, no persons, no cookies.

    Each event adds a row; rows of the same day that say the same become one, later.
    """

    _name = "crm.web.form.stat"
    _description = "Web Form Event"
    _order = "day desc, id desc"
    _log_access = False

    form_id = fields.Many2one("crm.web.form", required=True, readonly=True, ondelete="cascade")
    version_id = fields.Many2one("crm.web.form.version", readonly=True, ondelete="cascade")
    day = fields.Date(required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True)
    kind = fields.Selection(
        [("view", "Seen"), ("start", "Begun"), ("error", "Filled in wrongly"), ("wait", "Told to wait")],
        required=True,
        readonly=True,
    )
    origin = fields.Char("Website", readonly=True)
    campaign = fields.Char(readonly=True)
    field_key = fields.Char("Question", readonly=True, help="Technical key of the question an error is about.")
    number = fields.Integer("Times", required=True, readonly=True)

    _form_day = models.Index("(form_id, day)")

    @api.model
    def _note(self, version, kind, origin=None, campaign=None, keys=(None,)):
        """Add an event.

        :param version: the version that was shown
        :param keys: technical keys of the questions an error is about
        """
        now = fields.Datetime.now()
        rows = [
            (version.form_id.id, version.id, now.date(), now, kind, origin or None, campaign or None, key, 1)
            for key in keys
        ]
        columns = "form_id, version_id, day, date, kind, origin, campaign, field_key, number"
        query = SQL("INSERT INTO crm_web_form_stat (%s) VALUES %s", SQL(columns), SQL(", ").join(map(tuple, rows)))
        self.env.cr.execute(query)

    @api.autovacuum
    def _gc_merge(self):
        """Make one row of those of a day that say the same."""
        self.env.execute_query(
            SQL(
                """WITH gone AS (DELETE FROM crm_web_form_stat WHERE date < %s RETURNING *)
                INSERT INTO crm_web_form_stat
                    (form_id, version_id, day, date, kind, origin, campaign, field_key, number)
                SELECT form_id, version_id, day, min(date), kind, origin, campaign, field_key, sum(number)
                FROM gone GROUP BY form_id, version_id, day, kind, origin, campaign, field_key RETURNING id""",
                fields.Datetime.now() - SETTLED,
            )
        )
