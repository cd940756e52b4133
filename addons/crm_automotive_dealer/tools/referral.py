"""A maker's lead on its way to a dealer, and what comes back of it. No database here."""

import re

#: {field: longest text} of what a dealer is told.
TEXTS = {
    "number": 64, "name": 128, "company": 128, "email": 254, "phone": 64, "street": 128, "zip": 24, "city": 64,
    "country": 2, "lang": 16, "make": 64, "model": 64, "interest": 16, "comments": 4000, "respond_by": 32,
}  # fmt: skip
STATES = ("assigned", "withdrawn")
INTERESTS = ("buy", "lease", "test-drive")
#: How far a dealer is, in the order of a sale, as both ends show it; the last three end it.
STEPS = (
    ("late", "No reaction in time"),
    ("accepted", "Accepted"),
    ("contacted", "Customer contacted"),
    ("test_drive", "Test drive done"),
    ("quoted", "Quoted"),
    ("won", "Sold"),
    ("lost", "Lost"),
    ("declined", "Declined"),
)
OUTCOMES = ("sent", *dict(STEPS))
ENDS = ("won", "lost", "declined")
REASON_LIMIT = 128


def accept(data):
    """Return what a maker sent: known fields of the right shape, the others dropped.

    :raise ValueError: with the name of the field that makes it unusable

    >>> accept({"state": "assigned", "name": "Ana Bosch", "phone": "+34 600 000 101", "more": 1})["name"]
    'Ana Bosch'
    >>> accept({"state": "assigned", "name": "Ana Bosch"})
    Traceback (most recent call last):
    ValueError: phone
    >>> accept({"state": "assigned", "name": 7})
    Traceback (most recent call last):
    ValueError: name
    """
    if data.get("state") not in STATES:
        raise ValueError("state")
    accepted = {"state": data["state"]}
    for name, limit in TEXTS.items():
        value = data.get(name) or ""
        if not isinstance(value, str) or len(value) > limit or "\x00" in value:
            raise ValueError(name)
        accepted[name] = value
    if accepted["interest"] not in INTERESTS:
        accepted["interest"] = "buy"
    if data["state"] == "assigned":
        _require_contact(accepted)
    return accepted


def _require_contact(data):
    if not (data["name"] or data["company"]):
        raise ValueError("name")
    if not (data["email"] or data["phone"]):
        raise ValueError("phone")


def accept_outcome(data):
    """Return (outcome, reason) of what a dealer tells.

    :raise ValueError: with the name of the field that makes it unusable

    >>> accept_outcome({"outcome": "lost", "reason": "Too expensive"})
    ('lost', 'Too expensive')
    >>> accept_outcome({"outcome": "sent"})
    Traceback (most recent call last):
    ValueError: outcome
    """
    outcome, reason = data.get("outcome"), data.get("reason") or ""
    if outcome not in OUTCOMES[1:]:
        raise ValueError("outcome")
    if not isinstance(reason, str) or len(reason) > REASON_LIMIT or "\x00" in reason:
        raise ValueError("reason")
    return outcome, reason


def follows(now, then):
    """Tell whether an outcome is news: further on, or another end, or the sale goes on after an end.

    >>> follows("contacted", "quoted"), follows("quoted", "contacted"), follows("sent", "lost")
    (True, False, True)
    >>> follows("lost", "contacted"), follows("lost", "won"), follows("won", "quoted")
    (True, True, False)
    """
    if now in ENDS:
        return then != now and (then in ENDS or then == "contacted")
    return OUTCOMES.index(then) > OUTCOMES.index(now)


def same_region(zip_a, zip_b):
    """Return how many leading characters two postcodes share: the more, the nearer, mostly.

    >>> same_region("08021", "08 037"), same_region("08021", "28001"), same_region("", "08021")
    (3, 0, 0)
    """
    first, second = (re.sub(r"\W", "", text or "").upper() for text in (zip_a, zip_b))
    shared = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        shared += 1
    return shared
