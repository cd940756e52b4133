"""Write the generated parts of the documentation, from each addon's readme/ fragments.

README.md for who reads the code, `static/description/index.html` for who looks at the addon in Odoo's Apps.
`check` writes nothing and tells what is not fresh.
"""

import subprocess

from common import PYTHON, ROOT, main, say
from databases import folder_of, manifest, our_addons
from host import ensure_host

try:
    from markdown_it import MarkdownIt
except ImportError:  # not in the environment of the host: see main
    MarkdownIt = None

PAGE = """<!-- Made by `make docs` from readme/: edit the fragments there. -->
<section class="oe_container">
{body}</section>
"""

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
    return f"<!-- Made by `make docs` from readme/: edit the fragments there. -->\n\n{text(addon)}"


def page(addon):
    """Return the same as a page for Odoo's Apps."""
    return PAGE.format(body=MarkdownIt("commonmark", {"html": False}).enable("table").render(text(addon)))


def text(addon):
    """Return the fragments of an addon as one text."""
    found = manifest(addon)
    parts = [f"# {found['name']}", f"{found['summary']}."]
    for name in FRAGMENTS:
        path = folder_of(addon) / f"readme/{name}.md"
        if path.exists():
            title = f"## {TITLES[name]}\n\n" if name in TITLES else ""
            parts.append(title + path.read_text().strip())
    return "\n\n".join(parts) + "\n"


def write_documentation(args):
    """Write what is not fresh, or only tell it."""
    if not MarkdownIt:
        ensure_host()
        return subprocess.run([str(PYTHON), __file__, *args], cwd=ROOT, check=False).returncode
    stale = 0
    for addon in filter(lambda name: (folder_of(name) / "readme").is_dir(), our_addons()):
        for path, content in (("README.md", readme(addon)), ("static/description/index.html", page(addon))):
            stale += write(folder_of(addon) / path, content, "check" in args)
    return stale if "check" in args else 0


def write(path, content, check):
    """Write a file, or only tell that it is not fresh; return whether it was not."""
    if path.exists() and path.read_text() == content:
        return False
    say(f"  {path.relative_to(ROOT)}{' is not fresh: make docs' if check else ''}")
    if not check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return True


if __name__ == "__main__":
    main(write_documentation)
