"""Install alone, upgrade, uninstall: clean, without a warning in the log (promise P11)."""

import csv
import os
from xml.etree import ElementTree

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


def columns(name):
    """Return the columns the suite added to a database's tables: {table.column}."""
    query = "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'"
    return set(postgres.sql(query, name).splitlines())


def test_surveys_come_and_go():
    """What joins forms and surveys installs itself, leaves with nothing behind, and leaves when surveys do."""
    glue, added = "crm_web_forms_survey", {"crm_intake.survey_input_id", "survey_survey.intake_target"}
    name = f"suite_life_survey_{os.getpid()}"
    postgres.copy(databases.host_template(), name)
    try:
        databases.install(name, ["crm_web_forms", "survey_crm"])
        assert added <= columns(name)
        databases.odoo("-u", glue, database=name, log=f"upgrade_{glue}")
        uninstall(name, glue)
        assert not [column for column in columns(name) if "survey_input_id" in column and "intake" in column]
        assert not added & columns(name)
        assert state(name, "crm_web_forms") == state(name, "survey_crm") == "installed"
        databases.install(name, [glue])
        assert added <= columns(name)
        uninstall(name, "survey")
        assert not added & columns(name)
        assert state(name, glue) == "uninstalled"
        databases.odoo("-u", "crm_web_forms", database=name, log=f"after_{glue}")
    finally:
        Registry.delete(name)
        odoo.sql_db.close_db(name)
        postgres.drop(name)


def state(name, addon):
    """Return whether an addon is installed in a database, as the host says it."""
    return postgres.sql(f"SELECT state FROM ir_module_module WHERE name = '{addon}'", name).strip()


def test_all_with_demo_data_on_top_of_the_host_s():
    name = f"suite_demo_{os.getpid()}"
    try:
        databases.install(name, list(ADDONS), "--with-demo")
        known = set(postgres.sql("SELECT module || '.' || name FROM ir_model_data", name).splitlines())
        for addon in ADDONS:
            invented = demo_ids(addon)
            assert invented, f"{addon} has nothing to show"
            assert not invented - known
    finally:
        postgres.drop(name)


def demo_ids(addon):
    """Return the external ids of an addon's own demo records."""
    found = set()
    for path in (databases.folder_of(addon) / name for name in databases.manifest(addon)["demo"]):
        if path.suffix == ".csv":
            with path.open() as file:
                found |= {row["id"] for row in csv.DictReader(file)}
        else:
            found |= {record.get("id") for record in ElementTree.parse(path).iter("record")}
    return {f"{addon}.{name}" for name in found - {None} if "." not in name}
