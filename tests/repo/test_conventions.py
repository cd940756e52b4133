"""Names, manifests, rights, sizes: what a reader may rely on."""

import ast
import csv
import re
import shutil
import subprocess
import sys

import pytest

from repository import ALL_ADDONS, ROOT, manifest, model_names, sources, tracked

KEY_ORDER = (
    "name", "summary", "version", "category", "author", "website", "license", "depends",
    "external_dependencies", "data", "demo", "assets", "application", "auto_install",
    "pre_init_hook", "post_init_hook", "uninstall_hook",
)  # fmt: skip
MAX_FUNCTION = 60
MAX_FILE = 500


@pytest.mark.parametrize("folder", ALL_ADDONS, ids=lambda path: path.name)
def test_manifest(folder):
    found = manifest(folder)
    assert list(found) == [key for key in KEY_ORDER if key in found], "unknown key or other order"
    assert found["license"] == "LGPL-3"
    assert re.fullmatch(r"19\.0\.\d+\.\d+\.\d+", found["version"])
    assert found["depends"] == sorted(found["depends"])
    for name in found.get("data", []) + found.get("demo", []):
        assert (folder / name).is_file(), f"{name} is listed and missing"


@pytest.mark.parametrize("folder", ALL_ADDONS, ids=lambda path: path.name)
def test_no_file_is_forgotten(folder):
    found = manifest(folder)
    listed = set(found.get("data", []) + found.get("demo", []))
    for path in [*folder.rglob("*.xml"), *folder.rglob("*.csv")]:
        name = path.relative_to(folder).as_posix()
        if not name.startswith(("static/", "tests/")):
            assert name in listed, f"{folder.name}/{name} is in no list of the manifest"


@pytest.mark.parametrize("folder", ALL_ADDONS, ids=lambda path: path.name)
def test_every_test_file_is_listed_once(folder):
    tests = folder / "tests"
    if not tests.is_dir():
        return
    imports = [node for node in ast.parse((tests / "__init__.py").read_text()).body if isinstance(node, ast.ImportFrom)]
    listed = [alias.name for node in imports for alias in node.names if alias.name.startswith("test_")]
    assert sorted(listed) == sorted(path.stem for path in tests.glob("test_*.py"))


def test_every_model_has_rights(addon):
    path = addon / "security/ir.model.access.csv"
    rows = list(csv.DictReader(path.open())) if path.exists() else []
    granted = {row["model_id:id"].split(".")[-1].removeprefix("model_").replace("_", ".") for row in rows}
    missing = {name for name in model_names(addon) if name.replace("_", ".") not in granted}
    assert not missing
    assert all(row["group_id:id"] for row in rows), "a right without a group is everybody's, the public's too"


def test_one_model_per_file(addon):
    for name, path in model_names(addon).items():
        assert path.stem == name.replace(".", "_"), f"{name} is in {path.name}"


def test_every_model_says_what_it_is(addon):
    for path in sources(addon):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and any(
                getattr(getattr(item, "targets", [None])[0], "id", "") == "_name" for item in node.body
            ):
                assert ast.get_docstring(node), f"{path}: {node.name} has no docstring"


def test_every_test_asserts_something():
    """By a statement, by a helper whose name begins like these, or by a tour, which fails by itself."""
    claims = ("assert", "check", "fail", "raises", "start_tour")

    def is_claim(node):
        function = getattr(node, "func", None)
        name = getattr(function, "attr", getattr(function, "id", ""))
        return isinstance(node, ast.Assert) or name.lstrip("_").startswith(claims)

    for path in [*ROOT.glob("*/*/tests/**/test_*.py"), *ROOT.glob("tests/**/test_*.py")]:
        for test in ast.walk(ast.parse(path.read_text())):
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                assert any(map(is_claim, ast.walk(test))), f"{path}: {test.name} asserts nothing"


def test_functions_and_files_stay_small(addon):
    for path in sources(addon):
        text = path.read_text()
        assert text.count("\n") <= MAX_FILE, f"{path} is too long"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < MAX_FUNCTION, f"{path}: {node.name} is too long"


def test_tools_need_no_database(addon):
    for path in sources(addon / "tools"):
        assert not re.search(r"^\s*(from|import) odoo(?!\.tools|\.addons\.\w+\.tools)\b", path.read_text(), re.M), path


def test_routes_say_what_they_are(addon):
    for path in sources(addon):
        for node in ast.walk(ast.parse(path.read_text())):
            routes = [d for d in getattr(node, "decorator_list", []) if "http.route" in ast.unparse(d)]
            if not routes or not isinstance(node, ast.FunctionDef):
                continue
            given = {keyword.arg for keyword in routes[0].keywords}
            if given and None not in given:  # an override inherits its settings; ** is a set they share
                assert {"type", "auth", "methods"} <= given, f"{path}: {node.name}"
            assert ast.get_docstring(node), f"{path}: {node.name} has no docstring"


def test_readme_fragments(addon):
    for name in ("DESCRIPTION", "USAGE", "DEVELOP"):
        path = addon / f"readme/{name}.md"
        assert path.is_file() and len(path.read_text()) > 100, path


def registry_hosts():
    """Return the hosts this machine takes packages from; their names are nobody else's business."""
    commands = (["apt-get", "indextargets", "--format", "$(REPO_URI)"], ["pip", "config", "list"])
    found = set()
    for command in commands:
        if shutil.which(command[0]):
            done = subprocess.run(command, capture_output=True, text=True)
            found |= set(re.findall(r"https?://([\w.-]+)", done.stdout))
    return found - {"localhost"}


def test_no_machine_and_no_secret_is_named():
    named = re.compile("|".join([r"/(?:root|home)/\w", "BEGIN [A-Z ]*PRIVATE KEY", *map(re.escape, registry_hosts())]))
    for path in tracked(".py", ".md", ".toml", ".cfg", ".conf", ".xml", ".js", ".txt", ".yml", ""):
        if path != ROOT / "tests/repo/test_conventions.py" and path.stat().st_size < 10**6:
            assert not named.search(path.read_text(errors="replace")), path


def test_no_code_of_the_host():
    for path in tracked(".py", ".js", ".xml"):
        assert "Part of " + "Odoo. See LICENSE" not in path.read_text(errors="replace"), path


def test_nothing_outside_the_repository_is_needed():
    for path in tracked(".py", ".sh", ""):
        if path != ROOT / "tests/repo/test_conventions.py" and "tests" in path.parts or path.suffix == ".sh":
            assert "../shared" not in path.read_text(errors="replace"), path


def test_generated_documentation_is_fresh():
    done = subprocess.run([sys.executable, "scripts/docs.py", "check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_apps_and_menus_have_their_icons():
    """A missing picture is a hole in the home menu and in Apps; the host says nothing."""
    for path in tracked(".xml"):
        for addon, icon in re.findall(r'web_icon="(\w+),([^"]+)"', path.read_text()):
            assert (ROOT / "addons" / addon / icon).is_file(), f"{path}: {icon}"
    for path in (ROOT / "addons").glob("*/__manifest__.py"):
        if ast.literal_eval(path.read_text()).get("application"):
            assert (path.parent / "static/description/icon.png").is_file(), path.parent


def test_decisions_are_numbered_once():
    numbers = [path.name[:4] for path in sorted((ROOT / "docs/adr").glob("*.md"))]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
    for path in (ROOT / "docs/adr").glob("*.md"):
        assert path.read_text().startswith(f"# {int(path.name[:4])}. "), path.name
