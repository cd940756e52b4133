from odoo import models
from odoo.fields import Command
from odoo.tools import email_normalize

from ...exceptions import JobBlocked

# So many candidates are shown to a person; more of them help nobody.
MOST_CANDIDATES = 5


class CrmIntake(models.Model):
    """Which contact a submission is from: one that is known, a new one, or a question for a person."""

    _inherit = "crm.intake"

    def _set_partner(self, data):
        """Find the contacts of the submissions or make them.

        :param data: {intake: cleaned payload}, see :meth:`_prepare_data`
        :return: {intake: JobBlocked} where a person must choose
        """
        unknown = self.filtered(lambda intake: not intake.partner_id)
        found, blocked, fresh = unknown._find_partners(data), {}, self.browse()
        for intake in unknown:
            partners = found[intake]
            if len(partners) > 1 or (partners and intake._is_doubtful(partners, data[intake])):
                blocked[intake] = intake._get_ambiguous_error(partners[:MOST_CANDIDATES])
            elif partners:
                intake.partner_id = partners
            elif data[intake]["email"] or data[intake]["phone"]:
                fresh |= intake
            else:
                blocked[intake] = intake._get_nobody_error()
        fresh._create_partners(data)
        return blocked

    def _find_partners(self, data):
        """Return {intake: the contacts it may be from}: by e-mail address, failing that by phone number.

        The queries are the same few for one and for hundreds.
        """
        searched = self.filtered(lambda intake: intake._get_policy(data[intake]) != "new")
        emails = {intake: email_normalize(data[intake]["email"]) for intake in searched}
        by_email = self._search_partners("email_normalized", set(emails.values()) - {False, None})
        found = {intake: by_email.get(emails.get(intake), self.env["res.partner"]) for intake in self}
        numbers = {
            intake: intake._get_number(data[intake])
            for intake in searched
            if not found[intake] and data[intake]["phone"]
        }
        by_number = self._search_partners_by_number(set(numbers.values()) - {False, None})
        found |= {intake: by_number.get(number, self.env["res.partner"]) for intake, number in numbers.items()}
        return {intake: intake._prefer_person(partners) for intake, partners in found.items()}

    def _get_policy(self, data):
        """Return the rule of the channel for known contacts."""
        return data["source"].dedup_policy or "normal"

    def _get_number(self, data):
        """Return the phone number in international form, or False."""
        if not data["phone"]:
            return False
        country = data["country"] or self.company_id.country_id
        return self.env["crm.phone"]._phone_format(number=data["phone"], country=country)

    def _search_partners(self, field, values):
        """Return {value: contacts of this company that have it in a field}."""
        if not values:
            return {}
        domain = [(field, "in", list(values)), ("company_id", "in", [False, self.env.company.id])]
        return self.env["res.partner"].search(domain).grouped(field)

    def _search_partners_by_number(self, numbers):
        """Return {number: contacts that have it, as their first or as one more}."""
        phones = self.env["crm.phone"].search([("number_sanitized", "in", list(numbers))]) if numbers else ()
        in_company = (False, self.env.company)
        found = self._search_partners("phone_sanitized", numbers)
        for phone in phones:
            partner = phone.partner_id
            if partner.active and (partner.company_id or False) in in_company:
                found[phone.number_sanitized] = found.get(phone.number_sanitized, partner.browse()) | partner
        return found

    def _prefer_person(self, partners):
        """A company and its only person with the same address are not ambiguous: take the person."""
        persons = partners.filtered(lambda partner: not partner.is_company)
        alone = len(persons) == 1 and partners.commercial_partner_id == persons.commercial_partner_id
        return persons if alone else partners

    def _is_doubtful(self, partner, data):
        """Tell whether the channel is strict and not both, address and number, are the contact's."""
        if self._get_policy(data) != "strict":
            return False
        email, number = email_normalize(data["email"]), self._get_number(data)
        known = {partner.phone_sanitized, *partner.crm_phone_ids.mapped("number_sanitized")} - {False}
        other_email = not email or email != partner.email_normalized
        other_number = bool(number and known and number not in known)
        return other_email or other_number

    def _get_ambiguous_error(self, partners):
        names = ", ".join(partners.mapped("display_name"))
        message = (
            self.env._("Several contacts fit: %(names)s. Choose the contact or create a new one.", names=names)
            if len(partners) > 1
            else self.env._("It may be %(names)s. Choose the contact or create a new one.", names=names)
        )
        return JobBlocked(message, "E_AMBIGUOUS", {"candidate_ids": [Command.set(partners.ids)]})

    def _get_nobody_error(self):
        return JobBlocked(
            self.env._("Neither an e-mail address nor a phone number was given. Choose the contact and try again."),
            "E_NO_CONTACT",
        )

    # ------------------------------------------------------------
    # New contacts
    # ------------------------------------------------------------

    def _create_partners(self, data):
        """Make a contact for each submission; the salesperson is told of the lead, not of the contact too."""
        partners = self.env["res.partner"].with_context(mail_auto_subscribe_no_notify=True)
        partners = partners.create([intake._prepare_partner_values(data[intake]) for intake in self])
        for intake, partner in zip(self, partners, strict=True):
            intake.partner_id = partner

    def _create_chosen_partner(self):
        """Make the contact a person asked for, whatever others fit."""
        self.ensure_one()
        intake = self.with_company(self.company_id).with_context(lang=self._get_lang())
        data = intake._prepare_data()
        intake._set_assignee(data)
        intake._create_partners(data)
        return intake.partner_id

    def _prepare_partner_values(self, data):
        """Return the values of a new contact; a hook for verticals."""
        return {
            "name": data["contact_name"] or data["company_name"] or data["email"] or data["phone"],
            "company_name": data["company_name"] if data["contact_name"] else False,
            "is_company": bool(data["company_name"] and not data["contact_name"]),
            "email": data["email"] or False,
            "phone": data["phone"] or False,
            "street": data["street"] or False,
            "zip": data["zip"] or False,
            "city": data["city"] or False,
            "country_id": data["country"].id,
            "vat": False,  # an unchecked number from outside is kept with the answers only
            "lang": self._get_lang(),
            "user_id": self.user_id.id,
        }
