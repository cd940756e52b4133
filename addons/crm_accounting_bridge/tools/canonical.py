"""One way to write the same thing, so that two of them can be compared by a hash."""

import hashlib
import json
from decimal import Decimal


def number(value, digits=6):
    """Return a number as text without what floating point adds.

    >>> number(0.1 + 0.2)
    '0.3'
    >>> number(-0.0000001)
    '0'
    >>> number(1200)
    '1200'
    """
    text = format(round(Decimal(repr(float(value or 0))), digits), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def digest(data):
    """Return the SHA-256 of some JSON data, whatever the order of its keys.

    >>> digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    True
    >>> digest({"a": 1}) == digest({"a": 2})
    False
    """
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
