from odoo import api, fields, models
from odoo.tools import SQL

BATCH = 1000


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
    def _claim(self, limit):
        """Take rows out of the queue.

        :return: set of demand ids, set of property ids, number of rows
        """
        rows = self.env.execute_query(
            SQL(
                "DELETE FROM realestate_match_queue WHERE id IN ("
                "SELECT id FROM realestate_match_queue ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)"
                " RETURNING demand_id, property_id",
                limit,
            )
        )
        self.invalidate_model()
        return {row[0] for row in rows} - {None}, {row[1] for row in rows} - {None}, len(rows)

    @api.model
    def _cron_drain(self):
        """Bring the matches of what changed up to date, until nothing is left or the cron's time is over."""
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self.search_count([]))
        while count := self._work_off(BATCH):
            if not cron._commit_progress(count):
                break

    @api.model
    def _work_off(self, limit):
        """Match what some rows stand for.

        :return: number of rows taken out of the queue
        """
        demands, properties, count = self._claim(limit)
        self.env["realestate.match"]._refresh(demand_ids=demands)
        self.env["realestate.match"]._refresh(property_ids=properties)
        return count
