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


def working_days(first, last):
    """Return how many working days lie between two days, the last one included.

    >>> from datetime import date
    >>> working_days(date(2026, 11, 20), date(2026, 11, 24))  # Friday to Tuesday
    2
    >>> working_days(date(2026, 11, 20), date(2026, 11, 20)), working_days(date(2026, 11, 24), date(2026, 11, 20))
    (0, 0)
    """
    days = (first + timedelta(days=number) for number in range(1, max((last - first).days, 0) + 1))
    return sum(day.weekday() < 5 for day in days)
