"""Write the generated parts of the documentation: each addon's README.md, from its readme/ fragments.

`check` writes nothing and tells what is not fresh.
"""

from common import ROOT, main, say
from databases import folder_of, manifest, our_addons

FRAGMENTS = ("DESCRIPTION", "CONTEXT", "CONFIGURE", "USAGE", "DEVELOP", "ROADMAP", "HISTORY")
TITLES = {
    "CONTEXT": "Why",
    "CONFIGURE": "Configuration",
    "USAGE": "Usage",
    "DEVELOP": "For developers",
    "ROADMAP": "Known limits",
    "HISTORY": "Changes",
}


def readme(addon):
    """Return the text of an addon's README.md."""
    found = manifest(addon)
    parts = [f"<!-- Made by `make docs` from readme/: edit the fragments there. -->\n\n# {found['name']}"]
    parts.append(f"{found['summary']}.")
    for name in FRAGMENTS:
        path = folder_of(addon) / f"readme/{name}.md"
        if path.exists():
            title = f"## {TITLES[name]}\n\n" if name in TITLES else ""
            parts.append(title + path.read_text().strip())
    return "\n\n".join(parts) + "\n"


def write_documentation(args):
    """Write what is not fresh, or only tell it."""
    stale = 0
    for addon in filter(lambda name: (folder_of(name) / "readme").is_dir(), our_addons()):
        path = folder_of(addon) / "README.md"
        text = readme(addon)
        if not path.exists() or path.read_text() != text:
            stale += 1
            say(f"  {path.relative_to(ROOT)}{' is not fresh: make docs' if 'check' in args else ''}")
            if "check" not in args:
                path.write_text(text)
    return stale if "check" in args else 0


if __name__ == "__main__":
    main(write_documentation)
