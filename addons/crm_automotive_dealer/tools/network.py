"""Where a message may be sent, and what the answer means. No database here."""

import socket
from collections import namedtuple
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from odoo.addons.crm_core.tools import outside

RETRY = {408, 425, 429}
REFUSED = {401, 403}
GONE = 410
MAX_WAIT = 24 * 3600

#: What came back: status (0 = nobody answered), body (dict), seconds to wait, error (text), their clock minus ours
#: (seconds, None = not said).
Answer = namedtuple("Answer", "status body retry_after error skew", defaults=({}, 0, "", None))


def check(url, allow_private=False, resolve=socket.getaddrinfo):
    """Return why nothing can be sent to an address: https and public addresses only.

    For the person who writes it down; a connection is looked at again, see ``crm_core.tools.outside``.

    :param allow_private: for tests and for two databases in one network
    :return: None, ``url``, ``https``, ``unknown`` or ``private``

    >>> public = lambda host, port, **kw: [(0, 0, 0, "", ("93.184.216.34", port))]
    >>> private = lambda host, port, **kw: [(0, 0, 0, "", ("10.0.0.8", port))]
    >>> check("https://maker.example.com", resolve=public), check("http://127.0.0.1:8069", allow_private=True)
    (None, None)
    >>> check("https://maker.example.com", resolve=private), check("http://x.example.com", resolve=public)
    ('private', 'https')
    >>> check("ftp://x"), check(""), check("https://user:pass@example.com", resolve=public)
    ('url', 'url', 'url')
    """
    if refused := check_form(url, allow_private):
        return refused
    if allow_private:
        return None
    parts = urlsplit(url)
    try:
        found = resolve(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return "unknown"
    return None if all(outside.is_public(row[4][0]) for row in found) else "private"


def check_form(url, allow_private=False):
    """Return what is wrong with an address as it is written: ``url``, ``https`` or None.

    >>> check_form("https://x.example.com:port"), check_form("http://x.example.com"), check_form("https://x.example.com")
    ('url', 'https', None)
    """
    try:
        outside.check_url(url)
        urlsplit(url).port  # noqa: B018 - raises where it is no number
    except (outside.Refused, ValueError):
        return "url"
    return None if allow_private or urlsplit(url).scheme == "https" else "https"


def outcome(status):
    """Return what to do after an answer: delivered, retry, dead, paused or gone.

    >>> [outcome(status) for status in (200, 204, 0, 302, 429, 500)]
    ['delivered', 'delivered', 'retry', 'retry', 'retry', 'retry']
    >>> [outcome(status) for status in (400, 409, 422, 401, 410)]
    ['dead', 'dead', 'dead', 'paused', 'gone']
    """
    if 200 <= status < 300:
        return "delivered"
    if status in REFUSED:
        return "paused"
    if status == GONE:
        return "gone"
    return "dead" if 400 <= status < 500 and status not in RETRY else "retry"


def retry_after(value):
    """Return the seconds of a Retry-After header; a date or nonsense is no wish.

    >>> retry_after("120"), retry_after("99999999"), retry_after("Sun, 06 Nov"), retry_after(None)
    (120, 86400, 0, 0)
    """
    text = str(value or "")
    return min(int(text), MAX_WAIT) if text.isascii() and text.isdigit() else 0


def skew(date, now):
    """Return the seconds that their clock is ahead of ours, from the Date header of an answer.

    >>> skew("Wed, 25 Nov 2026 22:00:30 GMT", 1795644000), skew("soon", 0), skew(None, 0)
    (30, None, None)
    """
    try:
        return round(parsedate_to_datetime(date).timestamp() - now)
    except (TypeError, ValueError):
        return None


def plain(value, longest=500):
    r"""Return a text of theirs that can be kept and shown, empty for what is no text.

    >>> plain("no\x00 such\ud800 case"), plain(5), plain("abc", 2)
    ('no such case', '', 'ab')
    """
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "ignore").decode()[:longest]
