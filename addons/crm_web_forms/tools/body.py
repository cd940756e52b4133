"""Read a JSON body from strangers. No database here."""

import json

FIELD_LIMIT = 200


def parse(raw):
    r"""Return the object in a request body.

    :param raw: bytes
    :raise ValueError: a sentence that says what is wrong

    >>> parse(b'{"a": 1}')
    {'a': 1}
    >>> parse(b'[1]')
    Traceback (most recent call last):
    ValueError: The body must be one JSON object.
    >>> parse(b'{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ValueError: The body names a key twice.
    >>> parse(b'[' * 60000)
    Traceback (most recent call last):
    ValueError: The body is no JSON.
    """
    try:
        data = json.loads(raw.decode("utf-8"), object_pairs_hook=_object)
    except RepeatedKey:
        raise ValueError("The body names a key twice.") from None
    except (ValueError, RecursionError):
        raise ValueError("The body is no JSON.") from None
    if not isinstance(data, dict):
        raise ValueError("The body must be one JSON object.")
    if len(data) > FIELD_LIMIT:
        raise ValueError("The body has too many keys.")
    return data


class RepeatedKey(Exception):
    """Which of two values counts must not depend on who reads them."""


def _object(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RepeatedKey
    return found


def text(value):
    """Return a short text, or nothing.

    >>> text("ca_ES"), text({"a": 1}), text(None)
    ('ca_ES', None, None)
    """
    return value[:64] if isinstance(value, str) else None
