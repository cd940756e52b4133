import re

from odoo import api, fields, models
from odoo.fields import Domain

from ...tools.payload import clean_line

# Between two numbers in a list that another program exported.
SEPARATOR = " | "
# What a person types when looking for a number: at least five digits and the usual signs.
NUMBER = re.compile(r"[\s+()./\-\d]+")
LEAST_DIGITS = 5


class ResPartner(models.Model):
    _inherit = "res.partner"

    crm_phone_ids = fields.One2many("crm.phone", "partner_id", "More numbers", groups="base.group_user")
    # The host looks for it often (every call, every enquiry) and does not index it.
    phone_sanitized = fields.Char(index="btree_not_null")

    # ------------------------------------------------------------
    # "a | b" in one cell of an import
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Keep the first of several numbers in ``phone``, the others as numbers of their own."""
        split = [self._split_phone(vals) for vals in vals_list]
        partners = super().create([vals for vals, _more in split])
        partners._add_phones({partner.id: more for partner, (_vals, more) in zip(partners, split, strict=True) if more})
        return partners

    def write(self, vals):
        """As in :meth:`create`."""
        vals, more = self._split_phone(vals)
        result = super().write(vals)
        if more:
            self._add_phones(dict.fromkeys(self.ids, more))
        return result

    @api.model
    def _split_phone(self, vals):
        """Return the values with one number at most, and the list of the others."""
        vals = self._clean_lines(vals)
        numbers = vals.get("phone")
        if not isinstance(numbers, str) or SEPARATOR not in numbers:
            return vals, []
        first, *more = list(filter(None, map(str.strip, numbers.split(SEPARATOR)))) or [False]
        return {**vals, "phone": first}, more

    @api.model
    def _clean_lines(self, vals):
        """Take out what does not belong on one line: a line break in an address is how mail headers are forged."""
        lines = {name: vals[name] for name in ("email", "phone") if isinstance(vals.get(name), str)}
        dirty = {name: clean_line(text, len(text)) for name, text in lines.items() if not text.isprintable()}
        return {**vals, **dirty} if dirty else vals

    @api.model
    def _add_phones(self, numbers_by_id):
        """Add numbers to contacts, leaving out those they have; two queries for all of them.

        :param numbers_by_id: {id of the contact: list of numbers}
        :return: the new ``crm.phone``
        """
        partners = self.browse(numbers_by_id)
        # sudo: whoever may write the contact may write its numbers.
        phones = self.env["crm.phone"].sudo()
        known = {partner.id: {partner.phone, partner.phone_sanitized} for partner in partners.sudo()}
        for phone in phones.search([("partner_id", "in", partners.ids)]):
            known[phone.partner_id.id] |= {phone.number, phone.number_sanitized}
        wanted = []
        for partner in partners:
            for number in numbers_by_id[partner.id]:
                if not {number, partner._phone_format(number=number) or number} & known[partner.id]:
                    known[partner.id].add(number)
                    wanted.append({"partner_id": partner.id, "number": number, "kind": "other"})
        return phones.create(wanted).sudo(False)

    # ------------------------------------------------------------
    # Finding a contact by any of its numbers
    # ------------------------------------------------------------

    @api.model
    def _crm_match_phone(self, number, country=None, domain=None):
        """Return every contact that has this number: none, one or several.

        :param number: as the other side wrote it or the exchange sent it
        :param country: the ``res.country`` of a national number, by default the company's
        :param domain: what the contacts must fulfil besides
        :return: the ``res.partner`` the user may see
        """
        sanitized = number and self.env["crm.phone"]._phone_format(number=number, country=country)
        if not sanitized:
            return self.browse()
        # Two questions: PostgreSQL cannot use both indexes when one is in a subquery.
        more = self.env["crm.phone"].search([("number_sanitized", "=", sanitized)]).partner_id
        found = Domain("phone_sanitized", "=", sanitized) | Domain("id", "in", more.ids)
        return self.search(found & Domain(domain or Domain.TRUE))

    @api.model
    def _search_display_name(self, operator, value):
        """Find contacts by a number as well, once enough of it was typed."""
        domain = super()._search_display_name(operator, value)
        if operator in ("like", "ilike") and self._is_number(value):
            return Domain(domain) | Domain("phone_mobile_search", "ilike", value)
        return domain

    def _search_phone_mobile_search(self, operator, value):
        """Look in the additional numbers too."""
        domain = super()._search_phone_mobile_search(operator, value)
        if operator in ("=", "like", "ilike", "=like", "=ilike") and isinstance(value, str) and value.strip():
            return Domain(domain) | Domain("crm_phone_ids", "any", self._get_phone_domain(operator, value))
        return domain

    @api.model
    def _get_phone_domain(self, operator, value):
        """Return the domain on ``crm.phone`` of a number typed in a search box, whole or in part."""
        phones = self.env["crm.phone"]
        domain = Domain("number", operator, value)
        whole = phones._phone_format(number=value)
        if whole:
            domain |= Domain("number_sanitized", "=", whole)
        digits = re.sub(r"\D", "", re.sub(r"^\s*00", "", value))
        if "like" in operator and digits:
            domain |= Domain("number_sanitized", "like", digits)
        return domain

    @api.model
    def _is_number(self, text):
        """Tell whether a text looks like a telephone number or a good part of one."""
        if not isinstance(text, str) or not NUMBER.fullmatch(text):
            return False
        return sum(map(str.isdigit, text)) >= LEAST_DIGITS
