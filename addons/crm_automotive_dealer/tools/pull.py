"""What two ends say to each other when one fetches its messages from the other. No database here.

The end that cannot be reached asks ``{"limit": 20, "results": [...]}`` and gets ``{"messages": [...]}``; what became
of those messages are the results of its next question.
"""

import json

from . import envelope

LIMIT = 20
#: Bytes of messages in one answer; the rest comes with the next one.
MAX_BATCH = 1024 * 1024
#: Longest answer that is read: the text of messages grows as a text in JSON.
MAX_ANSWER = 4 * MAX_BATCH
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


def question(results=(), limit=LIMIT):
    """Return the bytes of a question.

    :param results: list of dicts with ``id``, ``lease``, ``status`` (as in HTTP) and ``body`` (the answer)
    :param limit: how many messages are wanted, none to report results only

    >>> question(limit=0)
    b'{"limit":0,"results":[]}'
    """
    return json.dumps({"limit": limit, "results": list(results)}, separators=(",", ":")).encode()


def read_question(raw):
    """Return how many messages are wanted and the results of former ones.

    :raise ValueError: with a plain reason

    >>> read_question(question([{"id": "a", "lease": "b", "status": 200, "body": {}}]))
    (20, [{'id': 'a', 'lease': 'b', 'status': 200, 'body': {}}])
    >>> read_question(b'{"limit": 1, "results": [{"id": "a", "lease": "b", "status": 0, "body": {}}]}')
    Traceback (most recent call last):
    ValueError: results
    """
    content = envelope.read_object(raw)
    limit, results = content.get("limit"), content.get("results")
    if type(limit) is not int or limit < 0:
        raise ValueError("limit")
    if not isinstance(results, list) or len(results) > 10 * LIMIT or not all(map(_is_result, results)):
        raise ValueError("results")
    return min(limit, LIMIT), results


def _is_result(result):
    return (
        isinstance(result, dict)
        and all(isinstance(result.get(name), str) and "\x00" not in result[name] for name in ("id", "lease"))
        and type(result.get("status")) is int
        and 200 <= result["status"] < 600
        and isinstance(result.get("body"), dict)
    )


def read_messages(body):
    """Return the messages of an answer that are whole; what is not comes again when its lease is over.

    >>> read_messages({"messages": [{"lease": "l", "headers": {}, "body": "{}"}, {"lease": "l"}, 3]})
    [{'lease': 'l', 'headers': {}, 'body': '{}'}]
    >>> read_messages({"messages": "x"})
    []
    """
    found = body.get("messages")
    return [message for message in found if _is_message(message)] if isinstance(found, list) else []


def _is_message(message):
    return (
        isinstance(message, dict)
        and isinstance(message.get("headers"), dict)
        and all(isinstance(message.get(name), str) for name in ("lease", "body"))
        and all(isinstance(value, str) for value in message["headers"].values())
    )
