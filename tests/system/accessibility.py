"""What axe-core, the checker of the browsers' makers, says of a page."""

from axe_playwright_python.sync_playwright import Axe


def violations(page):
    """Return what axe-core finds against WCAG 2.2 A and AA."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}})
    return [(item["id"], [node["html"] for node in item["nodes"]][:3]) for item in found.response["violations"]]
