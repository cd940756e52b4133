"""Working days, Monday to Friday. No database here."""

from datetime import timedelta


def add_working_days(day, count):
    """Return the day that many working days later.

    >>> from datetime import date
    >>> add_working_days(date(2026, 11, 20), 1)  # a Friday
    datetime.date(2026, 11, 23)
    >>> add_working_days(date(2026, 11, 22), 15)  # a Sunday
    datetime.date(2026, 12, 11)
    """
    while count > 0:
        day += timedelta(days=1)
        if day.weekday() < 5:
            count -= 1
    return day
