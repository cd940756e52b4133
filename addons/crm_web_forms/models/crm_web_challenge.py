from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import hmac

from ..tools import proof

KEPT = timedelta(seconds=2 * proof.LIFE)


class CrmWebChallenge(models.Model):
    """A challenge that was solved: the same proof counts once."""

    _name = "crm.web.challenge"
    _description = "Used Challenge"
    _log_access = False

    number = fields.Char(required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)

    _number_unique = models.UniqueIndex("(number)")
    _date = models.Index("(date)")

    @api.model
    def _make(self, form):
        """Return a new challenge for a form; nothing is kept until it is used."""
        return proof.make(self._get_secret(), form.uuid)

    @api.model
    def _use(self, form, payload):
        """Return what a proof is worth: ``solved``, ``missing``, ``late``, ``wrong``, or ``used`` before."""
        worth, number = proof.check(self._get_secret(), payload, form.uuid)
        if worth != "solved":
            return worth
        query = SQL(
            "INSERT INTO crm_web_challenge (number, date) VALUES (%s, %s) ON CONFLICT (number) DO NOTHING RETURNING id",
            number,
            fields.Datetime.now(),
        )
        # Two at once: the host runs the second request again, which then sees the first one's row.
        self.env.cr.execute(query, log_exceptions=False)
        return "solved" if self.env.cr.fetchall() else "used"

    @api.model
    def _get_secret(self):
        # sudo: the key that signs is the database's own.
        return hmac(self.sudo().env, "crm_web_forms.proof", "challenge")

    @api.autovacuum
    def _gc_challenges(self):
        self.env.execute_query(
            SQL("DELETE FROM crm_web_challenge WHERE date < %s RETURNING id", fields.Datetime.now() - KEPT)
        )
