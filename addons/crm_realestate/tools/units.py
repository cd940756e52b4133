"""Expand the pattern of the units of a development into their codes. No database here."""

import re
from itertools import product

LIMIT = 500
GROUP = re.compile(r"\{([^{}]*)\}")


def expand(pattern):
    """Return the codes a pattern stands for, in order, each one once.

    ``{1-3}`` and ``{A-C}`` count, ``{1,4,7}`` lists; several groups make every combination. Commas
    outside braces separate patterns. Zeros at the front keep the width.

    >>> expand("A{1-3}")
    ['A1', 'A2', 'A3']
    >>> expand("{1-2}{A,C}, Shop")
    ['1A', '1C', '2A', '2C', 'Shop']
    >>> expand("P{08-10}")
    ['P08', 'P09', 'P10']
    >>> expand("{C-A}")
    ['C', 'B', 'A']
    >>> expand("A{1-900}")
    Traceback (most recent call last):
        ...
    ValueError: limit
    >>> expand("A{1-")
    Traceback (most recent call last):
        ...
    ValueError: braces
    """
    found = []
    for part in _split(pattern or ""):
        for code in _expand_one(part):
            found.append(code)
            if len(found) > LIMIT:
                raise ValueError("limit")
    return list(dict.fromkeys(found))


def _split(pattern):
    """Return the patterns between commas that are outside braces."""
    parts = (part.strip() for part in re.split(r",(?![^{]*\})", pattern))
    return [part for part in parts if part]


def _expand_one(pattern):
    """Yield the codes of one pattern."""
    pieces = GROUP.split(pattern)
    if any("{" in text or "}" in text for text in pieces):
        raise ValueError("braces")
    choices = [[piece] if number % 2 == 0 else _choices(piece) for number, piece in enumerate(pieces)]
    for combination in product(*choices):
        yield "".join(combination)


def _choices(group):
    """Return what one pair of braces stands for."""
    found = []
    for item in (item.strip() for item in group.split(",")):
        first, dash, last = (text.strip() for text in item.partition("-"))
        found += _count(first, last) if dash and first and last else [item]
    return found


def _count(first, last):
    """Return what is from the first to the last number or letter."""
    if first.isdecimal() and last.isdecimal():
        numbers = _between(int(first), int(last))
        return [str(number).zfill(len(first)) for number in numbers]
    if len(first) == len(last) == 1:
        return [chr(letter) for letter in _between(ord(first), ord(last))]
    return [f"{first}-{last}"]


def _between(first, last):
    """Return the whole numbers from one to the other, in either direction.

    :raise ValueError: more than anybody builds
    """
    if abs(last - first) > LIMIT:
        raise ValueError("limit")
    step = 1 if last >= first else -1
    return range(first, last + step, step)
