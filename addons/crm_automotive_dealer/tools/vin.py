"""Vehicle identification numbers (ISO 3779). No database here.

The structure is checked hard: 17 characters, no I, O or Q. The check digit in position 9 is
compulsory in North America and China only; European makers fill it as they like, and one in
eleven of their numbers passes by luck. It is therefore a hint and never an error.
"""

import re

LENGTH = 17
SUFFIX = 6
FORBIDDEN = {"I": "1", "O": "0", "Q": "0 or 9"}
# First character of the numbers whose check digit must hold: North America, China.
CHECKED_REGIONS = frozenset("12345L")
WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
VALUES = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    **{"P": 7, "R": 9},
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}


def compact(text):
    """Return a number as it is stored: upper case, without blanks and separators.

    >>> compact(" wvw zzz-1kz.aw123456 ")
    'WVWZZZ1KZAW123456'
    >>> compact(None)
    ''
    """
    return re.sub(r"[\s.\-_/]+", "", text or "").upper()


def problem(number):
    """Return what is wrong with the structure of a compact number, or None.

    :return: None or a pair (code, detail), code in ``length``, ``letter``, ``character``

    >>> problem("WVWZZZ1KZAW123456")
    >>> problem("WVWZZZ1KZAW12345")
    ('length', 16)
    >>> problem("WVWZZZ1KZAWI23456")
    ('letter', 'I')
    >>> problem("WVWZZZ1KZAW12345Ñ")
    ('character', 'Ñ')
    """
    for char in number:
        if char in FORBIDDEN:
            return "letter", char
        if char not in VALUES:
            return "character", char
    return ("length", len(number)) if len(number) != LENGTH else None


def check_digit(number):
    """Return the check digit that position 9 of a sound number would hold.

    >>> check_digit("1M8GDM9AXKP042788"), check_digit("11111111111111111")
    ('X', '1')
    """
    total = sum(VALUES[char] * weight for char, weight in zip(number, WEIGHTS, strict=True))
    return "X" if total % 11 == 10 else str(total % 11)


def check_hint(number):
    """Return what the check digit says: ``valid``, ``not_used`` or ``failed``; None for an unsound number.

    >>> check_hint("1M8GDM9AXKP042788"), check_hint("WVWZZZ1KZAW123456"), check_hint("1M8GDM9A1KP042788")
    ('valid', 'not_used', 'failed')
    >>> check_hint("short")
    """
    if problem(number):
        return None
    if number[8] == check_digit(number):
        return "valid"
    return "failed" if number[0] in CHECKED_REGIONS else "not_used"


def suffix(number):
    """Return the last six characters, which workshops search by.

    >>> suffix("WVWZZZ1KZAW123456")
    '123456'
    """
    return number[-SUFFIX:]


def pattern(number):
    """Return the part that names the kind of car and not the car: no check digit, no serial number.

    >>> pattern("WVWZZZ1KZAW123456"), pattern("123")
    ('WVWZZZ1K*AW******', '')
    """
    return "" if problem(number) else f"{number[:8]}*{number[9:11]}{'*' * 6}"
