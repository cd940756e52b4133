import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)

BATCH = 1000


class CrmSegment(models.Model):
    """Where the host's mailings are installed, a segment fills a mailing list and keeps it as it is.

    Who left the list stays out, whoever is blacklisted never comes in.
    """

    _inherit = "crm.segment"

    # No relation: mailings are no dependency. 0: no list yet.
    mailing_list_ref = fields.Integer(readonly=True, copy=False, export_string_translation=False)
    has_mailings = fields.Boolean(compute="_compute_has_mailings", export_string_translation=False)

    def _compute_has_mailings(self):
        self.has_mailings = "mailing.list" in self.env and self.env["mailing.list"].has_access("create")

    def action_fill_mailing_list(self):
        """Make the mailing list of the segment or bring it up to date, and open it."""
        self.ensure_one()
        self.check_access("write")
        self.env["mailing.list"].check_access("create")
        self._fill_mailing_list()
        return {
            "type": "ir.actions.act_window",
            "res_model": "mailing.list",
            "res_id": self.mailing_list_ref,
            "views": [(False, "form")],
        }

    @api.model
    def _cron_fill_mailing_lists(self):
        """Every night: bring the mailing lists of segments up to date, each as its responsible sees it."""
        segments = self.search([("mailing_list_ref", "!=", 0)]) if "mailing.list" in self.env else self.browse()
        self.env["ir.cron"]._commit_progress(remaining=len(segments))
        for segment in segments:
            user = segment.user_id or self.env.user
            company = segment.company_id & user.company_ids or user.company_id
            try:
                with self.env.cr.savepoint():
                    segment.with_user(user).with_company(company)._fill_mailing_list()
            except UserError as error:
                # Its form says so too; the lists of the others do not wait for it.
                _logger.info("Mailing list of segment %s: %s", segment.id, error)
            self.env["ir.cron"]._commit_progress(1)

    def _fill_mailing_list(self):
        """Subscribe who is in the segment and may be written to, take off who is not any more."""
        self.ensure_one()
        wanted = {record.email_normalized: record for record in self._get_recipients()}
        # sudo: the list is the segment's; who is in it was asked as the user.
        segment = self.sudo()
        mailing_list = segment._get_mailing_list()
        subscriptions = segment.env["mailing.subscription"].search([("list_id", "=", mailing_list.id)])
        # Who left the list stays on it as somebody who left.
        gone = subscriptions.filtered(lambda one: not one.opt_out and one.contact_id.email_normalized not in wanted)
        known = set(subscriptions.mapped("contact_id.email_normalized"))
        gone.unlink()
        segment._subscribe(mailing_list, {email: who for email, who in wanted.items() if email not in known})

    def _get_mailing_list(self):
        """Return the ``mailing.list`` of the segment; a new one if there is none any more."""
        mailing_list = self.env["mailing.list"].browse(self.mailing_list_ref or 0).exists()
        if not mailing_list:
            mailing_list = mailing_list.create({"name": self.name})
            self.mailing_list_ref = mailing_list.id
        return mailing_list

    def _subscribe(self, mailing_list, people):
        """Put people on a list; whoever is a contact of mailings already is not made twice.

        :param people: {normalized e-mail: record of the segment}
        """
        contacts = self.env["mailing.contact"]
        emails = list(people)
        for start in range(0, len(emails), BATCH):
            batch = emails[start : start + BATCH]
            found = contacts.search([("email_normalized", "in", batch)]).grouped("email_normalized")
            new = [self._prepare_mailing_contact(people[email]) for email in batch if email not in found]
            there = contacts.union(*(some[0] for some in found.values())) + contacts.create(new)
            values = [{"list_id": mailing_list.id, "contact_id": contact.id} for contact in there]
            self.env["mailing.subscription"].create(values)

    @api.model
    def _prepare_mailing_contact(self, record):
        """Return the values of a contact of mailings; a hook.

        :param record: a ``res.partner`` or ``crm.lead``
        """
        is_lead = record._name == "crm.lead"
        return {
            "name": record.contact_name or record.partner_name or record.name if is_lead else record.name,
            "company_name": record.partner_name if is_lead else record.commercial_company_name,
            "email": record.email_normalized,
            "country_id": record.country_id.id,
        }
