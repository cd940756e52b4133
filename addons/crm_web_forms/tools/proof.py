"""Proof of work (ALTCHA, version 2): a little arithmetic for a person's browser, a lot for who sends millions.

No database here: that a challenge counts once is `crm.web.challenge`'s business.
"""

import base64
import json
import secrets
import time

import altcha

# One try costs so many rounds; about seventy tries find the number: a tenth of a second on a desktop.
COST = 2000
TRIES = (20, 120)
PREFIX = 4
LIFE = 2 * 3600
LENGTH_LIMIT = 4096


def make(secret, form):
    """Return a challenge as JSON can hold it.

    :param secret: the server's, a str
    :param form: what the challenge is for; it counts nowhere else
    """
    low, high = TRIES
    challenge = altcha.create_challenge(
        "PBKDF2/SHA-256",
        COST,
        counter=low + secrets.randbelow(high - low),
        key_prefix_length=PREFIX,
        expires_at=int(time.time()) + LIFE,
        data={"form": form},
        hmac_secret=secret,
        hmac_key_secret=f"{secret}:key",
    )
    return challenge.to_dict()


def solve(challenge):
    """Return what a browser sends for a challenge; for tests and for other programs.

    >>> check("s", solve(make("s", "a")), "a")[0], check("s", solve(make("s", "a")), "b")[0]
    ('solved', 'wrong')
    """
    parsed = altcha.Challenge.from_dict(challenge)
    return altcha.Payload(parsed, altcha.solve_challenge(parsed)).to_base64()


def check(secret, payload, form):
    """Return (what a proof is worth, the number of its challenge).

    :return: ``solved``, ``missing``, ``late`` (the challenge is too old) or ``wrong``; the number is
        that of a signed challenge, else None

    >>> check("s", None, "a"), check("s", "none", "a"), check("s", "e30=", "a")
    (('missing', None), ('missing', None), ('wrong', None))
    >>> check("other", solve(make("s", "a")), "a")
    ('wrong', None)
    """
    if not payload or payload == "none":
        return "missing", None
    if not isinstance(payload, str) or len(payload) > LENGTH_LIMIT:
        return "wrong", None
    try:
        content = json.loads(base64.b64decode(payload, validate=True))
        result = altcha.verify_solution(payload, secret, hmac_key_secret=f"{secret}:key")
        parameters = content["challenge"]["parameters"]
        if result.expired:
            return "late", None
        good = result.verified and parameters["data"]["form"] == form
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):  # no challenge of ours
        return "wrong", None
    return ("solved", parameters["nonce"]) if good else ("wrong", None)
