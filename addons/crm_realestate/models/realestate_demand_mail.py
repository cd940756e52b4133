import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command, Domain

_logger = logging.getLogger(__name__)

PURPOSE = "property_alerts"
# A little less than the name says, so that a cron that runs early skips no day.
INTERVAL_HOURS = {"instant": 0, "daily": 20, "weekly": 24 * 7 - 4}
BATCH = 50
MOST = 12
SHOWN = 50


class RealestateDemand(models.Model):
    """What clients get by mail: what is new for them and what became cheaper, as often as they want."""

    _inherit = "realestate.demand"

    mail_frequency = fields.Selection(
        [("never", "Never"), ("instant", "At once"), ("daily", "Once a day"), ("weekly", "Once a week")],
        "Sends matches",
        required=True,
        default="never",
        tracking=True,
        help="By e-mail, with the consent of the contact; each mail has a link to stop.",
    )
    last_digest = fields.Datetime("Last mail on", readonly=True, copy=False)

    def _compute_access_url(self):
        for demand in self:
            demand.access_url = f"/realestate/alerts/{demand.id}"

    def _get_public_url(self):
        """Return the address of the client's own page of matches; the token in it is the key."""
        self.ensure_one()
        # sudo: whoever sends the mail may hand the link out.
        token = self.sudo()._portal_ensure_token()
        return f"{self.get_base_url()}/realestate/alerts/{self.id}/{token}"

    # ------------------------------------------------------------
    # Digest
    # ------------------------------------------------------------

    @api.model
    def _get_due_domain(self):
        """Return the domain of the demands whose next mail may go out."""
        now = fields.Datetime.now()
        due = [
            Domain("mail_frequency", "=", frequency)
            & (Domain("last_digest", "=", False) | Domain("last_digest", "<=", now - timedelta(hours=hours)))
            for frequency, hours in INTERVAL_HOURS.items()
        ]
        return Domain("state", "=", "active") & Domain("partner_id.email", "!=", False) & Domain.OR(due)

    @api.model
    def _cron_send_digests(self):
        """Write to the clients for whom there is something new, a batch at a time."""
        while True:
            matches = self.env["realestate.match"]
            waiting = matches._search(matches._get_news_domain()).subselect("demand_id")
            due = self.search(self._get_due_domain() & Domain("id", "in", waiting), limit=BATCH)
            due = due.try_lock_for_update(allow_referencing=True)
            if not due:
                break
            due._send_digests()
            if not self.env["ir.cron"]._commit_progress(len(due)):
                break

    def _send_digests(self):
        """Send one mail for each demand that has consent and something new."""
        allowed = self._filter_consenting()
        domain = Domain("demand_id", "in", allowed.ids) & self.env["realestate.match"]._get_news_domain()
        news = self.env["realestate.match"].search(domain).grouped("demand_id")
        for demand in self:
            # Without consent as well: asked again only after the interval.
            demand.last_digest = fields.Datetime.now()
            if demand in news:
                demand._send_digest_safely(news[demand][:MOST])

    def _send_digest_safely(self, matches):
        """Send; what is wrong with one client must not stop the others."""
        try:
            with self.env.cr.savepoint():
                self._send_digest(matches)
        except Exception:
            _logger.exception("The matches of demand %s could not be sent", self.id)

    def _filter_consenting(self):
        """Return the demands whose contact agreed to these mails, with one query for each company."""
        agreed = self.browse()
        for company, demands in self.grouped("company_id").items():
            purpose = self.env["crm.privacy.purpose"]._find(PURPOSE, company)
            # sudo: the answer is yes or no.
            consents = self.env["crm.privacy.consent"].sudo().search(
                [("partner_id", "in", demands.partner_id.ids), ("purpose_id", "=", purpose.id)]
            )  # fmt: skip
            last = {}
            for consent in consents:
                last.setdefault(consent.partner_id.id, consent.decision)
            agreed |= demands.filtered(lambda demand, last=last: last.get(demand.partner_id.id) == "granted")
        return agreed

    def _send_digest(self, matches):
        """Queue the mail with these matches and note that they were proposed."""
        self.ensure_one()
        localized = self.with_context(lang=self.partner_id.lang or self.env.lang)
        # sudo: outgoing mails are nobody's to read.
        self.env["mail.mail"].sudo().create(localized._prepare_digest(matches.with_env(localized.env)))
        self._message_log(
            body=self.env._("Sent: %(homes)s", homes=", ".join(matches.property_id.mapped("display_name")))
        )
        matches._note_sent()

    def _prepare_digest(self, matches):
        """Return the values of the mail."""
        url = self._get_public_url()
        values = {"demand": self, "matches": matches, "url": url, "base": self.get_base_url()}
        title = matches[:1].property_id.name
        subject = (
            self.env._("%(home)s and %(count)s more for you", home=title, count=len(matches) - 1)
            if len(matches) > 1
            else self.env._("For you: %(home)s", home=title)
        )
        return {
            "subject": subject,
            "body_html": self.env["ir.qweb"]._render("crm_realestate.digest_mail", values),
            "email_from": self.user_id.email_formatted or self.company_id.email_formatted,
            "recipient_ids": [Command.set(self.partner_id.ids)],
            "auto_delete": True,
            "headers": repr(
                {"List-Unsubscribe": f"<{url}?step=stop>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
            ),
        }

    # ------------------------------------------------------------
    # What the client does on the page
    # ------------------------------------------------------------

    def _stop_mails(self):
        """Send no more, and keep the proof that the person said so."""
        for demand in self:
            demand.mail_frequency = "never"
            demand.partner_id.with_company(demand.company_id)._record_consent(
                PURPOSE, "withdrawn", self.env._("Link in a mail")
            )

    def _find_shown_matches(self):
        """Return the matches that the client's own page shows: the best of what is published."""
        self.ensure_one()
        domain = (
            Domain("demand_id", "=", self.id)
            & Domain("is_current", "=", True)
            & Domain("state", "!=", "dismissed")
            & Domain("property_id.is_published", "=", True)
        )
        return self.env["realestate.match"].search(domain, limit=SHOWN)

    def _change_by_client(self, step, match_id=None, frequency=None):
        """Do what the client asked for on the page.

        :param step: ``interested``, ``dismiss``, ``frequency`` or ``stop``
        :param match_id: one of the demand's own matches
        """
        self.ensure_one()
        match = self.env["realestate.match"].search([("id", "=", match_id), ("demand_id", "=", self.id)])
        if step == "stop":
            self._stop_mails()
        elif step == "frequency" and frequency in INTERVAL_HOURS:
            self.mail_frequency = frequency
            self.partner_id.with_company(self.company_id)._record_consent(
                PURPOSE, "granted", self.env._("The client's own page")
            )
        elif step == "interested" and match:
            match._move_by_client("interested")
            self.activity_schedule(
                "mail.mail_activity_data_call",
                summary=self.env._("Likes %(home)s: arrange a visit", home=match.property_id.display_name),
                user_id=self.user_id.id or match.property_id.user_id.id or self.env.uid,
            )
        elif step == "dismiss" and match:
            match._move_by_client("dismissed")
