from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, email_normalize
from odoo.tools.misc import hmac

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
KEPT = timedelta(days=7)
# To one address a day, from all forms together.
PER_ADDRESS = 3
PER_HOUR = 500


class CrmWebMail(models.Model):
    """A mail that a form sent to an address somebody typed. It is what keeps forms from flooding a stranger.

    An address gets at most one mail of a form and three of all forms a day; a form and the whole
    system have limits an hour. Only a keyed hash of the address is kept.
    """

    _name = "crm.web.mail"
    _description = "Mail of a Web Form"
    _log_access = False

    form_id = fields.Many2one("crm.web.form", required=True, readonly=True, ondelete="cascade")
    address = fields.Char("Address (keyed hash)", required=True, readonly=True)
    kind = fields.Selection([("confirm", "Confirmation"), ("reply", "Answer")], required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True)
    day = fields.Date(required=True, readonly=True)
    number = fields.Integer(required=True, readonly=True, help="The first, second or third of this address today.")

    # Two workers at once: the second one waits and then finds the place taken.
    _number_unique = models.UniqueIndex("(address, day, number)")
    _form_unique = models.UniqueIndex("(address, form_id, day, kind)")
    _date = models.Index("(date)")

    @api.model
    def _claim(self, form, email, kind):
        """Tell whether a form may write to an address now, and note that it does.

        :param kind: ``confirm``; ``reply`` is an answer: it is one more only after a confirmation
        """
        email = email_normalize(email)
        if not email or self._is_refused(email):
            return False
        # sudo: the salt is the database's own.
        address = hmac(self.sudo().env, "crm_web_forms.address", email)[:32]
        if not self._is_allowed(form, address, kind):
            return False
        now = fields.Datetime.now()
        number = self._count(now - DAY, SQL("address = %s", address)) + 1
        query = SQL(
            "INSERT INTO crm_web_mail (form_id, address, kind, date, day, number) VALUES %s"
            " ON CONFLICT DO NOTHING RETURNING id",
            (form.id, address, kind, now, now.date(), number),
        )
        self.env.cr.execute(query, log_exceptions=False)
        return bool(self.env.cr.fetchall())

    def _is_refused(self, email):
        """Tell whether this address asked for no mail at all."""
        # sudo: the list is the mail administrator's; the answer is yes or no.
        return bool(self.env["mail.blacklist"].sudo().search_count([("email", "=", email)], limit=1))

    def _is_allowed(self, form, address, kind):
        """Tell whether the limits of the address, of the form and of all forms leave room."""
        now = fields.Datetime.now()
        of_form = SQL("form_id = %s", form.id)
        # sudo: a limit of the system.
        limit = int(self.env["ir.config_parameter"].sudo().get_param("crm_web_forms.mails_per_hour", PER_HOUR))
        return (
            not self._count(now - DAY, SQL("address = %s AND form_id = %s AND kind = %s", address, form.id, kind))
            and self._count(now - DAY, SQL("address = %s", address)) < PER_ADDRESS
            and self._count(now - HOUR, of_form) < form.mail_limit
            and self._count(now - HOUR, SQL("TRUE")) < limit
        )

    def _count(self, since, condition):
        query = SQL("SELECT count(*) FROM crm_web_mail WHERE date > %s AND %s", since, condition)
        return self.env.execute_query(query)[0][0]

    @api.autovacuum
    def _gc_mails(self):
        self.env.execute_query(
            SQL("DELETE FROM crm_web_mail WHERE date < %s RETURNING id", fields.Datetime.now() - KEPT)
        )
