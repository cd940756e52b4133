"""Dates, amounts and lists as a contract in some language writes them, whether the language is installed or not."""

import babel
import babel.dates
import babel.lists
import babel.numbers

FALLBACK = "en"


def locale_of(code):
    """Return the locale of a language code of the host, English when there is none.

    >>> str(locale_of("ca_ES")), str(locale_of("xx_YY")), str(locale_of(None))
    ('ca_ES', 'en', 'en')
    """
    try:
        return babel.Locale.parse(code or FALLBACK)
    except (ValueError, babel.UnknownLocaleError):
        return babel.Locale.parse(FALLBACK)


def day(value, locale):
    """Return a date in words.

    >>> from datetime import date
    >>> day(date(2026, 3, 1), "es_ES"), day(date(2026, 3, 1), "en_US")
    ('1 de marzo de 2026', 'March 1, 2026')
    """
    return babel.dates.format_date(value, "long", locale=locale)


def moment(value, locale):
    """Return day and hour; the hour as it is, in the zone it was given in.

    >>> from datetime import datetime
    >>> moment(datetime(2026, 3, 1, 17, 5), "es_ES")
    '1 de marzo de 2026, 17:05'
    """
    return f"{day(value, locale)}, {babel.dates.format_time(value, 'HH:mm', locale=locale)}"


def number(value, locale, digits=None):
    """Return a number; with so many decimals, or as many as it has.

    >>> number(1234.5, "es_ES", 2), number(3, "en_US"), number(1.25, "en_US")
    ('1.234,50', '3', '1.25')
    """
    pattern = "#,##0.##" if digits is None else f"#,##0.{'0' * digits}" if digits else "#,##0"
    return babel.numbers.format_decimal(value, pattern, locale=locale)


def money(value, currency, locale):
    """Return an amount with its currency, by its ISO code.

    >>> money(1500, "EUR", "en_US")
    '€1,500.00'
    """
    return babel.numbers.format_currency(value, currency, locale=locale)


def enumeration(texts, locale):
    """Return a list in a sentence.

    >>> enumeration(["Ann", "Bob"], "es_ES"), enumeration(["Ann"], "en_US"), enumeration([], "en_US")
    ('Ann y Bob', 'Ann', '')
    """
    return babel.lists.format_list(texts, locale=locale) if texts else ""
