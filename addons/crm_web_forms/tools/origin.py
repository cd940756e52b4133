"""Where a request comes from: origins, page addresses. No database here."""

import re
from urllib.parse import urlsplit

ANY = "*"
URL_LIMIT = 500


def normalize_origin(value):
    """Return ``scheme://host[:port]`` in its one true spelling, or None.

    >>> normalize_origin("HTTPS://WWW.Example.com:443/contact?x=1")
    'https://www.example.com'
    >>> normalize_origin("http://127.0.0.1:8069")
    'http://127.0.0.1:8069'
    >>> normalize_origin("null"), normalize_origin("javascript:alert(1)"), normalize_origin("https://a b")
    (None, None, None)
    >>> normalize_origin("https://shop.example.com;report-uri x")
    """
    try:
        parts = urlsplit((value or "").strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    # The result is put in headers (CSP, CORS): nothing but the characters of a host name may pass.
    if parts.scheme not in ("http", "https") or not host or not re.fullmatch(r"[a-z0-9.:_-]+", host):
        return None
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != default else "")


def parse_origins(text):
    """Return the origins of a list a person typed, and what in it is none.

    >>> parse_origins("https://a.example/x, http://b.example:80  nonsense")
    (['https://a.example', 'http://b.example'], ['nonsense'])
    >>> parse_origins("*")
    (['*'], [])
    """
    words = re.split(r"[\s,;]+", text or "")
    found, wrong = [], []
    for word in filter(None, words):
        origin = ANY if word == ANY else normalize_origin(word)
        if not origin:
            wrong.append(word)
        elif origin not in found:
            found.append(origin)
    return found, wrong


def is_allowed(origin, allowed):
    """Tell whether a browser's ``Origin`` header is among the allowed ones.

    >>> is_allowed("https://a.example", ["https://a.example"]), is_allowed("null", ["https://a.example"])
    (True, False)
    >>> is_allowed("https://a.example.evil.test", ["https://a.example"]), is_allowed("null", ["*"])
    (False, True)
    """
    return ANY in allowed or normalize_origin(origin) in allowed


def page_address(value):
    """Return the address of a page without its query, which may name people; empty if it is no web page.

    >>> page_address("https://Example.com/offer?email=ana@example.com#top")
    'https://example.com/offer'
    >>> page_address("javascript:alert(1)")
    ''
    """
    origin = normalize_origin(value) if isinstance(value, str) else None
    if not origin:
        return ""
    path = urlsplit(value.strip()).path
    return (origin + re.sub(r"[^!-~]", "", path))[:URL_LIMIT]
