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
        counts = self._count(form, network, sender, limits[0])
        if any(limit and count >= limit for limit, count in zip(limits, counts, strict=True)):
            return int(WINDOW.total_seconds())
        self.create({"form_id": form.id, "network": network, "sender": sender})
        return 0

    def _count(self, form, network, sender, limit):
        """Return the attempts of the last minute: of all (up to a limit), of this network, of this address."""
        since = fields.Datetime.now() - WINDOW
        rows = self.env.execute_query(
            SQL(
                "SELECT count(*), count(*) FILTER (WHERE network = %s), count(*) FILTER (WHERE sender = %s) FROM"
                " (SELECT network, sender FROM crm_web_rate_event WHERE form_id = %s AND date > %s LIMIT %s) AS recent",
                network,
                sender,
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
