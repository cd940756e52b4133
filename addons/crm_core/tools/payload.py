"""Clean what arrives from outside, before anything looks at it. No database here."""

import re
import unicodedata

LINE_LIMIT = 256
TEXT_LIMIT = 20_000
# Every control and format character but the ones a paragraph needs; CR and LF in a one-line
# field are how mail headers are injected.
_ALLOWED_IN_TEXT = "\n\t"

LINES = (
    "name",
    "contact_name",
    "company_name",
    "email",
    "phone",
    "street",
    "zip",
    "city",
    "country_code",
    "vat",
    "lang",
)


def clean_line(value, limit=LINE_LIMIT):
    r"""Return one line of plain text: no control characters, single blanks, cut to a limit.

    >>> clean_line("  Ana\r\nBcc: x@y.z  ")
    'Ana Bcc: x@y.z'
    >>> clean_line(None), clean_line(12), clean_line({"a": 1})
    ('', '12', '')
    """
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        return ""
    text = str(value)
    if not text.isprintable():
        text = "".join(" " if _is_control(char) else char for char in text)
    return re.sub(r"\s+", " ", text).strip()[:limit]


def clean_text(value, limit=TEXT_LIMIT):
    r"""Return paragraphs of plain text.

    >>> clean_text("one\r\ntwo\x00")
    'one\ntwo'
    """
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        return ""
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    lines = (line if line.isprintable() else _drop_controls(line) for line in text.split("\n"))
    return "\n".join(lines).strip()[:limit]


def clean_payload(payload):
    """Return the known keys of an intake payload, cleaned; see `crm.intake` for the keys.

    >>> clean_payload({"email": " A@B.C ", "x": 1, "utm": {"source": "ad", "z": 2}})["email"]
    'A@B.C'
    """
    cleaned = {key: clean_line(payload.get(key)) for key in LINES}
    cleaned["message"] = clean_text(payload.get("message"))
    utm = payload.get("utm") if isinstance(payload.get("utm"), dict) else {}
    cleaned["utm"] = {key: clean_line(utm.get(key), 64) for key in ("source", "medium", "campaign")}
    cleaned["tags"] = [clean_line(tag, 64) for tag in _items(payload.get("tags"))]
    cleaned["consents"] = [consent for consent in _items(payload.get("consents")) if isinstance(consent, dict)]
    answers = payload.get("answers") if isinstance(payload.get("answers"), dict) else {}
    cleaned["answers"] = {clean_line(key, 128): _answer(value) for key, value in answers.items()}
    return cleaned


def flatten(data, prefix=""):
    """Return what a cleaned payload says as (name, text) pairs, empty values left out.

    >>> flatten({"email": "a@b.c", "phone": "", "utm": {"source": "ad"}, "tags": ["x", "y"]})
    [('email', 'a@b.c'), ('utm source', 'ad'), ('tags', 'x, y')]
    >>> flatten({"consents": [{"purpose": "news", "decision": "granted", "text": ""}]})
    [('consents', 'news: granted')]
    """
    rows = []
    for key, value in data.items():
        name = f"{prefix} {key}".strip()
        if isinstance(value, dict):
            rows += flatten(value, name)
        elif isinstance(value, list):
            rows += [(name, ", ".join(_item(item) for item in value))] if value else []
        elif value:
            rows.append((name, value))
    return rows


def _item(item):
    parts = [str(part) for part in item.values() if part] if isinstance(item, dict) else [str(item)]
    return clean_line(": ".join(parts))


def _answer(value):
    """Return an answer as text: lists become comma separated.

    >>> _answer(["a", "b"])
    'a, b'
    """
    if isinstance(value, list):
        return ", ".join(clean_line(item) for item in value)
    return clean_text(value, 4000)


def _items(value):
    return value if isinstance(value, list) else []


def _drop_controls(line):
    return "".join(char for char in line if char in _ALLOWED_IN_TEXT or not _is_control(char))


def _is_control(char):
    # Cf holds the direction marks that make text read otherwise than it is stored.
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
