"""Read what somebody typed into a form about the home they look for. No database here."""

import re


def number(text):
    """Return the whole number somebody wrote, or 0 if it is none.

    Points, commas and blanks before groups of three digits separate thousands; what follows
    another point or comma is a fraction and is dropped.

    >>> [number(text) for text in ("250000", "250.000 €", "1,250,000", "EUR 1 250 000", "900,50")]
    [250000, 250000, 1250000, 1250000, 900]
    >>> number("250k"), number("3+"), number("about two"), number(""), number(None)
    (250000, 3, 0, 0, 0)
    >>> number("9" * 30), number("-5")
    (0, 5)
    """
    found = re.search(r"\d+(?:[.,\s]\d{3}(?!\d))*", str(text or ""))
    if not found:
        return 0
    value = int(re.sub(r"\D", "", found.group()))
    if re.match(r"\s?k\b", str(text)[found.end() :], re.IGNORECASE):
        value *= 1000
    return value if value < 10**9 else 0


def words(text):
    """Return the names in a comma separated answer, lower case, each one once.

    >>> words(" Flat, House;flat ,")
    ['flat', 'house']
    >>> words(None)
    []
    """
    parts = (part.strip().lower() for part in re.split(r"[,;\n]", str(text or "")))
    return list(dict.fromkeys(part for part in parts if part))


def without_number(street):
    """Return a street without the number of the house and what follows it.

    >>> [without_number(text) for text in ("Passeig del Moll 14", "Carrer 8 de Març, 5 B", "Calle Mayor, s/n", "")]
    ['Passeig del Moll', 'Carrer 8 de Març', 'Calle Mayor', '']
    >>> without_number(None)
    ''
    """
    return re.sub(r"[\s,]+(?:\d+\s*[-/]?\s*\w{0,3}|s/n)\s*$", "", str(street or ""), flags=re.IGNORECASE).strip(" ,")
