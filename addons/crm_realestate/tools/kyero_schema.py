"""What a property looks like in a feed of version 3 of Kyero's format: our own schema, one table. No database here."""

import re
from collections import namedtuple

from .kyero import LANGUAGES, MAX_FEATURE, MAX_FEATURES, MAX_ID, MAX_IMAGES

#: An element by its path: what its text looks like, whether one is needed, how many there may be.
Rule = namedtuple("Rule", "pattern needed most", defaults=(False, 1))

FLAG, LETTER, NUMBER, DECIMAL = "[01]?", "[A-GX]?", r"\d{0,9}", r"(-?\d{1,3}(\.\d+)?)?"
SCHEMA = {
    "id": Rule(rf".{{1,{MAX_ID}}}", True),
    "date": Rule(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", True),
    "ref": Rule(r".{1,255}", True),
    "price": Rule(r"[1-9]\d{0,7}", True),
    "currency": Rule("EUR|GBP|USD"),
    "price_freq": Rule("sale|month", True),
    "part_ownership": Rule(FLAG),
    "leasehold": Rule(FLAG),
    "new_build": Rule(FLAG),
    "type": Rule(r".{3,}", True),
    "town": Rule(r".+", True),
    "province": Rule(r".+", True),
    "country": Rule(r".*"),
    "location/latitude": Rule(DECIMAL),
    "location/longitude": Rule(DECIMAL),
    "location_detail": Rule(r".{0,50}"),
    "beds": Rule(NUMBER),
    "baths": Rule(NUMBER),
    "pool": Rule(FLAG),
    "surface_area/built": Rule(NUMBER),
    "surface_area/plot": Rule(NUMBER),
    "energy_rating/consumption": Rule(LETTER),
    "energy_rating/emissions": Rule(LETTER),
    **{f"url/{language}": Rule(r"https?://\S{1,250}") for language in LANGUAGES},
    "video_url": Rule(r"(https?://\S{1,250})?"),
    "virtual_tour_url": Rule(r"(https?://\S{1,250})?"),
    "catastral": Rule(r".{0,20}"),
    **{f"desc/{language}": Rule(r"(?s)[^<>]+") for language in LANGUAGES},
    "features/feature": Rule(rf".{{1,{MAX_FEATURE}}}", most=MAX_FEATURES),
    "images/image/url": Rule(r"(https?|ftp)://\S+", True, MAX_IMAGES),
    "images/image/tags/tag": Rule("floorplan", most=MAX_IMAGES),
    "notes": Rule(r"(?s).{0,255}"),
    "prime": Rule(FLAG),
    "email": Rule(r"(\S+@\S+)?"),
    "contact_number": Rule(r".*"),
    "whatsapp_number": Rule(r".*"),
}
CHECKS = {path: (re.compile(rule.pattern), rule) for path, rule in SCHEMA.items()}
CHILDREN = {path.partition("/")[0] for path in SCHEMA}


def defects(element):
    """Return what is wrong with a ``property`` element: (path, ``missing``, ``wrong``, ``many`` or ``unknown``).

    >>> from lxml import etree
    >>> from .kyero import to_element
    >>> row = {"id": "1", "date": "2026-01-01 00:00:00", "ref": "A", "price": 5, "price_freq": "sale", "type": "Flat",
    ...     "town": "T", "province": "P", "desc": {"en": "Nice"}, "images": [("https://x.example/1.jpg", True)]}
    >>> defects(to_element(row))
    []
    >>> defects(to_element({**row, "price": "12.5", "currency": "XFT", "images": []}))
    [('price', 'wrong'), ('currency', 'wrong'), ('images/image/url', 'missing')]
    >>> defects(etree.fromstring("<property><id>1</id><id>2</id><extra/></property>"))[-1]
    ('extra', 'unknown')
    """
    found = []
    for path, (pattern, rule) in CHECKS.items():
        texts = [node.text or "" for node in element.findall(path)]
        if rule.needed and not texts:
            found.append((path, "missing"))
        if len(texts) > rule.most:
            found.append((path, "many"))
        if any(not pattern.fullmatch(text) for text in texts):
            found.append((path, "wrong"))
    if element.find("desc/*") is None:
        found.append(("desc", "missing"))
    return [*found, *((child.tag, "unknown") for child in element if child.tag not in CHILDREN)]
