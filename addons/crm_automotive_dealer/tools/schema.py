"""What a message of each kind says, as JSON schemas. No database here.

The schemas are files that both ends and anybody else can read: ``static/schemas/<type>.json``. What is not named there
is allowed and ignored, so that a newer sender may say more.
"""

import functools
import json
from pathlib import Path

import fastjsonschema

FOLDER = Path(__file__).parent.parent / "static" / "schemas"
ENVELOPE = "envelope.v1"


@functools.cache
def kinds():
    """Return the kinds that have a schema.

    >>> "automotive.feedback.submitted.v1" in kinds(), "../../x" in kinds()
    (True, False)
    """
    return frozenset(path.stem for path in FOLDER.glob("*.json"))


def problem(kind, data):
    """Return what is wrong with the content of a message, or None; nothing of the content is repeated.

    :param kind: type of a message; one without a schema is left to whoever understands it

    >>> problem("automotive.feedback.submitted.v1", {"kind": "praise", "more": 1})
    >>> problem("automotive.feedback.submitted.v1", {"kind": "praise", "text": 5})
    'data.text must be string'
    >>> problem("unknown.v1", {})
    """
    if kind not in kinds():
        return None
    try:
        _validator(kind)(data)
    except fastjsonschema.JsonSchemaValueException as error:
        return error.message
    return None


@functools.cache
def _validator(kind):
    return fastjsonschema.compile(_load(f"{kind}.json"), handlers={"": _load})


def _load(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))
