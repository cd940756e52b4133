"""Where a message may be sent, and what the answer means. No database here."""

import ipaddress
import socket
from collections import namedtuple
from urllib.parse import urlsplit

RETRY = {408, 425, 429}
REFUSED = {401, 403}
GONE = 410
MAX_WAIT = 24 * 3600

#: What came back: status (0 = nobody answered), body (dict), seconds to wait, error (text).
Answer = namedtuple("Answer", "status body retry_after error", defaults=({}, 0, ""))


def refusal(url, allow_private=False, resolve=socket.getaddrinfo):
    """Return why nothing is sent to an address, or None: https and public addresses only.

    :param allow_private: for tests and for two databases in one network
    :return: None, ``url``, ``https``, ``unknown`` or ``private``

    >>> public = lambda host, port, **kw: [(0, 0, 0, "", ("93.184.216.34", port))]
    >>> private = lambda host, port, **kw: [(0, 0, 0, "", ("10.0.0.8", port))]
    >>> refusal("https://maker.example.com", resolve=public)
    >>> refusal("https://maker.example.com", resolve=private), refusal("http://x.example.com", resolve=public)
    ('private', 'https')
    >>> refusal("http://127.0.0.1:8069", allow_private=True)
    >>> refusal("ftp://x"), refusal(""), refusal("https://user:pass@example.com", resolve=public)
    ('url', 'url', 'url')
    """
    try:
        parts = urlsplit(url or "")
        port = parts.port or 443
    except ValueError:
        return "url"
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
        return "url"
    if allow_private:
        return None
    if parts.scheme != "https":
        return "https"
    try:
        found = resolve(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return "unknown"
    addresses = [ipaddress.ip_address(row[4][0].split("%")[0]) for row in found]
    return None if all(address.is_global and not address.is_multicast for address in addresses) else "private"


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
