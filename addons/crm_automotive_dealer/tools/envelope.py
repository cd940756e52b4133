"""The outside of a message, shaped like a CloudEvent. No database here."""

import datetime
import json
import re

MAX_SIZE = 256 * 1024
SEQ_WIDTH = 12
TEXTS = ("id", "type", "subject")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def build(uuid, kind, subject, seq, data, **more):
    """Return the frozen text of a message: the same content gives the same bytes.

    :param kind: versioned type, for example ``automotive.feedback.submitted.v1``
    :param subject: uuid of the record it is about, also the ordering key
    :param more: source, time, correlation_id, disclosure, legal_basis

    >>> build("u", "t.v1", "s", 3, {"b": 1}, time="now")
    '{"data":{"b":1},"id":"u","seq":"000000000003","subject":"s","time":"now","type":"t.v1"}'
    """
    content = {"id": uuid, "type": kind, "subject": subject, "seq": str(seq).zfill(SEQ_WIDTH), "data": data, **more}
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def parse(raw):
    """Return the content of a message that came from outside, ``seq`` as a number.

    :param raw: bytes
    :raise ValueError: with a plain reason; nothing of the content is repeated in it

    >>> parse(b'{"id":"u","type":"t.v1","subject":"s","seq":"003","data":{}}')["seq"]
    3
    >>> parse(b'[]')
    Traceback (most recent call last):
    ValueError: not an object
    """
    content = read_object(raw)
    for key in TEXTS:
        if not isinstance(content.get(key), str) or not 0 < len(content[key]) <= 128:
            raise ValueError(f"no {key}")
    if not re.fullmatch(r"[0-9]{1,15}", str(content.get("seq")), re.ASCII):
        raise ValueError("no seq")
    if not isinstance(content.get("data"), dict):
        raise ValueError("no data")
    if b"\\u0000" in raw:  # no database text can hold it
        raise ValueError("control characters")
    return {**content, "seq": int(content["seq"])}


def read_object(raw):
    """Return a JSON object that came from outside.

    :param raw: bytes
    :raise ValueError: with a plain reason

    >>> read_object(b'{"a": 1}')
    {'a': 1}
    """
    try:
        content = json.loads(raw.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ValueError("not JSON in UTF-8") from None
    if not isinstance(content, dict):
        raise ValueError("not an object")
    return content


def day(content):
    """Return the day (UTC) on which a message was written, or None.

    >>> day({"time": "2026-11-25T10:00:00Z"}), day({"time": "soon"}), day({})
    (datetime.date(2026, 11, 25), None, None)
    """
    try:
        return datetime.date.fromisoformat(content["time"][:10])
    except (KeyError, TypeError, ValueError):
        return None


def is_uuid(text):
    """Tell whether a text is a uuid in its usual form.

    >>> is_uuid("0b3b0a3e-8d0c-4b8e-9f1e-3c7f6e1d2a10"), is_uuid("x"), is_uuid(None)
    (True, False, False)
    """
    return isinstance(text, str) and bool(UUID.fullmatch(text))


def _refuse(constant):
    raise ValueError(constant)
