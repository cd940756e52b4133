from odoo import api, fields, models
from odoo.tools import SQL

from ...tools import lifecycle
from .crm_lifecycle_change import STAGES

BATCH = 5000


class ResPartner(models.Model):
    """The life cycle lives on the commercial entity; events move it, see ``tools/lifecycle.py``."""

    _inherit = "res.partner"

    lifecycle_stage = fields.Selection(
        STAGES, "Life cycle", index="btree_not_null", copy=False, groups="base.group_user"
    )
    lifecycle_date = fields.Datetime("In this stage since", copy=False, readonly=True, groups="base.group_user")
    lifecycle_change_ids = fields.One2many(
        "crm.lifecycle.change", "partner_id", "Life cycle so far", readonly=True, groups="base.group_user"
    )
    commercial_lifecycle_stage = fields.Selection(
        related="commercial_partner_id.lifecycle_stage", string="Life cycle of the company", groups="base.group_user"
    )

    # ------------------------------------------------------------
    # By hand
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Remember who set the first stage."""
        partners = super().create(vals_list)
        if any(vals.get("lifecycle_stage") for vals in vals_list):
            partners.filtered("lifecycle_stage")._record_lifecycle(dict.fromkeys(partners.ids))
        return partners

    def write(self, vals):
        """Remember every change: what goes back does not go silently."""
        if "lifecycle_stage" not in vals:
            return super().write(vals)
        before = {partner.id: partner.lifecycle_stage for partner in self}
        result = super().write(vals)
        changed = self.filtered(lambda partner: partner.lifecycle_stage != before[partner.id])
        changed._record_lifecycle(before)
        return result

    def _record_lifecycle(self, before):
        """Append to the history; the event is in the context, by default somebody's hand.

        :param before: {id of the contact: stage before}
        """
        now, event = fields.Datetime.now(), self.env.context.get("crm_core_lifecycle_event", "manual")
        self.lifecycle_date = now
        # sudo: whoever may change the stage writes its history, and nobody else does.
        self.env["crm.lifecycle.change"].sudo().create(
            [
                {
                    "partner_id": partner.id,
                    "from_stage": before[partner.id],
                    "to_stage": partner.lifecycle_stage,
                    "event": event,
                    "date": now,
                    "user_id": self.env.uid,
                }
                for partner in self
            ]
        )

    # ------------------------------------------------------------
    # By events
    # ------------------------------------------------------------

    def _on_lifecycle_event(self, event):
        """Tell that something happened with these contacts; moves their companies where it leads to.

        :param event: ``lead``, ``quote``, ``order``, ``case``, ``lost`` or ``silence``
        :return: the companies (and persons on their own) that moved
        """
        # sudo: whoever confirms a quote or opens a case need not have rights on the contact.
        entities = self.sudo().commercial_partner_id
        before = entities._get_stages_before_silence()
        moves = {}
        for partner in entities:
            target = lifecycle.next_stage(partner.lifecycle_stage, event, before.get(partner.id))
            if target and target != partner.lifecycle_stage:
                moves.setdefault(target, []).append(partner.id)
        for target, ids in moves.items():
            moved = entities.browse(ids).with_context(crm_core_lifecycle_event=event, tracking_disable=True)
            moved.write({"lifecycle_stage": target})
        return self.browse(sum(moves.values(), []))

    def _get_stages_before_silence(self):
        """Return {id: stage} of the dormant ones among these."""
        dormant = self.filtered(lambda partner: partner.lifecycle_stage == "dormant")
        if not dormant:
            return {}
        changes = self.env["crm.lifecycle.change"].search(
            [("partner_id", "in", dormant.ids), ("to_stage", "=", "dormant")], order="date, id"
        )
        return {change.partner_id.id: change.from_stage for change in changes}

    # ------------------------------------------------------------
    # What nobody told: found in one statement
    # ------------------------------------------------------------

    @api.model
    def _cron_advance_lifecycles(self):
        """Move everybody whom something happened to, in batches."""
        cron = self.env["ir.cron"]
        moved = BATCH
        while moved == BATCH:
            moved = self._advance_lifecycles(BATCH)
            if not cron._commit_progress(moved, remaining=int(moved == BATCH)):
                break

    @api.model
    def _advance_lifecycles(self, limit=None):
        """Move contacts by what the tables say; as the events do, whatever made the rows.

        No ``write_date`` changes and nothing is tracked. What somebody decided by hand, and whoever was lost or
        silent, only moves by what happened afterwards.

        :return: how many moved
        """
        self.env.flush_all()
        facts = SQL(" UNION ALL ").join(self._get_lifecycle_facts())
        table = SQL(", ").join(SQL("(%s, %s, %s, %s)", *row) for row in lifecycle.rows())
        self.env.cr.execute(
            SQL(
                """
                WITH fact AS (%(facts)s),
                way (event, stage, target, rank) AS (VALUES %(table)s),
                standing AS (
                    SELECT p.id, p.lifecycle_stage AS stage, p.lifecycle_date AS since, last.*,
                           CASE p.lifecycle_stage WHEN 'dormant' THEN last.from_stage ELSE p.lifecycle_stage END AS base
                    FROM res_partner p LEFT JOIN LATERAL (
                        SELECT c.event AS last_event, c.from_stage FROM crm_lifecycle_change c
                        WHERE c.partner_id = p.id ORDER BY c.date DESC, c.id DESC LIMIT 1
                    ) last ON p.lifecycle_stage IS NOT NULL
                    WHERE p.active AND p.partner_share AND p.id IN (SELECT partner_id FROM fact)
                ),
                move AS (
                    SELECT DISTINCT ON (s.id) s.id, s.stage, fact.event, fact.date,
                           COALESCE(way.target, s.base) AS target
                    FROM standing s JOIN fact ON fact.partner_id = s.id
                    LEFT JOIN way ON way.event = fact.event AND way.stage IS NOT DISTINCT FROM s.base
                    WHERE COALESCE(way.target, s.base) IS DISTINCT FROM s.stage
                      AND COALESCE(way.target, s.base) IS NOT NULL
                      AND NOT (s.stage = 'dormant' AND fact.event IN %(quiet)s)
                      AND (s.since IS NULL OR fact.date > s.since
                           OR s.stage NOT IN ('dormant', 'lost') AND s.last_event <> 'manual')
                    ORDER BY s.id, COALESCE(way.rank, 0) DESC, fact.date DESC
                    %(limit)s
                ),
                free AS (
                    SELECT p.id FROM res_partner p JOIN move USING (id) FOR NO KEY UPDATE OF p SKIP LOCKED
                ),
                moved AS (
                    UPDATE res_partner p SET lifecycle_stage = move.target, lifecycle_date = move.date
                    FROM move JOIN free USING (id) WHERE p.id = move.id
                    RETURNING p.id, move.stage, move.target, move.event, move.date
                )
                INSERT INTO crm_lifecycle_change (partner_id, from_stage, to_stage, event, date, create_date)
                SELECT id, stage, target, event, date, now() AT TIME ZONE 'UTC' FROM moved
                """,
                facts=facts,
                table=table,
                quiet=lifecycle.QUIET,
                limit=SQL("LIMIT %s", limit) if limit else SQL(),
            )
        )
        moved = self.env.cr.rowcount
        self.env["res.partner"].invalidate_model(["lifecycle_stage", "lifecycle_date", "lifecycle_change_ids"])
        return moved

    @api.model
    def _get_lifecycle_facts(self):
        """Return what happened to commercial entities; a hook: add yours and call super.

        :return: list of ``SQL`` SELECT of (partner_id: the commercial entity, event, date: UTC)
        """
        closed, quoted = SQL("COALESCE(x.date_closed, x.write_date)"), SQL("x.state IN ('sent', 'sale')")
        all_lost = SQL("bool_and(x.won_status = 'lost')")
        return [
            self._get_fact("lead", "crm_lead", SQL("x.create_date"), SQL("x.won_status = 'pending'")),
            self._get_fact("quote", "sale_order", SQL("x.create_date"), quoted),
            self._get_fact("order", "sale_order", SQL("x.date_order"), SQL("x.state = 'sale'")),
            self._get_fact("order", "crm_lead", closed, SQL("x.won_status = 'won'")),
            self._get_fact("lost", "crm_lead", closed, self._get_no_quote(), having=all_lost),
            *self._get_silence_facts(),
        ]

    @api.model
    def _get_fact(self, event, table, date, condition, having=None):
        """Return the SELECT of one event: the last row ``x`` of a table with a contact, for each commercial entity."""
        return SQL(
            "SELECT p.commercial_partner_id AS partner_id, %s AS event, max(%s) AS date"
            " FROM %s x JOIN res_partner p ON p.id = x.partner_id WHERE %s GROUP BY 1 HAVING %s",
            event,
            date,
            SQL.identifier(table),
            condition,
            having or SQL("TRUE"),
        )

    @api.model
    def _get_no_quote(self):
        return SQL(
            """
            NOT EXISTS (
                SELECT 1 FROM sale_order o JOIN res_partner q ON q.id = o.partner_id
                WHERE q.commercial_partner_id = p.commercial_partner_id AND o.state <> 'cancel'
            )
            """
        )

    @api.model
    def _get_silence_facts(self):
        """Return the entities nobody heard of for so many days; 0 switches it off."""
        days = self.env["ir.config_parameter"].sudo().get_param("crm_core.lifecycle_silence_days", "365")
        if not days.isdigit() or not int(days):
            return []
        since = fields.Datetime.subtract(fields.Datetime.now(), days=int(days))
        recent = SQL(
            """
            SELECT 1 FROM res_partner q WHERE q.commercial_partner_id = p.id AND (
                q.last_interaction_date >= %(since)s
                OR EXISTS (SELECT 1 FROM crm_lead l WHERE l.partner_id = q.id AND l.create_date >= %(since)s)
                OR EXISTS (SELECT 1 FROM sale_order o WHERE o.partner_id = q.id AND o.date_order >= %(since)s)
            )
            """,
            since=since,
        )
        return [
            SQL(
                "SELECT p.id, 'silence', %s FROM res_partner p WHERE p.lifecycle_stage IN %s AND p.lifecycle_date < %s"
                " AND NOT EXISTS (%s)",
                fields.Datetime.now(),
                lifecycle.FORWARD,
                since,
                recent,
            )
        ]
