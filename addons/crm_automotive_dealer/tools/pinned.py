"""Post to the address that was checked, and to no other. No database here.

A name can lead elsewhere the second time it is asked for (DNS rebinding). So the name is resolved once, the
connection goes to the address found, and the certificate must still be the one of the name.
"""

from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter


class PinnedAdapter(HTTPAdapter):
    """Connect to an address, with the name in the handshake and on the certificate."""

    def __init__(self, hostname):
        self.hostname = hostname
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        """Ask for the certificate of the name."""
        super().init_poolmanager(*args, server_hostname=self.hostname, assert_hostname=self.hostname, **kwargs)


def session(url, address=None):
    """Return a ``requests.Session`` without the machine's settings, and the address to ask it for.

    :param address: the checked IP address of the host; None lets the connection resolve the name
    :return: (session, url, headers to add)

    >>> session("https://maker.example.com:8443/a?b=c", "2001:db8::1")[1:]
    ('https://[2001:db8::1]:8443/a?b=c', {'Host': 'maker.example.com:8443'})
    >>> session("http://127.0.0.1:8069/a")[1:]
    ('http://127.0.0.1:8069/a', {})
    """
    client = requests.Session()
    client.trust_env = False
    if not address:
        return client, url, {}
    parts = urlsplit(url)
    client.mount("https://", PinnedAdapter(parts.hostname))
    host = f"[{address}]" if ":" in address else address
    target = parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host)
    return client, urlunsplit(target), {"Host": parts.netloc}
