"""Telling somebody that there is work, but not more often than it helps. No database here."""

import threading
import time


class Bell:
    """Rings at once; rings that are wanted within the pause after it become one, when the pause is over.

    Nothing that is wanted stays without a ring after it, unless this process ends first.

    >>> rung = []
    >>> bell = Bell(rung.append, 60)
    >>> for name in ("a", "a", "b", "a"):
    ...     bell.press(name)
    >>> rung
    ['a', 'b']
    """

    def __init__(self, ring, pause):
        """Make one.

        :param ring: function that gets a name; it runs in a thread of its own when it had to wait
        :param pause: the least seconds between two rings of the same name
        """
        self._ring, self._pause = ring, pause
        self._lock, self._last, self._planned = threading.Lock(), {}, set()

    def press(self, name):
        """Ring for a name: now, or as soon as the pause allows."""
        with self._lock:
            now = time.monotonic()
            wait = self._last.get(name, now - self._pause) + self._pause - now
            if wait > 0:
                return self._plan(name, wait)
            self._last[name] = now
        return self._ring(name)

    def _plan(self, name, wait):
        if name in self._planned:
            return
        self._planned.add(name)
        timer = threading.Timer(wait, self._ring_late, (name,))
        timer.daemon = True
        timer.start()

    def _ring_late(self, name):
        with self._lock:
            self._planned.discard(name)
            self._last[name] = time.monotonic()
        self._ring(name)
