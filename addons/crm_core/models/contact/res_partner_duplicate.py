from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize

from .crm_duplicate import ACCENTED, LEAST_SIMILARITY, PLAIN

SHOWN = 5
# While somebody types, a name is compared with so many of the same town and beginning at most.
MOST_COMPARED = 2000


class ResPartner(models.Model):
    """Whoever may be there already is shown while one types; nothing is blocked."""

    _inherit = "res.partner"

    # Looked for at every enquiry and for every new contact; the host does not index it.
    email_normalized = fields.Char(index="btree_not_null")
    duplicate_partner_ids = fields.Many2many(
        "res.partner", string="Possible duplicates", compute="_compute_duplicate_partner_ids"
    )
    duplicate_hint = fields.Char("Why", compute="_compute_duplicate_partner_ids")

    # In the words of :meth:`_get_beginning`.
    _crm_town_and_name_idx = models.Index(
        f"(lower(city), left(translate(lower(name), '{ACCENTED}', '{PLAIN}'), 3)) WHERE active AND city IS NOT NULL"
    )

    @api.depends("email", "phone", "vat", "name", "city", "parent_id", "crm_phone_ids.number")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_duplicate_partner_ids(self):
        asked = {partner: partner._get_duplicate_question() for partner in self}
        found = self._find_duplicates(list(asked.values()))
        pairs = self._get_known_pairs()
        for partner, answers in zip(asked, found, strict=True):
            suspected, dismissed, reasons = pairs.get(partner._origin.id, (self.browse(), self.browse(), []))
            answers = {
                reason: (others - dismissed).filtered(lambda other, partner=partner: partner._may_be(other))
                for reason, others in answers.items()
            }
            others = self.browse().union(*answers.values()) | suspected
            partner.duplicate_partner_ids = others[:SHOWN]
            partner.duplicate_hint = ", ".join(dict.fromkeys(filter(answers.get, answers)) | dict.fromkeys(reasons))

    def _get_duplicate_question(self):
        """Return what is looked for, see :meth:`_find_duplicates`.

        Who is saved is compared by name at night; while somebody types, at once.
        """
        self.ensure_one()
        return {
            "email": self.email,
            "phones": [self.phone, *self.sudo().crm_phone_ids.mapped("number")],
            "vat": self.vat,
            "name": self.name if not self.id else False,
            "city": self.city,
            "country": self.country_id,
        }

    def _may_be(self, other):
        """Leave out a contact's own company and colleagues: they share numbers and the VAT number."""
        entity = self.parent_id.commercial_partner_id or self._origin.commercial_partner_id
        return other != self._origin and (not entity or other.commercial_partner_id != entity._origin)

    def _get_known_pairs(self):
        """Return {id: (suspected, dismissed, reasons)} of the pairs found at night."""
        ids = self._origin.ids
        known = {}
        if not ids:
            return known
        for pair in self.env["crm.duplicate"].search(Domain("partner_id", "in", ids) | Domain("other_id", "in", ids)):
            for one, other in ((pair.partner_id, pair.other_id), (pair.other_id, pair.partner_id)):
                suspected, dismissed, reasons = known.get(one.id, (self.browse(), self.browse(), []))
                if pair.state == "suspected":
                    known[one.id] = (suspected | other, dismissed, reasons + pair._get_reasons())
                else:
                    known[one.id] = (suspected, dismissed | other, reasons)
        return known

    @api.model
    def _find_duplicates(self, questions):
        """Return who may be there already; a fixed number of queries, as the user.

        :param questions: list of dicts: ``email``, ``phones`` (list), ``vat``, ``name`` and ``city`` (only looked for
            together), ``country`` (``res.country`` of the numbers); any may be empty
        :return: list of dicts {reason in words: ``res.partner``}, in the order of the questions
        """
        cleaned = [self._clean_duplicate_question(question) for question in questions]
        emails = self._find_duplicates_by("email_normalized", [email for email, _phones, _vat in cleaned])
        phones = self._find_duplicates_by_phone([number for _email, numbers, _vat in cleaned for number in numbers])
        vats = self._find_duplicates_by("vat", [vat for _email, _phones, vat in cleaned])
        labels = self.env["crm.duplicate"]._get_reason_labels()
        result = []
        for (email, numbers, vat), question in zip(cleaned, questions, strict=True):
            answers = [
                emails.get(email, self.browse()),
                self.browse().union(*(phones.get(number, self.browse()) for number in numbers)),
                vats.get(vat, self.browse()),
                self._find_duplicates_by_name(question),
            ]
            result.append({label: found for label, found in zip(labels, answers, strict=True) if found})
        return result

    @api.model
    def _clean_duplicate_question(self, question):
        phones = self.env["crm.phone"]
        numbers = [phones._phone_format(number=n, country=question.get("country")) for n in question["phones"] if n]
        vat = (question["vat"] or "").strip()
        return email_normalize(question["email"] or ""), list(filter(None, numbers)), vat if len(vat) > 4 else False

    @api.model
    def _find_duplicates_by(self, field, values):
        values = list(filter(None, values))
        return self.search([(field, "in", values)], limit=100).grouped(field) if values else {}

    @api.model
    def _find_duplicates_by_phone(self, numbers):
        """Return {number: contacts}, the additional numbers included."""
        if not numbers:
            return {}
        found = dict(self.search([("phone_sanitized", "in", numbers)], limit=100).grouped("phone_sanitized"))
        for phone in self.env["crm.phone"].search([("number_sanitized", "in", numbers)], limit=100):
            found[phone.number_sanitized] = found.get(phone.number_sanitized, self.browse()) | phone.partner_id
        return found

    @api.model
    def _find_duplicates_by_name(self, question):
        """Return contacts of the same town with a similar name that begins alike; the others are found at night."""
        if not question.get("name") or not question.get("city"):
            return self.browse()
        duplicates, name = self.env["crm.duplicate"], SQL("%s", question["name"])
        plain = duplicates._get_plain_name
        self.flush_model(["active", "name", "city"])
        self.env.cr.execute(
            SQL(
                """
                SELECT id FROM (
                    SELECT id, name FROM res_partner
                    WHERE active AND city IS NOT NULL AND lower(city) = lower(%(city)s) AND %(begins)s = %(beginning)s
                    LIMIT %(compared)s
                ) AS near WHERE %(similarity)s >= %(least)s ORDER BY %(similarity)s DESC, id LIMIT %(shown)s
                """,
                city=question["city"],
                begins=self._get_beginning(SQL("name")),
                beginning=self._get_beginning(name),
                compared=MOST_COMPARED,
                similarity=duplicates._get_similarity(plain(SQL("name")), plain(name)),
                least=LEAST_SIMILARITY,
                shown=SHOWN,
            )
        )
        # What was found without the user's rights is seen with them.
        return self.search([("id", "in", [row[0] for row in self.env.cr.fetchall()])])

    @api.model
    def _get_beginning(self, name):
        """Return the SQL of how a name begins, in the very words of the index, which knows no parameters."""
        return SQL(f"left(translate(lower(%s), '{ACCENTED}', '{PLAIN}'), 3)", name)

    # ------------------------------------------------------------
    # Actions of the banner
    # ------------------------------------------------------------

    def action_merge_duplicates(self):
        """Open the merge with the first two of the possible duplicates: the host merges three at a time."""
        self.ensure_one()
        return self.env["crm.duplicate"]._open_merge(self + self.duplicate_partner_ids[:2])

    def action_dismiss_duplicates(self):
        """Say for good that this contact is none of those shown."""
        self.ensure_one()
        self.check_access("write")
        self.env["crm.duplicate"]._dismiss(self, self.duplicate_partner_ids)
        self.invalidate_model(["duplicate_partner_ids", "duplicate_hint"])
