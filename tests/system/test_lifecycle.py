"""Install alone, upgrade, uninstall: clean, without a warning in the log (promise P11)."""

import os

import pytest

import odoo
from odoo.modules.registry import Registry

import databases
import postgres
from common import ADDONS


@pytest.mark.parametrize("addon", ADDONS)
def test_alone_upgrade_uninstall(addon):
    name = f"suite_life_{os.getpid()}"
    postgres.copy(databases.host_template(), name)
    try:
        databases.install(name, [addon])
        databases.odoo("-u", addon, database=name, log=f"upgrade_{addon}")
        tables = leftovers(name)
        uninstall(name, addon)
        gone = tables - leftovers(name)
        assert not [table for table in tables if table.split("_")[0] in ("realestate", "automotive")] or gone
        databases.odoo("-u", "crm", database=name, log=f"after_{addon}")
    finally:
        Registry.delete(name)
        odoo.sql_db.close_db(name)
        postgres.drop(name)


def uninstall(name, addon):
    """Uninstall as the Apps page does."""
    code = (
        f"env['ir.module.module'].search([('name', '=', {addon!r})]).button_immediate_uninstall()\n"
        "env.cr.commit()\n"
        f"assert env['ir.module.module'].search([('name', '=', {addon!r})]).state == 'uninstalled'\n"
        f"left = env['ir.model.data'].search([('module', '=', {addon!r})])\n"
        "assert not left, left.mapped('complete_name')\n"
    )
    databases.run_code(name, code, f"uninstall_{addon}")


def leftovers(name):
    """Return the tables of a database."""
    return set(postgres.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name).splitlines())


def test_all_with_demo_data_on_top_of_the_host_s():
    name = f"suite_demo_{os.getpid()}"
    try:
        databases.install(name, list(ADDONS), "--with-demo")
    finally:
        postgres.drop(name)
