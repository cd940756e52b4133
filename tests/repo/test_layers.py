"""crm_core is below, the other four do not know each other; only the bridge invoices."""

import re

from repository import ADDONS, SUITE, manifest, sources

VERTICALS = set(SUITE) - {"crm_core"}
COPYLEFT_BEYOND_OURS = "AGPL"


def test_every_addon_is_there():
    assert all((path / "__manifest__.py").exists() for path in ADDONS)


def test_addons_depend_on_the_core_only(addon):
    ours = set(manifest(addon)["depends"]) & set(SUITE)
    assert ours == (set() if addon.name == "crm_core" else {"crm_core"})


def test_addons_do_not_mention_each_other(addon):
    others = VERTICALS - {addon.name}
    for path in sources(addon) + sources(addon, "*.xml") + sources(addon, "*.js"):
        found = {name for name in others if re.search(rf"\b{name}\b", path.read_text())}
        assert not found, f"{path} mentions {found}"


def test_only_the_bridge_touches_invoices(addon):
    if addon.name == "crm_accounting_bridge":
        return
    for path in sources(addon):
        assert "account.move" not in path.read_text(), path


def test_the_suite_s_own_host_modules_are_no_addon_of_ours(addon):
    for name in manifest(addon)["depends"]:
        assert name.startswith("crm_") is (name in SUITE), f"{addon.name} depends on {name}"
