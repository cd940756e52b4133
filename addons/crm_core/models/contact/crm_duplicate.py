from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# From this similarity of two names on (pg_trgm: shared groups of three letters), people look twice.
LEAST_SIMILARITY = 0.6
# What more contacts than this share says nothing: the exchange of a big company, a first name in a city.
MOST_SHARING = {"email": 10, "phone": 10, "vat": 10, "name": 60}
# Worn down to one letter each, so that accents and legal forms make no difference.
ACCENTED, PLAIN = "áàâäãåæçéèêëíìîïñóòôöõøúùûüýÿ", "aaaaaaaceeeeiiiinoooooouuuuyy"
LEGAL_FORMS = r"\m(slu|sl|sau|sa|ltd|limited|inc|llc|gmbh|ag|kg|bv|nv|srl|spa|sarl|sas|lda)\M"


class CrmDuplicate(models.Model):
    """Two contacts that may be the same: to be merged by a person, or said to be two.

    Found at night in one statement: contacts are compared only with those they share an e-mail address, a number, a
    VAT number, or a town and the beginning of a word of the name with.
    """

    _name = "crm.duplicate"
    _description = "Suspected Duplicate"
    _order = "score desc, id"
    _rec_name = "partner_id"
    _log_access = False

    partner_id = fields.Many2one("res.partner", "Contact", required=True, index=True, readonly=True, ondelete="cascade")
    other_id = fields.Many2one(
        "res.partner", "Perhaps the same", required=True, index=True, readonly=True, ondelete="cascade"
    )
    same_email = fields.Boolean("Same e-mail", readonly=True)
    same_phone = fields.Boolean(readonly=True)
    same_vat = fields.Boolean("Same tax number", readonly=True)
    similarity = fields.Float("Similar name and town", readonly=True, digits=(3, 2))
    score = fields.Integer("Certainty", readonly=True, help="0 to 100: how much speaks for one person.")
    reason = fields.Char("Why", compute="_compute_reason")
    partner_email = fields.Char(related="partner_id.email", string="E-mail")
    other_email = fields.Char(related="other_id.email", string="Other e-mail")
    state = fields.Selection(
        [("suspected", "To be decided"), ("dismissed", "Not the same")],
        default="suspected",
        required=True,
        readonly=True,
    )

    _once = models.UniqueIndex("(partner_id, other_id)")
    _ordered = models.Constraint("CHECK(partner_id < other_id)")

    @api.depends("same_email", "same_phone", "same_vat", "similarity")
    def _compute_reason(self):
        for pair in self:
            pair.reason = ", ".join(pair._get_reasons())

    def _get_reasons(self):
        """Return what speaks for one person, in words."""
        self.ensure_one()
        said = (self.same_email, self.same_phone, self.same_vat, self.similarity)
        return [text for true, text in zip(said, self._get_reason_labels(), strict=True) if true]

    @api.model
    def _get_reason_labels(self):
        """Return the words for what two contacts can share: e-mail, phone, tax number, name and town."""
        return [
            self.env._("same e-mail"),
            self.env._("same phone"),
            self.env._("same tax number"),
            self.env._("similar name and town"),
        ]

    # ------------------------------------------------------------
    # Deciding
    # ------------------------------------------------------------

    def action_merge(self):
        """Open the merge of the two, with what each of them says."""
        self.ensure_one()
        partners = (self.partner_id + self.other_id).exists()
        if len(partners) < 2:
            raise UserError(self.env._("One of these contacts is gone already. Reload the list."))
        return self._open_merge(partners)

    @api.model
    def _open_merge(self, partners):
        action = self.env["ir.actions.act_window"]._for_xml_id("base.action_partner_merge")
        action["context"] = {"active_model": "res.partner", "active_ids": partners.ids}
        return action

    def action_dismiss(self):
        """Say for good that these are two."""
        # sudo: whoever may see both contacts may say so; nothing else of the pair can be written.
        self.check_access("read")
        self.sudo().state = "dismissed"

    def action_suspect(self):
        """Put them back into the queue."""
        self.check_access("read")
        # sudo: as in :meth:`action_dismiss`.
        self.sudo().state = "suspected"

    @api.model
    def _dismiss(self, partner, others):
        """Say for good that a contact is none of some others, known as pairs or not."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_duplicate (partner_id, other_id, state, score)
                SELECT least(id, %(one)s), greatest(id, %(one)s), 'dismissed', 0 FROM res_partner WHERE id IN %(others)s
                ON CONFLICT (partner_id, other_id) DO UPDATE SET state = 'dismissed'
                """,
                one=partner.id,
                others=tuple(others.ids),
            )
        )
        self.invalidate_model()

    @api.model
    def _move(self, src_partners, dst_partner):
        """Before a merge: what was said about the losers holds for the one who stays; a "not the same" wins."""
        self.env.cr.execute(
            SQL(
                """
                WITH gone AS (
                    DELETE FROM crm_duplicate WHERE partner_id IN %(src)s OR other_id IN %(src)s RETURNING *
                ),
                moved AS (
                    SELECT *, CASE WHEN partner_id IN %(src)s THEN other_id ELSE partner_id END AS third FROM gone
                )
                INSERT INTO crm_duplicate
                    (partner_id, other_id, same_email, same_phone, same_vat, similarity, score, state)
                SELECT DISTINCT ON (third) least(third, %(dst)s), greatest(third, %(dst)s),
                       same_email, same_phone, same_vat, similarity, score, state
                FROM moved WHERE third <> %(dst)s AND third NOT IN %(src)s ORDER BY third, state
                ON CONFLICT (partner_id, other_id) DO UPDATE SET state = least(crm_duplicate.state, excluded.state)
                """,
                src=tuple(src_partners.ids),
                dst=dst_partner.id,
            )
        )

    # ------------------------------------------------------------
    # Finding
    # ------------------------------------------------------------

    @api.model
    def _cron_scan(self):
        """Find the pairs of the night."""
        self._scan()

    @api.model
    def _scan(self):
        """Find all suspected pairs, in one statement; those that are none any more go, decisions stay.

        Names are compared with PostgreSQL's ``pg_trgm`` where the database has it (the host makes the extension when
        it may); without it, names count when they have the same words.

        :return: the number of pairs to be decided
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH pair AS MATERIALIZED (%(pairs)s),
                gone AS (
                    DELETE FROM crm_duplicate d WHERE state = 'suspected' AND NOT EXISTS (
                        SELECT 1 FROM pair WHERE pair.id = d.partner_id AND pair.other = d.other_id
                    )
                )
                INSERT INTO crm_duplicate AS d
                    (partner_id, other_id, same_email, same_phone, same_vat, similarity, score, state)
                SELECT id, other, email, phone, vat, similarity,
                       least(100, 45 * email::int + 35 * phone::int + 50 * vat::int + round(40 * similarity)),
                       'suspected'
                FROM pair
                ON CONFLICT (partner_id, other_id) DO UPDATE SET
                    same_email = excluded.same_email, same_phone = excluded.same_phone, same_vat = excluded.same_vat,
                    similarity = excluded.similarity, score = excluded.score
                WHERE d.state = 'suspected' AND d.score <> excluded.score
                """,
                pairs=self._get_pairs(),
            )
        )
        self.invalidate_model()
        return self.search_count([("state", "=", "suspected")])

    @api.model
    def _get_pairs(self):
        """Return the SQL of the pairs: id, other, email, phone, vat, similarity."""
        return SQL(
            """
            WITH person AS MATERIALIZED (%(persons)s),
            key (id, kind, value) AS (%(keys)s),
            block AS (
                SELECT *, count(*) OVER (PARTITION BY kind, value) AS sharing FROM (SELECT DISTINCT * FROM key) AS k
            ),
            rare AS (
                SELECT b.id, b.kind, b.value FROM block b JOIN (VALUES %(most)s) AS m (kind, most) USING (kind)
                WHERE b.sharing BETWEEN 2 AND m.most
            ),
            near AS (
                SELECT a.id, b.id AS other, bool_or(kind = 'email') AS email, bool_or(kind = 'phone') AS phone,
                       bool_or(kind = 'vat') AS vat, bool_or(kind = 'name') AS town
                FROM rare a JOIN rare b USING (kind, value) WHERE a.id < b.id GROUP BY 1, 2
            ),
            compared AS (
                SELECT near.*, a.entity = b.entity AS related, %(similarity)s AS alike
                FROM near JOIN person a ON a.id = near.id JOIN person b ON b.id = near.other
                WHERE (a.company_id = b.company_id OR a.company_id IS NULL OR b.company_id IS NULL)
                  AND a.is_company = b.is_company AND a.id <> b.entity AND b.id <> a.entity
            )
            SELECT id, other, email, phone, vat AND NOT related AS vat,
                   CASE WHEN alike >= %(least)s AND (town OR email OR phone) THEN alike ELSE 0 END AS similarity
            FROM compared
            WHERE alike >= %(least)s AND (town OR email OR phone) OR NOT related AND (email OR phone OR vat)
            """,
            persons=self._get_persons(),
            keys=self._get_keys(),
            most=SQL(", ").join(SQL("(%s, %s)", *pair) for pair in MOST_SHARING.items()),
            similarity=self._get_similarity(SQL("a.name"), SQL("b.name")),
            least=LEAST_SIMILARITY,
        )

    @api.model
    def _get_persons(self):
        """Return the contacts that are compared: no addresses, no colleagues."""
        return SQL(
            """
            SELECT id, commercial_partner_id AS entity, COALESCE(is_company, FALSE) AS is_company, company_id,
                   NULLIF(email_normalized, '') AS email, phone_sanitized AS phone, %s AS vat, %s AS name, %s AS town
            FROM res_partner
            WHERE active AND partner_share AND (type = 'contact' OR type IS NULL OR is_company) AND name IS NOT NULL
            """,
            self._get_plain_vat(SQL("vat")),
            self._get_plain_name(SQL("name")),
            self._get_plain_name(SQL("city")),
        )

    @api.model
    def _get_keys(self):
        """Return what two contacts must share to be compared."""
        # One word in another form must not hide a pair: its beginning is enough; without trigrams all words count.
        if self.env.registry.has_trigram:
            words, beginning = SQL("regexp_split_to_table(p.name, ' ') AS word"), SQL("left(word, 4)")
        else:
            words, beginning = SQL("LATERAL (SELECT %s AS word) AS words", self._get_words(SQL("p.name"))), SQL("word")
        return SQL(
            """
            SELECT id, 'email', email FROM person WHERE email IS NOT NULL
            UNION ALL SELECT id, 'phone', phone FROM person WHERE phone IS NOT NULL
            UNION ALL SELECT p.id, 'phone', n.number_sanitized FROM person p JOIN crm_phone n ON n.partner_id = p.id
                      WHERE n.number_sanitized IS NOT NULL
            UNION ALL SELECT id, 'vat', vat FROM person WHERE length(vat) > 4
            UNION ALL SELECT p.id, 'name', p.town || ' ' || %s FROM person p, %s WHERE p.town <> '' AND length(word) > 2
            """,
            beginning,
            words,
        )

    @api.model
    def _get_similarity(self, one, other):
        """Return the SQL of how much two plain names are alike, 0 to 1."""
        if self.env.registry.has_trigram:
            return SQL("similarity(%s, %s)", one, other)
        return SQL("(%s = %s)::int", self._get_words(one), self._get_words(other))

    @api.model
    def _get_words(self, name):
        """Return the SQL of the words of a plain name in the order of the alphabet."""
        return SQL("(SELECT string_agg(w, ' ' ORDER BY w) FROM regexp_split_to_table(%s, ' ') AS w)", name)

    @api.model
    def _get_plain_name(self, name):
        """Return the SQL of a name in plain small letters, without punctuation and legal form."""
        letters = SQL("translate(lower(replace(COALESCE(%s, ''), '.', '')), %s, %s)", name, ACCENTED, PLAIN)
        words = SQL("regexp_replace(%s, '[^[:alnum:]]+', ' ', 'g')", letters)
        return SQL("trim(regexp_replace(%s, %s, '', 'g'))", words, LEGAL_FORMS)

    @api.model
    def _get_plain_vat(self, vat):
        return SQL("regexp_replace(upper(COALESCE(%s, '')), '[^A-Z0-9]', '', 'g')", vat)
