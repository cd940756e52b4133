"""Moments of a day in somebody's zone: the host knows the day of an activity, we know the hour too."""

from datetime import datetime, time, timedelta

import pytz

# A reminder of an activity without an hour comes at the beginning of the working day.
MORNING = 9.0


def moment(day, hour, zone):
    """Return the moment of a day's hour in a zone, in UTC and naive as the database has it.

    :param day: a date
    :param hour: hours since midnight, local; 0 means the whole day
    :param zone: name of a time zone, empty for UTC

    >>> from datetime import date
    >>> moment(date(2026, 7, 1), 9.5, "Europe/Madrid")
    datetime.datetime(2026, 7, 1, 7, 30)
    >>> moment(date(2026, 1, 1), 0, "")
    datetime.datetime(2026, 1, 1, 9, 0)
    """
    minutes = round((hour or MORNING) * 60)
    return to_utc(datetime.combine(day, time()) + timedelta(minutes=minutes), zone)


def midnight(day, zone):
    """Return the first moment of a day in a zone, in UTC and naive as the database has it.

    :param day: a date
    :param zone: name of a time zone, empty for UTC

    >>> from datetime import date
    >>> midnight(date(2026, 7, 1), "Europe/Madrid")
    datetime.datetime(2026, 6, 30, 22, 0)
    """
    return to_utc(datetime.combine(day, time()), zone)


def to_utc(local, zone):
    """Return a moment of a zone's clock in UTC; both naive.

    :param zone: name of a time zone, empty for UTC

    >>> to_utc(datetime(2026, 1, 1, 12), "America/Lima")
    datetime.datetime(2026, 1, 1, 17, 0)
    """
    return pytz.timezone(zone or "UTC").localize(local).astimezone(pytz.utc).replace(tzinfo=None)


def clock(hour):
    """Return hours since midnight as one reads them on a clock; nothing for the whole day.

    >>> clock(9.5), clock(16.25), clock(0)
    ('09:30', '16:15', '')
    """
    minutes = round(hour * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}" if minutes else ""
