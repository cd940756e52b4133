"""Handing over 50,000 contacts: against the host's plain write of the salesperson, which keeps no log.

What the host does before a commit (its notes of the change) counts on both sides.
"""

import time

from odoo.tools import SQL

NUMBER = 50_000
SAMPLE = 2_000
QUIET = {"mail_auto_subscribe_no_notify": True}


def _user(env, login):
    group = env.ref("sales_team.group_sale_salesman")
    values = {"name": login, "login": login, "email": f"{login}@example.com", "group_ids": [(4, group.id)]}
    return env["res.users"].with_context(no_reset_password=True).create(values)


def _contacts(env, number, user):
    """Copy a contact as fast as the database can: making them is not what is measured."""
    first = env["res.partner"].create({"name": "C", "email": "c@example.com", "user_id": user.id})
    env.flush_all()
    env.cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'res_partner'")
    columns = SQL(", ").join(SQL.identifier(name) for (name,) in env.cr.fetchall() if name != "id")
    env.cr.execute(
        SQL(
            "INSERT INTO res_partner (%s) SELECT %s FROM res_partner, generate_series(2, %s) WHERE id = %s",
            *(columns, columns, number, first.id),
        )
    )
    env.cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE user_id = %s", (user.id,))
    env.cr.execute("ANALYZE res_partner")
    env.invalidate_all()


def _rate(work, number):
    start = time.perf_counter()
    work()
    return number / (time.perf_counter() - start)


def _write(env, context):
    old, new = _user(env, f"old{len(context)}"), _user(env, f"new{len(context)}")
    _contacts(env, SAMPLE, old)

    def work():
        partners = env["res.partner"].with_context(**context).search([("user_id", "=", old.id)])
        partners.write({"user_id": new.id})
        env.cr.flush()

    return _rate(work, SAMPLE)


def _hand_over(env, number):
    old, new = _user(env, f"leaver{number}"), _user(env, f"heir{number}")
    _contacts(env, number, old)
    handover = env["crm.handover"].create({"from_user_id": old.id, "user_id": new.id})

    def work():
        handover.action_start()
        while handover.state == "running":
            handover._run_batch()
        env.cr.flush()

    rate = _rate(work, number)
    assert env["res.partner"].search_count([("user_id", "=", new.id)]) == number
    return rate, handover


def _undo(env, handover):
    def work():
        handover.action_undo()
        while handover.state == "undoing":
            handover._run_batch()
        env.cr.flush()

    return _rate(work, NUMBER)


def measure(envs):
    """Yield contacts per second: the host's write with and without its mails, the hand-over, its undo."""
    mailed, quiet = _write(envs["host"], {}), _write(envs["host"], QUIET)
    yield f"host: write, each one mailed       {mailed:6.0f} /s"
    yield f"host: write, nobody mailed         {quiet:6.0f} /s"
    env = envs["suite"]
    small, _handover = _hand_over(env, SAMPLE)
    yield f"suite: hand-over of {SAMPLE:,}          {small:6.0f} /s   x{small / mailed:.1f}, x{small / quiet:.1f}"
    large, handover = _hand_over(env, NUMBER)
    yield f"suite: hand-over of {NUMBER:,}         {large:6.0f} /s   x{large / mailed:.1f}, x{large / quiet:.1f}"
    undone = _undo(env, handover)
    yield f"suite: undo of {NUMBER:,}              {undone:6.0f} /s"
