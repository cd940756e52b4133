"""The order of a timeline that several tables feed, and how to go on where a page ended. No database here."""

from datetime import datetime, time

TEXT_LIMIT = 200


def rank(moment, kind, number):
    """Return what entries are ordered by, the greatest first.

    >>> from datetime import date
    >>> rank(date(2026, 1, 2), "sale", 7)
    (datetime.datetime(2026, 1, 2, 0, 0), 'sale', 7)
    """
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    return moment, kind, number


def key(moment, kind, number):
    """Return the name of an entry, which is its place too: entries of one second never get lost between pages.

    >>> key(datetime(2026, 1, 2, 3, 4, 5, 6), "sale", 7)
    '2026-01-02T03:04:05.000006|sale|7'
    """
    moment, kind, number = rank(moment, kind, number)
    return f"{moment.isoformat()}|{kind}|{number}"


def parse(text):
    """Return the rank a key stands for; a date alone stands for everything before it.

    >>> parse("2026-01-02T03:04:05.000006|sale|7")
    (datetime.datetime(2026, 1, 2, 3, 4, 5, 6), 'sale', 7)
    >>> parse("2026-01-02T03:04:05Z")
    (datetime.datetime(2026, 1, 2, 3, 4, 5), '', 0)
    >>> parse("yesterday")
    Traceback (most recent call last):
    ValueError: Invalid isoformat string: 'yesterday'
    """
    moment, _bar, rest = text.partition("|")
    kind, _bar, number = rest.partition("|")
    return datetime.fromisoformat(moment).replace(tzinfo=None), kind, int(number or 0)


def comparison(kind, cursor_kind):
    """Return how the date of a kind compares with a cursor's, and whether at equal dates the id decides.

    >>> comparison("mail", "sale"), comparison("sale", "sale"), comparison("todo", "sale")
    (('<=', False), ('<', True), ('<', False))
    """
    return ("<=" if kind < cursor_kind else "<", kind == cursor_kind)


def shorten(text, limit=TEXT_LIMIT):
    r"""Return the beginning of a text on one line.

    >>> shorten(" one\n\n two "), shorten("abcdef", 4)
    ('one two', 'abc…')
    """
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"
