from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryFile

import psycopg2

from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

# From so many demands on; fewer are stored in a moment.
MANY = 10000
# So long we wait for everybody to let go of the tables, and they for us.
PATIENCE = "500ms"
# Somebody works with the tables, or added or deleted meanwhile what we cannot see.
OTHERS = (
    psycopg2.errors.LockNotAvailable,
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.UniqueViolation,
    psycopg2.errors.ForeignKeyViolation,
)


class RealestateMatch(models.Model):
    """The first matches of many demands, stored without foreign keys and indexes, which are made at the end.

    Row by row, those cost more than all the rest; made at once, next to nothing. It is what the manual of PostgreSQL
    says of filling an empty table ("Populating a Database"), in one transaction: others see all of it or nothing.
    """

    _inherit = "realestate.match"

    @api.model
    def _is_first(self):
        """Tell whether nothing is matched yet, of a stock large enough to be stored all at once."""
        query = SQL("SELECT COUNT(*) >= %s AND NOT EXISTS (SELECT FROM realestate_match) FROM realestate_demand", MANY)
        return self.env.execute_query(query)[0][0]

    @api.model
    def _store_first(self, share):
        """Find what fits and store it in the empty table.

        Where somebody works with properties or demands at this moment, row by row: nobody waits for us longer than
        the storing takes, and not at all for the finding.

        :param share: as for :meth:`_refresh`
        """
        self._find_first(share)
        try:
            with self.env.cr.savepoint(flush=False):
                self._insert_without_keys()
        except OTHERS:
            # What others added meanwhile ends in a serialization failure, with which the work begins again
            self._insert_first(SQL("ON CONFLICT DO NOTHING"))
        self.env.cr.execute("DROP TABLE realestate_match_first")

    @api.model
    def _find_first(self, share):
        """Set aside what fits; half of it is found meanwhile by a second connection, which sees just what we see.

        :param share: as for :meth:`_refresh`
        """
        first, last = share
        middle = self._get_middle(share)
        snapshot = self.env.execute_query(SQL("SELECT pg_export_snapshot()"))[0][0]
        with TemporaryFile() as half, ThreadPoolExecutor(1) as pool:
            found = pool.submit(self._find_half, self.env.registry, snapshot, (middle, last), half)
            query = SQL(
                "CREATE TEMPORARY TABLE realestate_match_first AS %s", self._get_first_query((first, middle - 1))
            )
            self.env.cr.execute(query)
            found.result()
            half.seek(0)
            self.env.cr.copy_expert("COPY realestate_match_first FROM STDIN", half)

    @api.model
    def _get_middle(self, share):
        """Return the id of the demand with which the second half of a share begins."""
        query = SQL(
            """SELECT COALESCE(percentile_disc(0.5) WITHIN GROUP (ORDER BY id), %(last)s)
            FROM realestate_demand WHERE id BETWEEN %(first)s AND %(last)s""",
            first=share[0],
            last=share[1],
        )
        return self.env.execute_query(query)[0][0]

    @api.model
    def _get_first_query(self, share):
        """Return the query of the pairs that fit, as they are set aside."""
        return SQL("%s SELECT demand_id, property_id, score, price FROM pairs", self._get_pairs_query(share=share))

    @staticmethod
    def _find_half(registry, snapshot, share, file):
        """In a thread: write what fits into a file, of what another transaction sees.

        :param snapshot: exported by that transaction
        :param file: binary, for COPY
        """
        with registry.cursor() as cr:
            cr.execute("SET TRANSACTION SNAPSHOT %s", [snapshot])
            matches = api.Environment(cr, SUPERUSER_ID, {})["realestate.match"]
            matches._set_planner(share=share)
            query = SQL("COPY (%s) TO STDOUT", matches._get_first_query(share))
            cr.copy_expert(cr.mogrify(query).decode(), file)

    @api.model
    def _insert_first(self, conflict=SQL()):  # noqa: B008 - immutable
        """Insert what was found.

        :param conflict: clause of what is to happen to pairs that are there
        """
        query = SQL(
            """INSERT INTO realestate_match (demand_id, property_id, score, price, state, is_current)
            SELECT demand_id, property_id, score, price, 'new', TRUE FROM realestate_match_first %s""",
            conflict,
        )
        self.env.cr.execute(query, log_exceptions=False)

    @api.model
    def _insert_without_keys(self):
        """Insert what was found while the table has no foreign key and no index but that of its ids.

        :raise psycopg2.Error: one of ``OTHERS``; everything is to be rolled back
        """
        keys = self._get_keys()
        self._run_each(
            [
                f"SET LOCAL lock_timeout = '{PATIENCE}'",
                "LOCK TABLE realestate_match, realestate_demand, realestate_property IN ACCESS EXCLUSIVE MODE",
                *(drop for drop, _make in keys),
            ]
        )
        self._insert_first()
        self._run_each(make for _drop, make in keys)

    @api.model
    def _run_each(self, statements):
        """Run statements one after the other; that others are in the way is no error to log."""
        for statement in statements:
            self.env.cr.execute(statement, log_exceptions=False)

    @api.model
    def _get_keys(self):
        """Return the statements that drop, and those that make again, each foreign key and index but that of the ids.

        As the database has them: whatever an addon adds to the table is among them.

        :return: [(drop, make)]
        """
        return self.env.execute_query(
            SQL(
                """SELECT format('ALTER TABLE realestate_match DROP CONSTRAINT %%I', conname),
                    format('ALTER TABLE realestate_match ADD CONSTRAINT %%I %%s', conname, pg_get_constraintdef(oid))
                FROM pg_constraint WHERE conrelid = 'realestate_match'::regclass AND contype = 'f'
                UNION ALL
                -- The host remembers in the comment what an index was made of (odoo/orm/table_objects.py)
                SELECT format('DROP INDEX %%s', indexrelid::regclass),
                    format('%%s; COMMENT ON INDEX %%s IS %%L', pg_get_indexdef(indexrelid), indexrelid::regclass,
                        obj_description(indexrelid, 'pg_class'))
                FROM pg_index i WHERE indrelid = 'realestate_match'::regclass
                    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)"""
            )
        )
