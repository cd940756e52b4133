from odoo import api, fields, models
from odoo.tools import SQL

BATCH = 5000
COPIED = ("relationship_score", "relationship_level_id", "last_interaction_date", "next_contact_date")


class ResPartner(models.Model):
    """How well the company knows a contact. Written at night by SQL: not tracked, ``write_date`` stays."""

    _inherit = "res.partner"

    relationship_score = fields.Integer(readonly=True, copy=False, groups="base.group_user")
    relationship_level_id = fields.Many2one(
        "crm.relationship.level",
        "Relationship",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        groups="base.group_user",
    )
    last_interaction_date = fields.Datetime("Last contact", readonly=True, copy=False, groups="base.group_user")
    next_contact_date = fields.Date(
        "Get in touch by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="base.group_user",
        help="The last contact and the cadence of the relationship's level.",
    )
    crm_relationship_ids = fields.One2many(
        "crm.relationship",
        "partner_id",
        "Who knows the contact",
        domain=[("user_id", "!=", False)],
        readonly=True,
        groups="base.group_user",
    )

    @api.model
    def _cron_recompute_relationships(self):
        """Every night: all scores in one statement, then the contacts that changed, in batches."""
        cron = self.env["ir.cron"]
        self.env["crm.relationship"]._recompute()
        copied, left = BATCH, cron._commit_progress(remaining=1)
        while left and copied == BATCH:
            copied = self._copy_relationships(limit=BATCH)
            left = cron._commit_progress(copied, remaining=int(copied == BATCH))

    def action_plan_call(self):
        """Plan a call to each of these contacts for today; what My day proposes."""
        for partner in self:
            partner.activity_schedule(
                "mail.mail_activity_data_call", summary=self.env._("Get in touch again"), user_id=self.env.uid
            )

    def _recompute_relationships(self):
        """Work out again what is known of these contacts, at once."""
        self.env["crm.relationship"]._recompute(self)
        self._copy_relationships()

    def _copy_relationships(self, limit=None):
        """Copy scores to contacts where they differ: to these, or to everybody's if there are none.

        A contact somebody is writing at this moment waits for the next night.

        :return: how many were written
        """
        self.flush_model(COPIED)
        self.env.cr.execute(
            SQL(
                """
                WITH known AS (
                    SELECT r.partner_id, r.score, r.level_id, r.last_date,
                           (r.last_date + make_interval(days => NULLIF(l.cadence_days, 0)))::date AS next_date
                    FROM crm_relationship r LEFT JOIN crm_relationship_level l ON l.id = r.level_id
                    WHERE r.user_id IS NULL %(only)s
                ),
                changed AS (
                    SELECT p.id, known.* FROM res_partner p JOIN known ON known.partner_id = p.id
                    WHERE (p.relationship_score, p.relationship_level_id, p.last_interaction_date, p.next_contact_date)
                          IS DISTINCT FROM (known.score, known.level_id, known.last_date, known.next_date)
                    %(limit)s
                    FOR NO KEY UPDATE OF p SKIP LOCKED
                )
                UPDATE res_partner p SET relationship_score = c.score, relationship_level_id = c.level_id,
                       last_interaction_date = c.last_date, next_contact_date = c.next_date
                FROM changed c WHERE c.id = p.id
                """,
                only=SQL("AND r.partner_id IN %s", tuple(self.ids)) if self else SQL(),
                limit=SQL("LIMIT %s", limit) if limit else SQL(),
            )
        )
        self.invalidate_model(COPIED)
        return self.env.cr.rowcount
