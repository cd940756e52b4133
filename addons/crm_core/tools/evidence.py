"""Fingerprints of documents and signatures, the same on every machine and in every year."""

import hashlib
import json

# The first signature has none before it.
NOTHING = "0" * 64
IMAGE_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
IMAGE_MOST = 500_000


def fingerprint(content):
    """Return the SHA-256 of bytes or text, as 64 hexadecimal digits.

    >>> fingerprint("contract")[:8], fingerprint(b"contract")[:8]
    ('cc8321d6', 'cc8321d6')
    """
    return hashlib.sha256(content.encode() if isinstance(content, str) else content or b"").hexdigest()


def seal(facts):
    """Return the fingerprint of a dict of plain values, whatever the order of its keys.

    >>> seal({"a": 1, "b": "é"}) == seal({"b": "é", "a": 1})
    True
    >>> seal({"a": 1}) == seal({"a": 2})
    False
    """
    return fingerprint(json.dumps(facts, sort_keys=True, ensure_ascii=True, separators=(",", ":")))


def is_signature_image(content):
    """Tell whether bytes are a picture a signature pad sends: PNG or JPEG, not huge.

    >>> is_signature_image(b"<svg onload=...>")
    False
    """
    return content.startswith(IMAGE_STARTS) and len(content) <= IMAGE_MOST
