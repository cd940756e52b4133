"""Sign and verify messages as Standard Webhooks 1.0 does. No database here.

https://github.com/standard-webhooks/standard-webhooks (spec): HMAC-SHA256 over
``id.timestamp.body``; several signatures, and several secrets, may be valid during a rotation.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets as random_secrets

PREFIX = "whsec_"
VERSION = "v1"
TOLERANCE = 5 * 60
MIN_KEY = 24


def new_secret():
    """Return a new secret.

    >>> len(keys(new_secret())[0])
    32
    """
    return PREFIX + base64.b64encode(random_secrets.token_bytes(32)).decode()


def keys(text):
    """Return the keys in a text of secrets separated by blanks; what is no secret is left out.

    >>> keys("whsec_bm90IGEgc2VjcmV0LCBqdXN0IGEgdGVzdA== whsec_short x")
    [b'not a secret, just a test']
    >>> keys(None)
    []
    """
    found = []
    for secret in (text or "").split():
        try:
            key = base64.b64decode(secret.removeprefix(PREFIX) + "==")
        except (binascii.Error, ValueError):
            continue
        if len(key) >= MIN_KEY:
            found.append(key)
    return found


def sign(key, message_id, timestamp, body):
    """Return one signature of a body.

    >>> sign(b"key", "m1", 1700000000, b"{}")
    'v1,n4G0JeWsADKachD9DYkYICH9XWz9wh4c+ftKZ6L+sn0='
    """
    content = b".".join((message_id.encode(), str(int(timestamp)).encode(), body))
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return f"{VERSION},{base64.b64encode(digest).decode()}"


def headers(secrets, message_id, timestamp, body):
    """Return the headers of one attempt, signed with every secret in use.

    :param timestamp: seconds, of the attempt and not of the message
    """
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(timestamp)),
        "webhook-signature": " ".join(sign(key, message_id, timestamp, body) for key in keys(secrets)),
    }


def verify(secrets, received, body, now):
    """Return why a message is not authentic, or None when it is.

    :param received: mapping of the headers
    :param now: seconds since the epoch
    :return: None, ``headers``, ``timestamp`` or ``signature``

    >>> secret = new_secret()
    >>> good = headers(secret, "m1", 1700000000, b"{}")
    >>> verify(secret, good, b"{}", 1700000299)
    >>> verify(secret, good, b"{}", 1700000301), verify(secret, good, b"{ }", 1700000000)
    ('timestamp', 'signature')
    >>> verify(secret, {}, b"{}", 0), verify("", good, b"{}", 1700000000)
    ('headers', 'signature')
    """
    message_id, timestamp = received.get("webhook-id"), received.get("webhook-timestamp")
    signatures = received.get("webhook-signature")
    if not (message_id and signatures and re.fullmatch(r"[0-9]{1,12}", timestamp or "", re.ASCII)):
        return "headers"
    if abs(now - int(timestamp)) > TOLERANCE:
        return "timestamp"
    given = [signature.encode() for signature in signatures.split(" ")[:8]]
    matches = False
    for key in keys(secrets):
        expected = sign(key, message_id, timestamp, body).encode()
        # No early end: the time taken tells nothing about which secret is close.
        matches |= any([hmac.compare_digest(expected, candidate) for candidate in given])
    return None if matches else "signature"
