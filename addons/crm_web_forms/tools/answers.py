"""What visitors send: is it complete and possible, and where does it go. No database here."""

import datetime
import re

import phonenumbers

from odoo.addons.crm_core.tools.payload import clean_line, clean_text

from .conditions import holds
from .schema import BOXES, CHOICES, LINE_LIMIT, MARKS, TEXT_LIMIT, is_constant, text

EMAIL_LIMIT = 254
# What browsers take for an e-mail address (HTML, "valid e-mail address"), with a dot in the host
# and letters of any script.
EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+")
# A tab or a blank may come from a spreadsheet; the others come from nobody's keyboard (mail headers).
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
NUMBER = re.compile(r"[+-]?\d{1,15}([.,]\d{1,6})?", re.ASCII)
COUNTRY = re.compile(r"[A-Z]{2}")
TICKED = ("1", "on", "true", "yes")


def validate(schema, values):
    """Return what was sent for the declared fields, cleaned, and what is wrong with it.

    Keys the form does not declare are not looked at: nothing else can be set from outside. Fields
    whose condition does not hold are not asked: what was sent for them does not count.

    :return: ({key: value}, {key: code}); codes: ``required``, ``email``, ``phone``, ``choice``, ``number``,
        ``min``, ``max``, ``date``, ``early``, ``late``, ``country``, ``control``, ``long``

    >>> email = {"key": "email", "type": "email", "required": True}
    >>> news = {"key": "news", "type": "consent", "required": False}
    >>> validate({"fields": [email, news]}, {"email": " ana@example.com", "news": "on", "user_id": 1})
    ({'email': 'ana@example.com', 'news': True}, {})
    >>> validate({"fields": [email]}, {"email": "ana"})
    ({'email': 'ana'}, {'email': 'email'})
    """
    clean, errors = {}, {}
    for field in schema["fields"]:
        key = field["key"]
        if field["type"] in MARKS or field["type"] == "file" or not holds(field.get("if"), clean):
            continue
        clean[key], error = _check(field, values.get(key), clean)
        if error:
            errors[key] = error
    return clean, errors


def _check(field, raw, clean):
    """Return the clean value of one field and the code of what is wrong."""
    kind = field["type"]
    if is_constant(field):
        return field["value"], None
    if kind in BOXES:
        value = raw is True or (isinstance(raw, (str, int)) and str(raw).lower() in TICKED)
    elif kind == "multi":
        value = [clean_line(item, LINE_LIMIT + 1) for item in (raw if isinstance(raw, list) else [raw])[:200]]
        value = list(dict.fromkeys(filter(None, value)))
    elif kind == "textarea":
        value = clean_text(raw, TEXT_LIMIT + 1)
    elif isinstance(raw, str) and CONTROL.search(raw.strip()):
        return clean_line(raw, LINE_LIMIT), "control"
    else:
        value = clean_line(raw, LINE_LIMIT + 1)
    if not value:
        return value, "required" if field["required"] else None
    error = _complaint(field, value)
    if error:
        return value, error
    return CHECKS[kind](field, value, clean) if kind in CHECKS else (value, None)


def _complaint(field, value):
    """Return the code of what is wrong with a value that is there."""
    kind = field["type"]
    if kind in BOXES:
        return None
    if len(value) > (TEXT_LIMIT if kind == "textarea" else EMAIL_LIMIT if kind == "email" else LINE_LIMIT):
        return "long"
    if kind == "email" and not EMAIL.fullmatch(value):
        return "email"
    if kind in CHOICES:
        known = {option["value"] for option in field["options"]}
        return None if set(value if kind == "multi" else [value]) <= known else "choice"
    return None


# ------------------------------------------------------------
# By type: each returns (clean value, code)
# ------------------------------------------------------------


def _check_number(field, value, _clean):
    """Check a number; a decimal comma is as good as a point.

    >>> _check_number({"min": 1, "max": 5}, "2,50", {}), _check_number({"max": 5}, "6", {})
    (('2.5', None), ('6', 'max'))
    """
    if not NUMBER.fullmatch(value):
        return value, "number"
    number = float(value.replace(",", "."))
    if field.get("min") is not None and number < field["min"]:
        return value, "min"
    if field.get("max") is not None and number > field["max"]:
        return value, "max"
    return f"{number:.6f}".rstrip("0").rstrip("."), None


def _check_rating(field, value, _clean):
    """Check a rating, 1 to the field's maximum.

    >>> _check_rating({"max": 5}, "5", {}), _check_rating({"max": 5}, "6", {})
    (('5', None), ('6', 'choice'))
    """
    possible = [str(number) for number in range(1, int(field.get("max") or 5) + 1)]
    return value, None if value in possible else "choice"


def _check_date(field, value, _clean):
    """Check a date as browsers send it.

    >>> _check_date({}, "2026-02-30", {}), _check_date({"min": "2026-01-01"}, "2025-12-31", {})
    (('2026-02-30', 'date'), ('2025-12-31', 'early'))
    """
    try:
        date = datetime.date.fromisoformat(value)
    except ValueError:
        return value, "date"
    # "today" is another day elsewhere: one more is allowed on each side.
    first, last = _to_date(field.get("min"), -1), _to_date(field.get("max"), 1)
    if first and date < first:
        return value, "early"
    if last and date > last:
        return value, "late"
    return date.isoformat(), None


def _to_date(value, slack):
    """Return the date a limit means: a certain one, or the day it is looked at."""
    if value == "today":
        return datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=slack)
    return datetime.date.fromisoformat(value) if value else None


def _check_country(_field, value, _clean):
    return value.upper(), None if COUNTRY.fullmatch(value.upper()) else "country"


def _check_phone(field, value, clean):
    """Check a phone number; one that can be dialled is kept as it is dialled from abroad.

    >>> _check_phone({"country": "ES"}, "600 000 101", {})
    ('+34 600 00 01 01', None)
    >>> _check_phone({"country": "ES", "country_key": "land"}, "06 12 34 56 78", {"land": "FR"})
    ('+33 6 12 34 56 78', None)
    >>> _check_phone({}, "call me", {}), _check_phone({}, "12345", {})
    (('call me', 'phone'), ('12345', None))
    """
    country = clean.get(field.get("country_key")) or field.get("country")
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        number = None
    if number and phonenumbers.is_valid_number(number):
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL), None
    # A number of another country, or of an office: people know their own number best, unless they chose the country.
    return value, None if is_phone(value) and not clean.get(field.get("country_key")) else "phone"


CHECKS = {
    "number": _check_number,
    "rating": _check_rating,
    "date": _check_date,
    "country": _check_country,
    "phone": _check_phone,
}


def is_phone(value):
    """Tell whether a text can be a phone number, without knowing of which country.

    >>> is_phone("600 000 101"), is_phone("+34 (600) 000-101 ext. 2"), is_phone("12"), is_phone("x" * 9)
    (True, True, False, False)
    """
    digits = sum(char.isdigit() for char in value)
    return 5 <= digits <= 20 and sum(char.isalpha() for char in value) <= 5


# ------------------------------------------------------------
# Where it goes
# ------------------------------------------------------------


def to_payload(schema, clean, lang):
    """Return the intake payload of a valid submission.

    Two fields that go to the same place: the first one does, the others are kept as answers.

    >>> field = {"key": "email", "type": "email", "maps_to": "email", "label": {"en_US": "E-mail"}}
    >>> to_payload({"fields": [field, {**field, "key": "other"}]}, {"email": "a@b.c", "other": "d@e.f"}, "en_US")
    {'answers': {'other': 'd@e.f'}, 'consents': [], 'email': 'a@b.c'}
    """
    payload = {"answers": {}, "consents": []}
    for field in schema["fields"]:
        value, target = clean.get(field["key"]), field.get("maps_to", "answer")
        if not value:
            continue
        if field["type"] == "consent":
            sentence = text(field["label"], lang, schema.get("lang"))
            payload["consents"].append({"purpose": field["purpose"], "decision": "granted", "text": sentence})
        elif target == "answer" or target in payload:
            payload["answers"][field["key"]] = "yes" if value is True else value
        elif target != "nowhere":
            payload[target] = value
    return payload


def score(schema, clean):
    """Return the points of the answers, or None if the form gives none.

    >>> options = [{"value": "Now", "points": 10}, {"value": "Later", "points": 2}]
    >>> when = {"key": "when", "type": "radio", "options": options}
    >>> stars = {"key": "stars", "type": "rating", "points": 2}
    >>> score({"fields": [when, stars]}, {"when": "Now", "stars": "4"}), score({"fields": []}, {})
    (18.0, None)
    """
    scored = [f for f in schema["fields"] if f.get("points") or any(o.get("points") for o in f.get("options", ()))]
    return sum((_points(field, clean.get(field["key"])) for field in scored), 0.0) if scored else None


def _points(field, value):
    if not value:
        return 0.0
    if field["type"] in CHOICES:
        chosen = value if isinstance(value, list) else [value]
        return sum(option.get("points") or 0.0 for option in field["options"] if option["value"] in chosen)
    return field["points"] * (float(value) if field["type"] in ("rating", "number") else 1)
