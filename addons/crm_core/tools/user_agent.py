"""Who asks: a person, or a program that reads pages and mails before the person does."""

import re

# Names that crawlers, link scanners, previews and libraries give themselves.
ROBOTS = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|scan|preview|facebookexternalhit|whatsapp|telegram|slack|discord|skypeuri"
    r"|curl|wget|python|java/|go-http|okhttp|libwww|httpclient|headless|barracuda|mimecast|proofpoint|safelinks"
    r"|ms-office|microsoft office|bingpreview|ahc/|apache-http|node-fetch|axios|monitor",
    re.IGNORECASE,
)
# Programs that load the images of a mail when the reader opens it, on the reader's behalf.
PROXIES = re.compile(r"googleimageproxy|yahoomailproxy|duckduckgo-favicons", re.IGNORECASE)
# What Apple's mail privacy and others send for every mail, opened or not.
ANONYMOUS = {"mozilla/5.0", "mozilla/4.0", ""}


def is_robot(agent):
    """Tell whether a program asks by itself.

    >>> is_robot("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Mobile/15E148")
    False
    >>> is_robot("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
    True
    >>> is_robot("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)")
    False
    >>> is_robot(None)
    True
    """
    agent = (agent or "").strip()
    if PROXIES.search(agent):
        return False
    return agent.lower() in ANONYMOUS or bool(ROBOTS.search(agent))
