"""The published schema of a form: its hash, its language, what it accepts. No database here.

A schema is ``{"lang", "title", "intro", "thanks", "fields"}``: ``lang`` is the form's own; texts are
``{language code: text}``. A field is ``{"key", "type", "label", "required", "maps_to"}`` and, by type,
``options`` (value and label), ``purpose`` (consent) and ``value`` (hidden: a constant).
"""

import hashlib
import json
import re

from odoo.addons.crm_core.tools.payload import clean_line, clean_text

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
# Names that mean something else in a request.
RESERVED = ("fields", "lang", "page_url", "referrer", "submission_key", "utm")
LINE_LIMIT = 256
TEXT_LIMIT = 10_000
EMAIL_LIMIT = 254
# What browsers take for an e-mail address (HTML, "valid e-mail address"), with a dot in the host
# and letters of any script.
EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+")
# A tab or a blank may come from a spreadsheet; the others come from nobody's keyboard (mail headers).
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
TICKED = ("1", "on", "true", "yes")
BOXES = ("checkbox", "consent")
# What helps browsers fill a field in, by where it goes (WCAG 1.3.5).
AUTOCOMPLETE = {
    "contact_name": "name",
    "company_name": "organization",
    "email": "email",
    "phone": "tel",
    "street": "street-address",
    "zip": "postal-code",
    "city": "address-level2",
    "country_code": "country",
}


def fingerprint(value):
    """Return the SHA-256 of anything JSON can hold, whatever the order of its keys.

    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def to_key(label, fallback="field"):
    """Return a technical key for a label.

    >>> to_key("Número de hab.?"), to_key("1 + 1"), to_key("")
    ('n_mero_de_hab', 'field_1_1', 'field')
    """
    key = re.sub(r"[^a-z0-9]+", "_", (label or "").lower()).strip("_")
    key = key if key[:1].isalpha() else f"{fallback}_{key}".strip("_")
    return key[:40]


def choose_lang(wanted, available, default):
    """Return the best language a form has.

    :param wanted: codes in order of preference, as browsers or hosts spell them

    >>> choose_lang(["ca", "es-ES"], ["en_US", "es_ES"], "en_US")
    'es_ES'
    >>> choose_lang(["pt"], ["en_US", "pt_BR"], "en_US"), choose_lang([], ["en_US"], "en_US")
    ('pt_BR', 'en_US')
    """
    for code in wanted:
        code = str(code or "").replace("-", "_")
        if code in available:
            return code
        similar = [name for name in available if name.split("_")[0].lower() == code.split("_")[0].lower()]
        if similar:
            return similar[0]
    return default


def localize(schema, lang):
    """Return a schema with its texts in one language, without what is nobody's business outside.

    >>> label = {"en_US": "Name", "ca_ES": "Nom"}
    >>> field = {"key": "name", "type": "text", "label": label, "required": True, "maps_to": "contact_name"}
    >>> localize({"title": {"en_US": "T"}, "fields": [field]}, "ca_ES")["fields"]
    [{'key': 'name', 'type': 'text', 'label': 'Nom', 'required': True, 'autocomplete': 'name'}]
    """
    langs = (lang, schema.get("lang"))
    fields = []
    for field in schema["fields"]:
        if field["type"] == "hidden" and field.get("value"):
            continue
        public = {"key": field["key"], "type": field["type"], "label": _text(field["label"], *langs)}
        public["required"] = field["required"]
        if field["maps_to"] in AUTOCOMPLETE:
            public["autocomplete"] = AUTOCOMPLETE[field["maps_to"]]
        if field["type"] == "choice":
            public["options"] = [{"value": o["value"], "label": _text(o["label"], *langs)} for o in field["options"]]
        fields.append(public)
    texts = {key: _text(schema.get(key), *langs) for key in ("title", "intro", "thanks")}
    return {**texts, "fields": fields}


def _text(texts, *langs):
    """Return a text in the first of these languages it has, else in any.

    >>> _text({"en_US": "Name", "ca_ES": ""}, "ca_ES", "en_US"), _text(None, "en_US")
    ('Name', '')
    """
    texts = texts or {}
    return next(filter(None, (texts.get(lang) for lang in (*langs, *texts))), "")


def validate(schema, values):
    """Return what was sent for the declared fields, cleaned, and what is wrong with it.

    Keys the form does not declare are not looked at: nothing else can be set from outside.

    :return: ({key: value}, {key: code}); codes: ``required``, ``email``, ``phone``, ``choice``,
        ``control``, ``long``

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
        clean[key], error = _check(field, values.get(key))
        if error:
            errors[key] = error
    return clean, errors


def _check(field, raw):
    """Return the clean value of one field and the code of what is wrong."""
    kind = field["type"]
    if kind in BOXES:
        value = raw is True or str(raw).lower() in TICKED
    elif kind == "hidden" and field.get("value"):
        return field["value"], None
    elif kind == "textarea":
        value = clean_text(raw, TEXT_LIMIT + 1)
    elif isinstance(raw, str) and CONTROL.search(raw.strip()):
        return clean_line(raw, LINE_LIMIT), "control"
    else:
        value = clean_line(raw, LINE_LIMIT + 1)
    if not value:
        return value, "required" if field["required"] else None
    return value, _complaint(field, value)


def _complaint(field, value):
    """Return the code of what is wrong with a value that is there.

    >>> _complaint({"type": "phone"}, "+34 600 000 101"), _complaint({"type": "phone"}, "call me")
    (None, 'phone')
    """
    kind = field["type"]
    if kind in BOXES:
        return None
    if len(value) > (TEXT_LIMIT if kind == "textarea" else EMAIL_LIMIT if kind == "email" else LINE_LIMIT):
        return "long"
    if kind == "email" and not EMAIL.fullmatch(value):
        return "email"
    if kind == "phone" and not is_phone(value):
        return "phone"
    if kind == "choice" and value not in [option["value"] for option in field["options"]]:
        return "choice"
    return None


def is_phone(value):
    """Tell whether a text can be a phone number, without knowing of which country.

    >>> is_phone("600 000 101"), is_phone("+34 (600) 000-101 ext. 2"), is_phone("12"), is_phone("x" * 9)
    (True, True, False, False)
    """
    digits = sum(char.isdigit() for char in value)
    return 5 <= digits <= 20 and sum(char.isalpha() for char in value) <= 5


def to_payload(schema, clean, lang):
    """Return the intake payload of a valid submission.

    Two fields that go to the same place: the first one does, the others are kept as answers.

    >>> field = {"key": "email", "type": "email", "maps_to": "email", "label": {"en_US": "E-mail"}}
    >>> to_payload({"fields": [field, {**field, "key": "other"}]}, {"email": "a@b.c", "other": "d@e.f"}, "en_US")
    {'answers': {'other': 'd@e.f'}, 'consents': [], 'email': 'a@b.c'}
    """
    payload = {"answers": {}, "consents": []}
    for field in schema["fields"]:
        value, target = clean.get(field["key"]), field["maps_to"]
        if not value:
            continue
        if field["type"] == "consent":
            text = _text(field["label"], lang, schema.get("lang"))
            payload["consents"].append({"purpose": field["purpose"], "decision": "granted", "text": text})
        elif target == "answer" or target in payload:
            payload["answers"][field["key"]] = "yes" if value is True else value
        else:
            payload[target] = value
    return payload


def tidy(html):
    """Return the HTML of a form with one element on each line, for people to read and paste.

    >>> print(tidy("<form>\\n\\n  <label>\\n  Name</label> <input />\\n</form>"))
    <form>
    <label>Name</label>
    <input />
    </form>
    """
    text = re.sub(r">\s+", ">", re.sub(r"\s+", " ", str(html))).strip()
    return re.sub(r"(?<=>)(?=</?(?:form|div|select)|<(?:label|input|textarea|option|button))", "\n", text)
