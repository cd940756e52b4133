"""The conventions of the repository, checked without Odoo and without a database."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUITE = ("crm_core", "crm_web_forms", "crm_accounting_bridge", "crm_realestate", "crm_automotive_dealer")
ADDONS = [ROOT / "addons" / name for name in SUITE]
ALL_ADDONS = [path.parent for path in sorted(ROOT.glob("*/**/__manifest__.py")) if ".host" not in path.parts]


def manifest(addon):
    """Return the manifest of an addon's folder."""
    return ast.literal_eval((addon / "__manifest__.py").read_text())


def sources(addon, pattern="*.py"):
    """Return the source files of an addon."""
    return sorted(path for path in addon.rglob(pattern) if "__pycache__" not in path.parts)


def model_names(addon):
    """Return {model name: file} of the models an addon defines, abstract ones left out."""
    found = {}
    for path in sources(addon):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and not _is_abstract(node):
                name = _assigned(node, "_name")
                # A model that is extended with a mixin has to repeat its name.
                inherited = _assigned(node, "_inherit") or []
                if isinstance(name, str) and name not in ([inherited] if isinstance(inherited, str) else inherited):
                    found[name] = path
    return found


def _is_abstract(node):
    return any(getattr(base, "attr", "") == "AbstractModel" for base in node.bases)


def _assigned(node, name):
    for item in node.body:
        if isinstance(item, ast.Assign) and getattr(item.targets[0], "id", "") == name:
            return ast.literal_eval(item.value)
    return None


def tracked(*suffixes):
    """Return the text files of the repository with these endings."""
    skipped = {".git", ".host", "__pycache__", ".pytest_cache", ".ruff_cache"}
    return [
        path
        for path in sorted(ROOT.rglob("*"))
        if path.is_file() and path.suffix in suffixes and not skipped & set(path.parts)
    ]
