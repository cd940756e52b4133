"""Fetch from addresses that somebody else wrote: from public machines only, so much and no more. No database here."""

import ipaddress
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

TIMEOUT = 20  # seconds to connect, and between two pieces
CHUNK = 1 << 16
MAX_REDIRECTS = 3
# An IPv4 address in the clothes of IPv6.
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(Exception):
    """Nothing was fetched, and trying again is no use: ``url``, ``private``, ``size``, ``kind`` or ``status``."""

    def __init__(self, reason, detail=""):
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason


def is_public(address):
    """Tell whether an IP address belongs to the internet at large.

    >>> [is_public(one) for one in ("93.184.216.34", "2606:4700::1111")]
    [True, True]
    >>> [is_public(one) for one in ("127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "fe80::1%eth0", "224.0.0.1")]
    [False, False, False, False, False, False]
    >>> is_public("::ffff:10.0.0.8"), is_public("100.64.0.1"), is_public("0.0.0.0"), is_public("64:ff9b::a00:8")
    (False, False, False, False)
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip in NAT64:
        ip = ipaddress.ip_address(int(ip) & 0xFFFFFFFF)
    return ip.is_global and not ip.is_multicast


def network(address):
    """Return the network of an address, wide enough to say nothing about one household.

    >>> network("192.0.2.77"), network("2001:db8:1:2:3::9"), network("::ffff:192.0.2.77"), network("x")
    ('192.0.2.0/24', '2001:db8:1:2::/64', '192.0.2.0/24', '')
    """
    try:
        ip = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return str(ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 64}", strict=False))


class _Guard:
    """A connection that is closed before anything is said when it leads into a private network.

    The socket itself is looked at: a name that means another machine the second time deceives nobody.
    """

    def _new_conn(self):
        sock = super()._new_conn()
        if not is_public(sock.getpeername()[0]):
            sock.close()
            raise Refused("private", self.host)
        return sock


class _Http(_Guard, HTTPConnection):
    pass


class _Https(_Guard, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class GuardedAdapter(HTTPAdapter):
    """Let a session of ``requests`` reach public machines only."""

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


def make_session(allow_private=False):
    """Return a session without proxies and credentials of the machine, that reaches public machines only.

    :param allow_private: for tests, and for sources inside one's own network
    """
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = MAX_REDIRECTS
    if not allow_private:
        session.mount("http://", GuardedAdapter())
        session.mount("https://", GuardedAdapter())
    return session


def check_url(url):
    """Refuse what is no plain web address.

    >>> check_url("https://x.example/a.jpg")
    >>> check_url("file:///etc/passwd")
    Traceback (most recent call last):
    ...
    odoo.addons.crm_core.tools.outside.Refused: url
    """
    try:
        parts = urlsplit(url or "")
    except ValueError:
        raise Refused("url") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise Refused("url")


def download(url, target, limit, kinds=(), allow_private=False):
    """Fetch an address into a file, a piece at a time.

    :param target: binary file to write to
    :param limit: bytes; one more and it is refused
    :param kinds: beginnings of content types that will do (``image/``); none: any
    :return: the content type
    :raise Refused: not a plain public address, too much, something else, or an answer that says no
    :raise requests.RequestException: nobody answered, or not in time; worth another try
    """
    check_url(url)
    with make_session(allow_private) as session, session.get(url, stream=True, timeout=TIMEOUT) as answer:
        if 400 <= answer.status_code < 500 and answer.status_code not in (408, 425, 429):
            raise Refused("status", answer.status_code)
        answer.raise_for_status()
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kinds and not kind.startswith(tuple(kinds)):
            raise Refused("kind", kind)
        size = 0
        for piece in answer.iter_content(CHUNK):
            size += len(piece)
            if size > limit:
                raise Refused("size", limit)
            target.write(piece)
        return kind
