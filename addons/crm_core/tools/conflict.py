"""Work that begins again when another transaction changed the same meanwhile, as the host begins requests again."""

import random
import time

import psycopg2

# Another transaction was faster: nothing is wrong, start over with what it did.
CONFLICTS = (psycopg2.errors.SerializationFailure, psycopg2.errors.DeadlockDetected)
TRIES = 5


def start_over(env):
    """Undo the transaction; what follows sees what others did meanwhile."""
    env.cr.rollback()
    env.invalidate_all()


def insist(env, work, wait=1):
    """Return what some work returns, begun again where others changed the same.

    Whatever the transaction did before is undone as well: the work is all there is in it.

    :param work: called without arguments; at most ``TRIES`` times
    :param wait: seconds before the second try at most, each time twice as long, as the host waits before it runs a
        request again (odoo/service/model.py); 0 where somebody waits for us or a lease runs
    :raise psycopg2.errors.SerializationFailure: others were faster each time; nothing was done
    :raise psycopg2.errors.DeadlockDetected: as above

    >>> insist(None, "not in anybody's way".upper)
    "NOT IN ANYBODY'S WAY"
    """
    attempt = 1
    while True:
        try:
            return work()
        except CONFLICTS:
            start_over(env)
            if attempt == TRIES:
                raise
        time.sleep(random.uniform(0, wait * 2 ** (attempt - 1)))  # noqa: S311 - no secret
        attempt += 1
