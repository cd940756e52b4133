"""What may leave the dealer about a customer's feedback. No database here.

One function decides, with a list of what is allowed at each level; whatever is not on the list
stays. A vehicle's number and a free text are personal data like a name is.
"""

import hashlib
import hmac
import re
import unicodedata

from . import vin as vin_tools

AGGREGATE, PSEUDONYMOUS, IDENTIFIED = LEVELS = ("aggregate", "pseudonymous", "identified")
KINDS = ("preference", "concern", "suggestion", "complaint", "praise")
SEVERITIES = ("low", "medium", "high")
TEXT_LIMIT = 5000
KM_STEP = 10_000

_EVERY_LEVEL = ("kind", "topic", "severity", "brand", "model", "model_year", "month")
_PSEUDONYMOUS = (
    *_EVERY_LEVEL, "reference", "day", "text", "vin_pattern", "odometer_about", "customer_token", "informed_on",
    "solved", "rating", "reply", "dispute",
)  # fmt: skip
#: The allow-list.
ALLOWED = {
    AGGREGATE: _EVERY_LEVEL,
    PSEUDONYMOUS: _PSEUDONYMOUS,
    IDENTIFIED: (
        *_PSEUDONYMOUS, "vin", "odometer", "customer_name", "customer_email", "customer_phone", "language",
    ),
}  # fmt: skip
#: What people write: cleaned of what points to a person, unless the customer is named anyway.
FREE_TEXTS = ("text", "reply", "dispute")
NUMBERS = ("model_year", "odometer", "odometer_about", "rating")

_PATTERNS = (
    ("[e-mail]", re.compile(r"[\w.+%'-]+\s?@\s?[\w-]+(?:\.[\w-]+)+")),
    ("[account]", re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){3,7}(?:[ -]?[A-Z0-9]{1,3})?\b", re.I)),
    ("[VIN]", re.compile(r"\b(?=(?:\w*\d){3})[A-HJ-NPR-Z0-9]{17}\b", re.I)),
    ("[identity]", re.compile(r"\b(?:\d{2}[ .]?\d{3}[ .]?\d{3}|[XYZ][ -]?\d{7})[ -]?[A-Z]\b", re.I)),
    ("[plate]", re.compile(r"\b\d{4}[ -]?[BCDFGHJ-NPRSTV-Z]{3}\b|\b[A-Z]{1,2}[ -]?\d{4}[ -]?[A-Z]{1,2}\b", re.I)),
)
_PHONE = re.compile(r"(?<!\w)(?:\+|00)?\d(?:[ ().\-/]*\d){6,}(?!\w)")


def feedback_data(facts, level, key):
    """Return what is told to the maker.

    :param facts: what the dealer knows: ``kind``, ``topic``, ``severity``, ``brand``, ``model``, ``model_year``,
        ``reference``, ``day`` (ISO), ``text``, ``vin``, ``plate``, ``odometer``, ``language``, ``customer_ref``,
        ``customer_name``, ``customer_email``, ``customer_phone``, ``informed_on``, ``solved``, ``rating``, ``reply``,
        ``dispute``
    :param level: one of ``LEVELS``
    :param key: the dealer's secret for tokens, as text
    :return: dict of allowed, non-empty values

    >>> facts = {"kind": "concern", "text": "Call me, Ana, at 600 000 101", "customer_name": "Ana Bosch",
    ...          "vin": "WVWZZZ1KZAW123456", "day": "2026-11-22", "customer_ref": "7", "plate": "1234KLM"}
    >>> feedback_data(facts, "aggregate", "k")
    {'kind': 'concern', 'month': '2026-11'}
    >>> data = feedback_data(facts, "pseudonymous", "k")
    >>> data["text"], data["vin_pattern"], "customer_name" in data, "vin" in data
    ('Call me, [name], at [phone]', 'WVWZZZ1K*AW******', False, False)
    >>> feedback_data(facts, "identified", "k")["vin"]
    'WVWZZZ1KZAW123456'
    """
    known = {
        **facts,
        "month": (facts.get("day") or "")[:7],
        "vin_pattern": vin_tools.pattern(facts.get("vin") or ""),
        "odometer_about": round((facts.get("odometer") or 0) / KM_STEP) * KM_STEP,
        "customer_token": token(key, facts["customer_ref"]) if facts.get("customer_ref") else "",
    }
    for name in FREE_TEXTS:
        text = (facts.get(name) or "")[:TEXT_LIMIT]
        known[name] = (text if level == IDENTIFIED else _scrub_facts(text, facts))[:TEXT_LIMIT]
    allowed = ((name, known.get(name)) for name in ALLOWED[level])
    return {name: value for name, value in allowed if value or value is False and name == "solved"}


def _scrub_facts(text, facts):
    numbers = [facts.get(name) for name in ("plate", "vin", "customer_phone", "customer_email")]
    return scrub(text, names=[facts.get("customer_name")], numbers=numbers)


def token(key, reference):
    """Return a name for a customer that only the dealer can lead back to a person.

    >>> len(token("secret", "12")), token("secret", "12") == token("other", "12")
    (32, False)
    """
    return hmac.new(key.encode(), f"customer:{reference}".encode(), hashlib.sha256).hexdigest()[:32]


def scrub(text, names=(), numbers=()):
    """Return a text without what points to a person: better a word too many than one too few.

    :param names: the customer's name; every word of it goes
    :param numbers: plate, VIN, phone... known of the customer, removed however they are spaced

    >>> scrub("Mail a.b@example.com, DNI 12345678-Z, plate 1234 klm, tel. (+34) 600-000-101.")
    'Mail [e-mail], DNI [identity], plate [plate], tel. ([phone].'
    >>> scrub("Bought on 2024-05-01 for 21.500 euros, 18234 km")
    'Bought on 2024-05-01 for 21.500 euros, 18234 km'
    >>> scrub("bosch, ANA: car b 1 2 x", names=["Ana Bosch"], numbers=["B12X"])
    '[name], [name]: car [number]'
    """
    text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    for number in filter(None, numbers):
        text = _spaced(number).sub("[number]", text)
    for label, pattern in _PATTERNS:
        text = pattern.sub(label, text)
    text = _PHONE.sub(lambda match: "[phone]" if _digits(match[0]) >= 9 else match[0], text)
    for name in filter(None, names):
        text = _without_name(text, name)
    return text


def accept(data):
    """Return what arrived at the maker's: known fields of the right shape, the others dropped.

    :raise ValueError: with the name of the field that makes it unusable

    >>> accept({"kind": "praise", "text": "Fine", "unknown": 1, "model_year": 2024})
    {'kind': 'praise', 'model_year': 2024, 'text': 'Fine'}
    >>> accept({"kind": "x"})
    Traceback (most recent call last):
    ValueError: kind
    """
    if data.get("kind") not in KINDS:
        raise ValueError("kind")
    if data.get("severity", "medium") not in SEVERITIES:
        raise ValueError("severity")
    accepted = {}
    for name in ALLOWED[IDENTIFIED]:
        value = data.get(name)
        if value is None:
            continue
        if not _fits(name, value):
            raise ValueError(name)
        accepted[name] = value
    return accepted


def _fits(name, value):
    if name == "solved":
        return isinstance(value, bool)
    if name in NUMBERS:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    return isinstance(value, str) and len(value) <= (TEXT_LIMIT if name in FREE_TEXTS else 256) and "\x00" not in value


def _digits(text):
    return sum(char.isdigit() for char in text)


def _spaced(number):
    """Match a number with any separators between its characters."""
    chars = [re.escape(char) for char in number if char.isalnum()]
    return re.compile(r"(?<!\w)\+?" + r"[\s.\-/()@_]*".join(chars) + r"(?!\w)", re.I)


def _without_name(text, name):
    """Replace the words of a name, however their accents are written.

    >>> _without_name("José NUNEZ, Nuñez", "Jose Núñez")
    '[name] [name], [name]'
    """
    words = {re.escape(word) for word in re.findall(r"\w+", _plain(name)) if len(word) > 1}
    if not words:
        return text
    parts, end = [], 0
    for match in re.finditer(r"\b(?:" + "|".join(sorted(words, key=len, reverse=True)) + r")\b", _plain(text), re.I):
        parts += [text[end : match.start()], "[name]"]
        end = match.end()
    return "".join([*parts, text[end:]])


def _plain(text):
    """Return a text without accents, character by character: positions stay.

    >>> _plain("Núñez")
    'Nunez'
    """
    return "".join(unicodedata.normalize("NFKD", char)[0] for char in unicodedata.normalize("NFC", text))
