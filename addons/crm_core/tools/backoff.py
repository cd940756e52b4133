"""How long to wait before the next try."""

import random

# Seconds after the first, second... failure; about a day and a half in all.
DELAYS = (30, 120, 600, 1800, 7200, 21600, 43200, 43200)
JITTER = 0.2


def delay(attempts, at_least=0, delays=DELAYS, spread=random.uniform):
    """Return the seconds to wait after so many failed tries, or None when they are used up.

    The jitter keeps jobs that failed together from coming back together.

    >>> delay(1, spread=lambda low, high: high)
    36.0
    >>> delay(2, at_least=500, spread=lambda low, high: low)
    500
    >>> delay(9) is None
    True
    """
    if attempts > len(delays):
        return None
    seconds = delays[max(attempts, 1) - 1]
    return max(at_least, seconds * (1 + spread(-JITTER, JITTER)))
