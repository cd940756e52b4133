"""Find free time between what is taken. No database here; moments are plain datetimes in one time zone."""

from datetime import timedelta


def free_slots(windows, agent_busy, place_busy, minutes, travel, step=30, limit=20):
    """Return the moments at which a visit can begin.

    :param windows: (start, stop) in which visits may take place, in order
    :param agent_busy: (start, stop) the agent is taken, travel of those visits included
    :param place_busy: (start, stop) the property is shown to others
    :param minutes: a visit lasts
    :param travel: minutes the agent needs free before and after
    :param step: minutes between two proposals
    :param limit: how many at most; None: all

    >>> from datetime import datetime
    >>> at = lambda hour, minute=0: datetime(2026, 3, 2, hour, minute)
    >>> found = free_slots([(at(9), at(13))], [(at(10), at(11))], [], 60, 15)
    >>> [f"{moment:%H:%M}" for moment in found]
    ['11:30', '12:00']
    >>> [f"{moment:%H:%M}" for moment in free_slots([(at(9), at(11))], [], [(at(9, 30), at(10))], 30, 0)]
    ['09:00', '10:00', '10:30']
    >>> free_slots([(at(9), at(9, 20))], [], [], 30, 0)
    []
    """
    found = []
    length, around, stride = timedelta(minutes=minutes), timedelta(minutes=travel), timedelta(minutes=step)
    for start, stop in windows:
        moment = round_up(start, step)
        while moment + length <= stop:
            if not _overlaps(moment - around, moment + length + around, agent_busy) and not _overlaps(
                moment, moment + length, place_busy
            ):
                found.append(moment)
                if len(found) == limit:
                    return found
            moment += stride
    return found


def spread(moments, per_day):
    """Return at most so many moments of each day, spread over it.

    >>> from datetime import datetime
    >>> day = [datetime(2026, 3, 2, hour) for hour in (9, 10, 11, 12, 13, 14)]
    >>> [f"{moment:%d %H}" for moment in spread([*day, datetime(2026, 3, 3, 9)], 3)]
    ['02 09', '02 11', '02 13', '03 09']
    >>> spread([], 3)
    []
    """
    chosen = []
    for day in dict.fromkeys(moment.date() for moment in moments):
        found = [moment for moment in moments if moment.date() == day]
        count = min(len(found), per_day)
        chosen += [found[index * len(found) // count] for index in range(count)]
    return chosen


def _overlaps(start, stop, periods):
    """Tell whether a period meets any of the others; touching is no meeting."""
    return any(begin < stop and end > start for begin, end in periods)


def round_up(moment, step):
    """Return the next moment whose minutes are a multiple of the step.

    >>> from datetime import datetime
    >>> round_up(datetime(2026, 3, 2, 9, 1, 30), 30)
    datetime.datetime(2026, 3, 2, 9, 30)
    >>> round_up(datetime(2026, 3, 2, 9, 30), 30)
    datetime.datetime(2026, 3, 2, 9, 30)
    """
    over = timedelta(minutes=moment.minute % step, seconds=moment.second, microseconds=moment.microsecond)
    return moment + timedelta(minutes=step) - over if over else moment
