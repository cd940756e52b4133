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
    sender = fields.Char(help="Keyed hash of the e-mail address.")
    date = fields.Datetime(required=True, default=fields.Datetime.now)

    _form_date = models.Index("(form_id, date)")
    _date = models.Index("(date)")

    @api.model
    def _hit(self, form, network, sender=None, trusted=False):
        """Note an attempt.

        :param form: the ``crm.web.form``
        :param network: keyed hash of the sender's network
        :param sender: keyed hash of the e-mail address
        :param trusted: a server with the form's key: only the form's limit counts, ten times as high
        :return: 0, or the seconds to wait if there were too many in the last minute
        """
        limits = (form.rate_form * (10 if trusted else 1), form.rate_network, form.rate_sender if sender else 0)
        if trusted:
            limits = (limits[0], 0, 0)
        return 0 if self._add(form, network, sender, limits) else int(WINDOW.total_seconds())

    def _add(self, form, network, sender, limits):
        """Add an attempt unless there were too many; tell whether it was added.

        :param limits: the most in the last minute of all, of this network, of this address; 0: no limit
        """
        now = fields.Datetime.now()
        of_all, of_network, of_sender = limits
        query = SQL(
            """WITH recent AS (
                SELECT network, sender FROM crm_web_rate_event
                WHERE form_id = %(form)s AND date > %(since)s LIMIT %(all)s
            ), counts AS (
                SELECT count(*) AS total, count(*) FILTER (WHERE network = %(network)s) AS network,
                    count(*) FILTER (WHERE sender = %(sender)s) AS sender
                FROM recent
            )
            INSERT INTO crm_web_rate_event (form_id, network, sender, date)
            SELECT %(form)s, %(network)s, %(sender)s, %(now)s FROM counts
            WHERE (%(all)s IS NULL OR counts.total < %(all)s)
                AND (%(of_network)s IS NULL OR counts.network < %(of_network)s)
                AND (%(of_sender)s IS NULL OR counts.sender < %(of_sender)s)
            RETURNING id""",
            form=form.id,
            since=now - WINDOW,
            now=now,
            network=network,
            sender=sender,
            all=of_all or None,
            of_network=of_network or None,
            of_sender=of_sender or None,
        )
        return bool(self.env.execute_query(query))

    @api.autovacuum
    def _gc_events(self):
        self.env.execute_query(
            SQL(
                "DELETE FROM crm_web_rate_event WHERE date < %s RETURNING id",
                fields.Datetime.now() - KEPT,
            )
        )
