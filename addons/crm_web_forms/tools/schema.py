"""The published schema of a form: its hash, its language, its steps. No database here.

A schema is ``{"lang", "title", "intro", "thanks", "fields"}``: ``lang`` is the form's own; texts are
``{language code: text}``. A field is ``{"key", "type", "label", "required", "maps_to"}`` and where it has
them ``help``, ``if`` (key, op, value: shown only then), ``group`` (key and label: asked together), and by
type ``options`` (value, label, points), ``min``, ``max``, ``step``, ``points``, ``purpose`` (consent),
``country`` (of phone numbers), ``country_key``, ``accept`` (file) and ``value`` (hidden: a constant).
"""

import hashlib
import json
import re

from odoo.addons.crm_core.tools.payload import clean_line

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
# Names that mean something else in a request.
RESERVED = ("fields", "lang", "page_url", "proof", "referrer", "submission_key", "utm", "version")
LINE_LIMIT = 256
TEXT_LIMIT = 10_000
BOXES = ("checkbox", "consent")
CHOICES = ("choice", "radio", "multi")
# Nothing is asked by these.
MARKS = ("section", "step")
# Several inputs are one question: they need a legend, not a label.
GROUPS = ("radio", "multi", "rating")
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
TEXTS = ("title", "intro", "thanks")
# What of a field pages may know besides its texts and options.
PUBLIC = ("key", "type", "required", "if", "min", "max", "step", "accept", "country_key")


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
    [{'key': 'name', 'type': 'text', 'required': True, 'label': 'Nom', 'autocomplete': 'name'}]
    """
    langs = (lang, schema.get("lang"))
    fields = [_localize_field(field, langs) for field in schema["fields"] if not is_constant(field)]
    return {**{key: text(schema.get(key), *langs) for key in TEXTS}, "fields": fields}


def _localize_field(field, langs):
    public = {name: field[name] for name in PUBLIC if name in field}
    public |= {name: text(field[name], *langs) for name in ("label", "help") if field.get(name)}
    if field.get("maps_to") in AUTOCOMPLETE:
        public["autocomplete"] = AUTOCOMPLETE[field["maps_to"]]
    if field.get("group"):
        public["group"] = {"key": field["group"]["key"], "label": text(field["group"]["label"], *langs)}
    if field.get("options"):
        public["options"] = [{"value": o["value"], "label": text(o["label"], *langs)} for o in field["options"]]
    return public


def is_constant(field):
    """Tell whether a hidden field says the same whatever is sent."""
    return field["type"] == "hidden" and bool(field.get("value"))


def split_steps(fields):
    """Return the steps of a form: [(label, fields)], one if it has none.

    >>> mark = {"type": "step", "label": "Two"}
    >>> split_steps([{"key": "a", "type": "text"}, mark, {"key": "b", "type": "text"}])
    [('', [{'key': 'a', 'type': 'text'}]), ('Two', [{'key': 'b', 'type': 'text'}])]
    """
    steps = [("", [])]
    for field in fields:
        if field["type"] != "step":
            steps[-1][1].append(field)
        elif steps == [("", [])]:
            steps = [(field["label"], [])]
        else:
            steps.append((field["label"], []))
    return steps


def group_fields(fields):
    """Return what is asked one after another: [(legend or None, fields)].

    >>> group = {"key": "address", "label": "Address"}
    >>> [(legend, len(some)) for legend, some in group_fields([{"group": group}, {"group": group}, {}])]
    [('Address', 2), (None, 1)]
    """
    found, last = [], None
    for field in fields:
        group = field.get("group")
        if group and last == group["key"]:
            found[-1][1].append(field)
        else:
            found.append((group["label"] if group else None, [field]))
        last = group["key"] if group else None
    return found


def text(texts, *langs):
    """Return a text in the first of these languages it has, else in any.

    >>> text({"en_US": "Name", "ca_ES": ""}, "ca_ES", "en_US"), text(None, "en_US")
    ('Name', '')
    """
    texts = texts or {}
    return next(filter(None, (texts.get(lang) for lang in (*langs, *texts))), "")


def first_line(value):
    """Return a value from a page's address as one line.

    >>> first_line(" A-1 ")
    'A-1'
    """
    return clean_line(value, LINE_LIMIT)


def tidy(html):
    """Return the HTML of a form with one element on each line, for people to read and paste.

    >>> print(tidy("<form>\\n\\n  <label>\\n  Name</label> <input />\\n</form>"))
    <form>
    <label>Name</label>
    <input />
    </form>
    """
    text = re.sub(r">\s+", ">", re.sub(r"\s+", " ", str(html))).strip()
    return re.sub(
        r"(?<=>)(?=</?(?:form|div|select|fieldset)|<(?:label|legend|input|textarea|option|button|h2))", "\n", text
    )
