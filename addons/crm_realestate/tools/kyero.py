"""Write and read property feeds of version 3 of Kyero's format, one property at a time. No database here.

The rules are those of https://help.kyero.com/estate-agents/xml-import-specification; children of a property may
come in any order, 0 and an empty element mean unknown.
"""

import codecs
import re
from urllib.parse import quote, urlsplit, urlunsplit

from lxml import etree

LANGUAGES = ("ca", "da", "de", "en", "es", "fi", "fr", "it", "nl", "no", "pt", "ru", "sv")
MAX_FEATURES, MAX_FEATURE, MAX_IMAGES, MAX_ID = 50, 35, 50, 50
MAX_PROPERTIES, MAX_TEXT, MAX_TITLE = 200_000, 60_000, 80
FREQUENCIES = ("sale", "month")
# What people write for our types of property.
TYPES = {
    "apartment": "flat", "flat": "flat", "duplex": "flat", "penthouse": "penthouse", "studio": "studio",
    "villa": "villa", "house": "house", "detached house": "house", "country house": "house", "finca": "house",
    "bungalow": "house", "town house": "townhouse", "townhouse": "townhouse", "terraced house": "townhouse",
    "commercial": "premises", "shop": "premises", "office": "office", "warehouse": "industrial",
    "garage": "parking", "parking": "parking", "storage room": "storage", "land": "land", "plot": "land",
    "building": "building",
}  # fmt: skip


class FeedError(Exception):
    """The file as a whole cannot be read; the text says why: ``doctype``, ``size``, ``syntax`` and a place."""


def write(target, header, rows):
    """Write a feed, holding one property at a time.

    :param target: binary file
    :param header: ``generated`` (``YYYY-MM-DD HH:MM:SS``) and ``agent`` ({name, email, tel...})
    :param rows: dicts as :func:`to_element` takes them, or what it made of them
    :return: how many were written

    >>> import io
    >>> out = io.BytesIO()
    >>> write(out, {"generated": "2026-01-01 00:00:00", "agent": {"name": "A & B"}}, [{"id": "1", "price": 5}])
    1
    >>> out.getvalue().decode()[39:121]
    '<root><kyero><feed_version>3</feed_version><feed_generated>2026-01-01 00:00:00</fe'
    """
    count = 0
    with etree.xmlfile(target, encoding="utf-8") as xml:
        xml.write_declaration()
        with xml.element("root"):
            xml.write(_tree("kyero", {"feed_version": "3", "feed_generated": header["generated"]}))
            xml.write(_tree("agent", header["agent"]))
            for row in rows:
                xml.write(row if etree.iselement(row) else to_element(row))
                count += 1
    return count


def to_element(row):
    """Return the ``property`` element of a row.

    :param row: names as in the format; ``desc`` and ``url`` by language, ``features`` and ``images`` lists, a floor
        plan among the images as (address, True)
    """
    element = etree.Element("property")
    for name, value in row.items():
        if name == "features":
            value = {"feature": [str(one)[:MAX_FEATURE] for one in value[:MAX_FEATURES]]}
        if name == "images":
            element.append(_images(value[:MAX_IMAGES]))
        elif value is not False and value not in (None, "", {}, []):
            element.append(_tree(name, value))
    return element


def _tree(name, value):
    """Return an element with text, or with the children of a dict; a list repeats the child."""
    element = etree.Element(name)
    if not isinstance(value, dict):
        element.text = clean(str(value))
        return element
    for child, inner in value.items():
        for one in inner if isinstance(inner, list) else [inner]:
            element.append(_tree(child, one))
    return element


def _images(images):
    element = etree.Element("images")
    for number, (address, is_plan) in enumerate(images, 1):
        image = etree.SubElement(element, "image", id=str(number))
        etree.SubElement(image, "url").text = address
        if is_plan:
            etree.SubElement(etree.SubElement(image, "tags"), "tag").text = "floorplan"
    return element


def clean(text):
    r"""Return a text without the characters XML cannot hold.

    >>> clean("a\x00b\x0bc\nd")
    'abc\nd'
    """
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


# ------------------------------------------------------------
# Reading
# ------------------------------------------------------------


def split_title(text):
    r"""Return a title and the rest of a description; one without a title keeps its first line as well.

    >>> split_title("Bright flat\n\nWith a view.\nQuiet.")
    ('Bright flat', 'With a view.\nQuiet.')
    >>> split_title("Bright flat\nwith a view.")
    ('Bright flat', 'Bright flat\nwith a view.')
    """
    first, _gap, rest = text.partition("\n\n")
    if rest and "\n" not in first and len(first) <= MAX_TITLE:
        return first, rest.strip()
    return text.partition("\n")[0][:MAX_TITLE].strip(), text


def read(source, limit=MAX_PROPERTIES):
    """Yield (values, defects) for each property of a feed; nothing in a property stops the others.

    ``values`` has only what the property tells: ``key`` (its ``id``, else its ``ref``), ``ref``, ``operation``,
    ``price`` (number), ``currency``, ``type`` (a code of ours), ``town``, ``province``, ``latitude``, ``longitude``,
    ``beds``, ``baths``, ``area_built``, ``area_plot``, ``energy``, ``emissions``, ``desc`` ({language: text}),
    ``location_detail``, ``condition``, ``features``, ``images``, ``cadastral_ref``.
    ``defects`` are codes: ``key``, ``price``, ``place``, ``plot``...

    :param source: seekable binary file
    :raise FeedError: a document type, entities, a broken file, too many properties
    """
    encoding = None if _is_utf8(source) else "iso-8859-1"
    # Entities stay unresolved, nothing is fetched, and the parser's own limits on depth and size hold.
    events = etree.iterparse(
        source, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        encoding=encoding,
    )  # fmt: skip
    count = 0
    try:
        for event, element in events:
            if event == "start":
                _check_safe(element)
                continue
            if element.tag != "property" or element.getparent() is None or element.getparent().tag != "root":
                continue
            count += 1
            if count > limit:
                raise FeedError(f"size: more than {limit} properties")
            yield parse(element)
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise FeedError(f"syntax: {error}") from error


def _check_safe(element):
    """Refuse a document type before anything of the document is used."""
    if element.getparent() is None and element.getroottree().docinfo.doctype:
        raise FeedError("doctype: a feed needs none")


def _is_utf8(source):
    """Tell whether a file is valid UTF-8; some systems declare it and write something else."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := source.read(1 << 20):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        source.seek(0)
    return True


def parse(element):
    """Return (values, defects) of one ``property`` element.

    >>> node = etree.fromstring(
    ...     "<property><id>7</id><price>249.500</price><price_freq>month</price_freq><type>Apartment</type>"
    ...     "<beds>0</beds><surface_area><built>64</built><plot>---</plot></surface_area>"
    ...     "<images><image><url>http://x.example/a b.jpg</url></image></images></property>")
    >>> values, defects = parse(node)
    >>> values["key"], values["operation"], values["price"], values["type"], values["area_built"]
    ('7', 'rent', 249500.0, 'flat', 64.0)
    >>> "beds" in values, values["images"], defects
    (False, [('http://x.example/a%20b.jpg', False)], ['plot'])
    """
    told, defects = {}, []
    text = lambda path: (element.findtext(path) or "").strip()[:MAX_TEXT]  # noqa: E731
    told["key"] = (text("id") or text("ref"))[:MAX_ID]
    if not told["key"]:
        defects.append("key")
    told |= {
        "ref": text("ref")[:255],
        "currency": text("currency")[:3].upper(),
        "cadastral_ref": "".join(text("catastral").split())[:20],
    }
    told |= {name: text(name)[:100] for name in ("town", "province", "location_detail")}
    frequency = text("price_freq").lower() or "sale"
    told["operation"] = {"sale": "sale", "month": "rent"}.get(frequency)
    if not told["operation"]:
        defects.append("price_freq")
    told["type"] = TYPES.get(text("type").lower())
    if text("type") and not told["type"]:
        defects.append("type")
    told |= _numbers(text, defects)
    told |= _place(text, defects)
    for name, path in (("energy", "energy_rating/consumption"), ("emissions", "energy_rating/emissions")):
        letter = text(path).upper()
        told[name] = letter if letter in tuple("ABCDEFG") else None
        if letter and letter != "X" and not told[name]:
            defects.append("energy_rating")
    told["desc"] = {
        child.tag: words
        for child in element.iterfind("desc/*")
        if child.tag in LANGUAGES and (words := "".join(child.itertext()).strip()[:MAX_TEXT])
    }
    told["features"] = [
        name
        for name in ((one.text or "").strip()[:MAX_FEATURE] for one in element.iterfind("features/feature"))
        if name
    ][:MAX_FEATURES]
    # 0 is unknown there
    told["features"] += ["Pool"] if text("pool") == "1" else []
    told["condition"] = "new" if text("new_build") == "1" else None
    told["images"] = _read_images(element, defects)
    return {name: value for name, value in told.items() if value not in (None, "", {}, [])}, defects


def _numbers(text, defects):
    """Return the numbers a property tells; 0 and nothing mean unknown."""
    paths = {
        "price": "price",
        "beds": "beds",
        "baths": "baths",
        "area_built": "surface_area/built",
        "area_plot": "surface_area/plot",
    }
    found = {}
    for name, path in paths.items():
        written = text(path)
        value = number(written)
        if value is None:
            if written or name == "price":
                defects.append(path.rpartition("/")[2])
        elif value:
            found[name] = int(value) if name in ("beds", "baths") else value
    return found


def number(text):
    """Return the number somebody wrote, or None; separators of thousands are understood.

    >>> [number(text) for text in ("249500", "249.500", "1,250,000.50", "64 m2", "", "x", "---", "-5")]
    [249500.0, 249500.0, 1250000.5, 64.0, None, None, None, None]
    """
    found = re.match(r"\s*(\d{1,3}(?:[.,\s]\d{3})+|\d+)(?:[.,](\d{1,2}))?(?!\d)", text or "")
    if not found:
        return None
    whole = re.sub(r"\D", "", found.group(1))
    return float(f"{whole}.{found.group(2) or 0}") if len(whole) < 10 else None


def _place(text, defects):
    """Return the coordinates a property tells, both or none."""
    written = [text(f"location/{name}") for name in ("latitude", "longitude")]
    if not any(written):
        return {}
    try:
        latitude, longitude = (float(one.replace(",", ".")) for one in written)
    except ValueError:
        latitude, longitude = 999, 999
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        defects.append("location")
        return {}
    return {"latitude": latitude, "longitude": longitude} if latitude or longitude else {}


def _read_images(element, defects):
    """Return (address, is a floor plan) of each image; blanks in addresses are mended."""
    found = []
    for image in element.iterfind("images/image"):
        address = safe_url((image.findtext("url") or "").strip())
        if address:
            found.append((address, "floorplan" in [(tag.text or "").strip() for tag in image.iterfind("tags/tag")]))
        else:
            defects.append("image")
    return found[:MAX_IMAGES]


def safe_url(address):
    """Return a web address with everything encoded that must be, or None if it is none.

    >>> safe_url("https://x.example/a b.jpg"), safe_url("https://x.example/a%20b.jpg")
    ('https://x.example/a%20b.jpg', 'https://x.example/a%20b.jpg')
    >>> safe_url("file:///etc/passwd"), safe_url("javascript:1"), safe_url("http://[x")
    (None, None, None)
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    return urlunsplit(parts._replace(path=quote(parts.path, safe="/%"), query=quote(parts.query, safe="=&%")))
