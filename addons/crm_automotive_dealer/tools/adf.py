"""Read ADF 1.0 (Auto-lead Data Format), the XML that car portals and makers send leads in. No database here.

Real documents rarely follow the published DTD, so reading is lenient: what is understood is taken, what is not is
kept under ``extras``. It is safe as well: no document type, no entities, no network, a limit of size.
"""

import hashlib
import html
import re
from datetime import datetime, timezone

from dateutil import parser as dates
from lxml import etree

MAX_SIZE = 256 * 1024
INTERESTS = ("buy", "lease", "sell", "trade-in", "test-drive")
XML_ENTITIES = {"amp", "lt", "gt", "quot", "apos"}
# What a placeholder of the published examples says instead of an id.
NO_SOURCE = {"", "example"}

_OPEN = re.compile(r"<adf\b", re.IGNORECASE)
_CLOSE = re.compile(r"</adf\s*>", re.IGNORECASE)
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITY = re.compile(r"&(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]*)?(;?)", re.IGNORECASE)
_STRAY_LESS = re.compile(r"<(?![a-zA-Z/!?])")
_VEHICLE_TEXTS = ("year", "make", "model", "vin", "stock", "trim", "odometer", "condition", "price", "comments")


class Unreadable(ValueError):
    """A document no lead can be taken from; ``code`` is one of size, missing, doctype, syntax, empty."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


def read(raw):
    """Return the leads in a document.

    :param raw: bytes or text; XML alone or with a mail around it
    :return: list of dicts: ``status`` (new, resend), ``ids`` (list of [source, id]), ``requested`` (as written),
        ``vehicles``, ``customer``, ``vendor``, ``provider``, ``extras``, ``xml`` (the lead alone)
    :raise Unreadable: nothing can be taken from it

    >>> lead = read("Dear all, <?adf version='1.0'?><adf><prospect><customer><contact><name part='full'>Ana & Co"
    ...             "</name><email>a@b.example</email></contact></customer></prospect></adf> bye")[0]
    >>> lead["customer"]["name"], lead["customer"]["email"], lead["status"]
    ('Ana & Co', 'a@b.example', 'new')
    >>> read("<!DOCTYPE a [<!ENTITY b 'c'>]><adf>&b;</adf>")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    Unreadable: doctype
    """
    text = _decode(raw)
    documents = _locate(text)
    leads = [_lead(element) for document in documents for element in _all(_parse(document), "prospect")]
    if not leads:
        raise Unreadable("empty")
    return leads


def key(lead):
    """Return what makes a lead the same one again: ADF has no number of its own.

    The sender's ids where there are any; else who asks for what, and when.

    >>> one = {"provider": {"name": "Portal"}, "ids": [["portal", "7"]], "vehicles": [], "customer": {}}
    >>> key(one) == key({**one, "customer": {"email": "x@y.example"}})
    True
    >>> key(one) == key({**one, "ids": [["portal", "8"]]})
    False
    """
    provider = lead["provider"].get("name", "")
    ids = [f"{source}={value}" for source, value in lead["ids"] if value and source.lower() not in NO_SOURCE]
    if not ids:
        customer = lead["customer"]
        who = (customer.get("email") or re.sub(r"\D", "", customer.get("phone", ""))).lower()
        wished = [f"{v.get('make', '')} {v.get('model', '')}".lower() for v in lead["vehicles"]]
        ids = [who, *sorted(wished), lead.get("requested", "")]
    return hashlib.sha256("\n".join([provider, *sorted(ids)]).encode()).hexdigest()


def fingerprint(lead):
    """Return a hash of all that a lead says: a second message about it says something new, or not."""
    return hashlib.sha256(lead["xml"].encode()).hexdigest()


def read_date(text):
    """Return a moment in UTC without time zone as best as it can be read, or None.

    >>> read_date("2000-03-30T15:30:20-08:0"), read_date("3/30/2000 3:30PM"), read_date("soon")
    (datetime.datetime(2000, 3, 30, 23, 30, 20), datetime.datetime(2000, 3, 30, 15, 30), None)
    >>> read_date("1735689600")
    datetime.datetime(2025, 1, 1, 0, 0)
    """
    text = (text or "").strip()
    try:
        if re.fullmatch(r"\d{10}", text):
            return datetime.fromtimestamp(int(text), timezone.utc).replace(tzinfo=None)
        found = dates.parse(re.sub(r"([+-]\d\d:\d)$", r"\g<1>0", text))
    except (ValueError, OverflowError):
        return None
    return found.astimezone(timezone.utc).replace(tzinfo=None) if found.tzinfo else found


def whole_number(text):
    """Return the digits of a number with whatever stands around them, or 0.

    >>> whole_number("$ 12,500.00"), whole_number("84.000 km"), whole_number(None)
    (12500, 84000, 0)
    """
    found = re.search(r"\d{1,3}(?:[.,\s]\d{3})+(?!\d)|\d+", text or "")
    value = int(re.sub(r"\D", "", found.group())) if found else 0
    return value if value < 10**9 else 0


# -- reading ------------------------------------------------------------------


def _decode(raw):
    """Return the text of what may be in any encoding."""
    if isinstance(raw, str):
        text = raw
    elif raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = raw.decode("utf-16", "replace")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252", "replace")
    if len(text) > MAX_SIZE:
        raise Unreadable("size")
    return _NOT_XML.sub("", text)


def _locate(text):
    """Return the ADF documents in a text; a mail program may have escaped them."""
    if not _cut(text) and "&lt;adf" in text.lower():
        text = html.unescape(text)
    if re.search(r"<!\s*(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise Unreadable("doctype")
    found = _cut(text)
    if not found:
        raise Unreadable("missing")
    return found


def _cut(text):
    """Return the parts from each ``<adf`` to its end; reads a text once, however often one begins in it.

    >>> _cut("a <adf>1</adf> b <ADF x='y'>2</ADF > <adf>"), _cut("<adf " * 50_000)
    (['<adf>1</adf>', "<ADF x='y'>2</ADF >"], [])
    """
    found, end = [], 0
    for begin in _OPEN.finditer(text):
        if begin.start() < end:
            continue
        close = _CLOSE.search(text, begin.end())
        if not close:
            break
        end = close.end()
        found.append(text[begin.start() : end])
    return found


def _parse(document):
    """Return the root of one document, after one try to mend what string templates break."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(document.encode(), parser)
    except etree.XMLSyntaxError:
        try:
            return etree.fromstring(_mend(document).encode(), parser)
        except etree.XMLSyntaxError as error:
            raise Unreadable("syntax", error.msg) from None


def _mend(document):
    """Escape what stands for itself, and replace the entities that only HTML knows."""

    def entity(match):
        name, end = match.groups()
        if end and name and (name.startswith("#") or name in XML_ENTITIES):
            return match.group()
        known = html.unescape(f"&{name};") if name and end else None
        return known if known and not known.startswith("&") else f"&amp;{match.group()[1:]}"

    return _STRAY_LESS.sub("&lt;", _ENTITY.sub(entity, document))


def _tag(element):
    return etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""


def _all(element, name):
    """Return the children with a name, in any case and name space."""
    return [child for child in element if _tag(child) == name] if element is not None else []


def _one(element, name):
    return next(iter(_all(element, name)), None)


def _text(element, name=None):
    """Return the text of an element or of its first child with a name."""
    element = _one(element, name) if name else element
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def _lines(element, name):
    element = _one(element, name)
    return "".join(element.itertext()).strip() if element is not None else ""


def _attribute(element, name):
    return (element.get(name) or "").strip()


def _ids(element):
    return [[_attribute(child, "source"), _text(child)] for child in _all(element, "id") if _text(child)]


def _lead(element):
    status = _attribute(element, "status").lower()
    customer = _one(element, "customer")
    provider, vendor = _one(element, "provider"), _one(element, "vendor")
    return {
        "status": "resend" if status == "resend" else "new",
        "ids": _ids(element),
        "requested": _text(element, "requestdate"),
        "vehicles": [_vehicle(child) for child in _all(element, "vehicle")],
        "customer": _customer(customer),
        "vendor": {"ids": _ids(vendor), "name": _text(vendor, "vendorname")},
        "provider": {"ids": _ids(provider), "name": _text(provider, "name"), "service": _text(provider, "service")},
        "extras": _extras(element, ("id", "requestdate", "vehicle", "customer", "vendor", "provider")),
        "xml": etree.tostring(element, encoding="unicode", with_tail=False),
    }


def _vehicle(element):
    interest = _attribute(element, "interest").lower()
    odometer = _one(element, "odometer")
    color = _one(element, "colorcombination")
    price = _one(element, "price")
    return {
        **{name: _text(element, name) for name in _VEHICLE_TEXTS if _text(element, name)},
        "interest": interest if interest in INTERESTS else "buy",
        "status": "used" if _attribute(element, "status").lower() == "used" else "new",
        **({"unit": _attribute(odometer, "units").lower()} if odometer is not None else {}),
        **({"currency": _attribute(price, "currency").upper()} if price is not None else {}),
        **({"color": _text(color, "exteriorcolor")} if _text(color, "exteriorcolor") else {}),
        "options": [_text(child, "optionname") for child in _all(element, "option") if _text(child, "optionname")],
        "extras": _extras(element, (*_VEHICLE_TEXTS, "option", "colorcombination", "imagetag", "id")),
    }


def _customer(element):
    """Return who asks; every key is there, the values may be empty."""
    contact = _one(element, "contact")
    address = _one(contact, "address")
    phones, mails = _all(contact, "phone"), _all(contact, "email")
    timeframe = _one(element, "timeframe")
    preferred = [child for child in (*phones, *mails) if _attribute(child, "preferredcontact") == "1"]
    return {
        **_names(contact),
        "email": next((_text(mail) for mail in mails if "@" in _text(mail)), ""),
        "phone": _text(_best_phone(phones)),
        "phones": [_text(phone) for phone in phones if _text(phone)],
        "preferred": _tag(preferred[0]) if preferred else "",
        "time": next((_attribute(phone, "time").lower() for phone in phones if _attribute(phone, "time")), ""),
        "street": ", ".join(filter(None, (_text(street) for street in _all(address, "street")))),
        "city": _text(address, "city"),
        "region": _text(address, "regioncode"),
        "zip": _text(address, "postalcode"),
        "country": _text(address, "country"),
        "timeframe": _text(timeframe),
        "comments": _lines(element, "comments"),
    }


def _best_phone(phones):
    """Return the phone to call: the preferred one, a cell phone, the first; never a fax."""
    usable = [phone for phone in phones if _text(phone) and _attribute(phone, "type").lower() not in ("fax", "pager")]

    def rank(phone):
        preferred = _attribute(phone, "preferredcontact") == "1"
        return not preferred, _attribute(phone, "type").lower() != "cellphone"

    return min(usable, key=rank, default=None)


def _names(contact):
    """Return ``name`` of the person and ``company``."""
    parts, company = {}, ""
    for element in _all(contact, "name"):
        if _attribute(element, "type").lower() == "business":
            company = company or _text(element)
        else:
            parts.setdefault(_attribute(element, "part").lower() or "full", _text(element))
    pieces = (parts.get(part) for part in ("first", "middle", "surname", "last"))
    return {"name": parts.get("full") or " ".join(filter(None, pieces)), "company": company}


def _extras(element, known):
    """Return what is not read elsewhere, as {name: text}: nothing of a lead is lost."""
    return {_tag(child): _text(child) for child in element if _tag(child) not in known and _text(child)}
