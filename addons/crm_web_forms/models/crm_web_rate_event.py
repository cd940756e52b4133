from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

WINDOW = timedelta(minutes=1)
KEPT = timedelta(hours=1)


class CrmWebRateEvent(models.Model):
    """One attempt to send a form. Rows are only added and counted.

    Never a counter that is updated: under load each request would wait for the one before, or fail.
    """

    _name = "crm.web.rate.event"
    _description = "Web Form Attempt"
    _log_access = False

    form_id = fields.Many2one("crm.web.form", required=True, ondelete="cascade")
    network = fields.Char(help="Keyed hash of the sender's network.")
    date = fields.Datetime(required=True, default=fields.Datetime.now)

    _form_date = models.Index("(form_id, date)")
    _date = models.Index("(date)")

    @api.model
    def _hit(self, form, network, trusted=False):
        """Note an attempt.

        :param form: the ``crm.web.form``
        :param network: keyed hash of the sender's network
        :param trusted: a server with the form's key: only the form's limit counts, ten times as high
        :return: 0, or the seconds to wait if there were too many in the last minute
        """
        of_form, of_network = form.rate_form * (10 if trusted else 1), form.rate_network
        in_all, in_network = self._count(form, network, of_form)
        if (of_form and in_all >= of_form) or (of_network and not trusted and in_network >= of_network):
            return int(WINDOW.total_seconds())
        self.create({"form_id": form.id, "network": network})
        return 0

    def _count(self, form, network, limit):
        """Return the attempts of the last minute, of all (up to a limit) and of this network."""
        since = fields.Datetime.now() - WINDOW
        rows = self.env.execute_query(
            SQL(
                "SELECT count(*), count(*) FILTER (WHERE network = %s)"
                " FROM (SELECT network FROM crm_web_rate_event WHERE form_id = %s AND date > %s LIMIT %s) AS recent",
                network,
                form.id,
                since,
                limit or None,
            )
        )
        return rows[0]

    @api.autovacuum
    def _gc_events(self):
        self.env.execute_query(
            SQL(
                "DELETE FROM crm_web_rate_event WHERE date < %s RETURNING id",
                fields.Datetime.now() - KEPT,
            )
        )
