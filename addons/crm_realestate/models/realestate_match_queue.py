from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_core.tools import conflict

BATCH = 1000
# Demands matched with everything in one transaction: many enough to look through the stock once for all of them, few
# enough for two workers, and for a transaction of seconds.
SHARE = 60000
# So many changes, as after an import, take longer one batch after the other than everything in shares does.
MANY = 5 * BATCH
LAST = 2**31 - 1
CHANGES, SHARES = [("last_demand", "=", 0)], [("last_demand", ">", 0)]


class RealestateMatchQueue(models.Model):
    """Demands and properties that changed since they were last matched.

    Append-only: a change adds a row, and no transaction waits for another. A row that the cron sees
    was committed with the change it stands for; one that comes later is worked off later. With one
    row for each record a change could find it there while the cron, which cannot see that change
    yet, takes it away: the change would be lost.
    """

    _name = "realestate.match.queue"
    _description = "Matches to Bring up to Date"
    _log_access = False
    _order = "id"

    demand_id = fields.Many2one("realestate.demand", index="btree_not_null", ondelete="cascade")
    property_id = fields.Many2one("realestate.property", index="btree_not_null", ondelete="cascade")
    # All demands between two ids: a share of the nightly run
    first_demand = fields.Integer()
    last_demand = fields.Integer()

    @api.model
    def _enqueue(self, records):
        """Have the matches of demands or properties brought up to date after the commit.

        :param records: a recordset of either model
        """
        if not records.ids:
            return
        column = {"realestate.demand": "demand_id", "realestate.property": "property_id"}[records._name]
        self.env.execute_query(
            SQL(
                "INSERT INTO realestate_match_queue (%s) SELECT unnest(%s) RETURNING id",
                SQL.identifier(column),
                list(records.ids),
            )
        )
        cron = self.env.ref("crm_realestate.ir_cron_match_queue", raise_if_not_found=False)
        if cron:
            cron._wake()

    @api.model
    def _claim(self, domain, limit):
        """Take rows out of the queue that no other worker holds.

        :return: [(demand id, property id, first demand, last demand)]
        """
        rows = self.env.execute_query(
            SQL(
                "DELETE FROM realestate_match_queue WHERE id IN (%s FOR UPDATE SKIP LOCKED)"
                " RETURNING demand_id, property_id, first_demand, last_demand",
                self._search(domain, order="id", limit=limit).select(),
            )
        )
        self.invalidate_model()
        return rows

    @api.model
    def _cron_drain(self):
        """Bring the matches of what changed up to date, until nothing is left or the cron's time is over."""
        if conflict.insist(self.env, self._replace_by_shares):
            self._cron_drain_all()
        self._drain(lambda: self._work_off(BATCH), CHANGES)

    @api.model
    def _replace_by_shares(self):
        """Have everything matched instead of what changed, where that is much.

        :return: whether it is
        """
        if self.search_count(CHANGES, limit=MANY) < MANY:
            return False
        self._claim(CHANGES, None)
        self._enqueue_all()
        return True

    @api.model
    def _cron_drain_all(self):
        """Match everything again, in shares that a second worker takes its part of."""
        if not self.search_count(SHARES, limit=1):
            self._enqueue_all()
        self.env.ref("crm_realestate.ir_cron_match_share")._wake()
        self._cron_drain_shares()

    @api.model
    def _cron_drain_shares(self):
        """Match the shares that are left."""
        self._drain(self._work_off_share, SHARES)

    @api.model
    def _enqueue_all(self):
        """Have everything matched again: shares of as many demands each, which leave no match out.

        The first time it is one: that is stored all at once.
        """
        rows = self.env.execute_query(
            SQL(
                """WITH shares (number) AS (SELECT (COUNT(*) / %s + 1)::integer FROM realestate_demand)
                SELECT MIN(id) FROM (
                    SELECT id, NTILE((SELECT number FROM shares)) OVER (ORDER BY id) FROM realestate_demand
                ) d GROUP BY ntile ORDER BY ntile""",
                LAST if self.env["realestate.match"]._is_first() else SHARE,
            )
        )
        starts = [0, *(first for (first,) in rows[1:])]
        ends = [*(first - 1 for first in starts[1:]), LAST]
        self.create([{"first_demand": first, "last_demand": last} for first, last in zip(starts, ends, strict=True)])

    @api.model
    def _drain(self, work_off, domain):
        """Work off and commit, until nothing is left or the cron's time is over.

        :param work_off: takes rows out of the queue, does what they stand for and returns how many
        :param domain: of these rows
        """
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self.search_count(domain))
        while count := conflict.insist(self.env, work_off):
            if not cron._commit_progress(count):
                break

    @api.model
    def _work_off(self, limit):
        """Match what some rows stand for.

        :return: number of rows taken out of the queue
        """
        rows = self._claim(CHANGES, limit)
        demands, properties = ({row[side] for row in rows} - {None} for side in (0, 1))
        self.env["realestate.match"]._refresh(demand_ids=demands)
        self.env["realestate.match"]._refresh(property_ids=properties)
        return len(rows)

    @api.model
    def _work_off_share(self):
        """Match one share of all demands.

        :return: 1, or 0 if none is left
        """
        rows = self._claim(SHARES, 1)
        for _demand, _property, *share in rows:
            self.env["realestate.match"]._refresh(share=share)
        return len(rows)
