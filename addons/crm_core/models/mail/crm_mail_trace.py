import secrets

from odoo import api, fields, models, tools
from odoo.tools import SQL

from ...tools import user_agent

# What asks sooner after the mail left is the scanner of the receiving server.
AT_ONCE = 2
# Repeated looks within a minute are one: nobody can fill a table, or wear out a row, by asking again.
PAUSE = 60


class CrmMailTrace(models.Model):
    """What became of one mail at one recipient: opened, clicked, answered, bounced.

    One row for each recipient, with counts and dates; no addresses of machines, no log of visits.
    """

    _name = "crm.mail.trace"
    _description = "Followed Mail"
    _order = "id desc"
    _rec_name = "message_id"

    token = fields.Char(required=True, groups="base.group_system", default=lambda self: secrets.token_urlsafe(16))
    message_id = fields.Many2one("mail.message", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", "Recipient", index=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", "Sent by", index="btree_not_null", ondelete="set null")
    template_id = fields.Many2one("mail.template", index="btree_not_null", ondelete="set null")
    company_id = fields.Many2one("res.company")
    # The recipient of a link proves nothing by it: only who has the mail knows the address it leads to.
    links = fields.Json(groups="base.group_system")
    sent_date = fields.Datetime("Sent on", required=True, default=fields.Datetime.now)
    opened_date = fields.Datetime("Opened on")
    open_count = fields.Integer("Opened")
    clicked_date = fields.Datetime("Clicked on")
    click_count = fields.Integer("Clicked")
    answered_date = fields.Datetime("Answered on")
    bounced_date = fields.Datetime("Bounced on")
    event_date = fields.Datetime("Last event")
    robot_count = fields.Integer("Looks of programs", help="Scanners and previews; they do not count as opened.")

    _token_unique = models.UniqueIndex("(token)", "This token exists.")

    # ------------------------------------------------------------
    # Who is followed
    # ------------------------------------------------------------

    @api.model
    @tools.ormcache()
    def _is_used(self):
        """Tell whether any company follows its mails; kept in memory, as every mail asks for it."""
        return bool(self.env["res.company"].sudo().search_count([("mail_tracking", "=", True)], limit=1))

    def _filter_followed(self, partners, company):
        """Return the outside contacts whose mails a company may follow: nobody who objected in any way.

        An objection is a refusal or withdrawal of the purpose ``mail_tracking``, or the blacklist of mails.
        """
        partners = partners.filtered("partner_share")
        listed = self.env["mail.blacklist"].sudo().search([("email", "in", partners.mapped("email_normalized"))])
        blocked = set(listed.mapped("email"))
        purpose = self.env["crm.privacy.purpose"]._find("mail_tracking", company)
        refused = self._get_refusing(partners, purpose) if purpose else partners.browse()
        return partners.filtered(lambda partner: partner.email_normalized not in blocked) - refused

    def _get_refusing(self, partners, purpose):
        """Return the contacts whose last decision about a purpose is no."""
        # sudo: yes or no is all that leaves the proofs.
        consents = self.env["crm.privacy.consent"].sudo()
        decisions = consents.search([("partner_id", "in", partners.ids), ("purpose_id", "=", purpose.id)])
        last = {}
        for decision in decisions:  # the newest first
            last.setdefault(decision.partner_id.id, decision.decision)
        return partners.filtered(lambda partner: last.get(partner.id, "granted") != "granted")

    # ------------------------------------------------------------
    # Events
    # ------------------------------------------------------------

    def _find_by_token(self, token):
        """Return the trace of an address, as superuser; empty when there is none."""
        # sudo: whoever has the mail has its token.
        return self.sudo().search([("token", "=", token)], limit=1) if token else self.sudo()

    def _on_read(self, kind, agent, method="GET"):
        """Count a look at the mail or a click on one of its links.

        :param kind: ``open`` or ``click``
        :param agent: the name the program gives itself
        :param method: ``HEAD`` is never a person
        """
        self.ensure_one()
        age = (fields.Datetime.now() - self.sent_date).total_seconds()
        if method == "HEAD" or age < AT_ONCE or user_agent.is_robot(agent):
            return self._count("robot")
        # Who clicks has opened, also where images are blocked.
        if kind == "click":
            self._count("click")
        return self._count("open")

    def _count(self, kind):
        """Count one event in one statement; nothing is read before, so nothing gets lost between."""
        now = fields.Datetime.now()
        count = SQL.identifier(f"{kind}_count")
        sets = SQL("%s = COALESCE(%s, 0) + 1", count, count)
        where = SQL("id = %s", self.id)
        if kind != "robot":
            date = SQL.identifier({"open": "opened_date", "click": "clicked_date"}[kind])
            sets = SQL("%s, %s = COALESCE(%s, %s), event_date = %s", sets, date, date, now, now)
            pause = fields.Datetime.subtract(now, seconds=PAUSE)
            where = SQL("%s AND (%s IS NULL OR event_date <= %s)", where, date, pause)
        self.flush_recordset()
        self.env.cr.execute(SQL("UPDATE crm_mail_trace SET %s WHERE %s", sets, where))
        self.invalidate_recordset(flush=False)

    def _note(self, kind):
        """Note the first time a mail was ``answered`` or ``bounced``."""
        fresh = self.filtered(lambda trace: not trace[f"{kind}_date"])
        now = fields.Datetime.now()
        fresh.write({f"{kind}_date": now, "event_date": now})

    # ------------------------------------------------------------
    # Shown
    # ------------------------------------------------------------

    @api.readonly
    @api.model
    def get_message_traces(self, message_ids):
        """Return what became of messages, for the chatter.

        :param message_ids: ids of ``mail.message``; those the user may not read are left out
        :return: dict of message id (text) to a list of dicts: ``partner`` (name), ``opened``, ``clicked``,
            ``answered``, ``bounced`` (UTC, ``YYYY-MM-DD HH:MM:SS``, or False)
        """
        messages = self.env["mail.message"].search([("id", "in", list(message_ids)[:200])])
        # sudo: who may read the message may know what became of it.
        traces = self.sudo().search([("message_id", "in", messages.ids)])
        found = {}
        for trace in traces:
            found.setdefault(str(trace.message_id.id), []).append(trace._prepare_message_trace())
        return found

    def _prepare_message_trace(self):
        self.ensure_one()
        dates = {kind: self[f"{kind}_date"] for kind in ("opened", "clicked", "answered", "bounced")}
        return {
            "partner": self.partner_id.name or "",
            **{kind: fields.Datetime.to_string(date) if date else False for kind, date in dates.items()},
        }

    def _get_summary(self):
        """Say in one line what became of the mail."""
        self.ensure_one()
        parts = [
            self.bounced_date and self.env._("bounced"),
            self.opened_date and self.env._("opened %(count)s times", count=self.open_count),
            self.clicked_date and self.env._("clicked %(count)s times", count=self.click_count),
            self.answered_date and self.env._("answered"),
        ]
        return ", ".join(filter(None, parts))
