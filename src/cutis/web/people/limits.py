"""How often something may be tried."""

from __future__ import annotations

from collections import OrderedDict, deque
from threading import Lock
from time import monotonic

from cutis.web.errors import RefusedError
from cutis.web.words import _

_REMEMBERED = 10_000  # keys; the longest unused are forgotten


class Limit:
    """At most so many tries in so many seconds, for each key; kept in memory, by a clock that nobody sets.

    Args:
        most: tries.
        seconds: in which they count.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self.most, self.seconds = most, seconds
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def count(self, key: str) -> None:
        """Count a try.

        Raises:
            RefusedError: there were too many; this one does not count.
        """
        at = monotonic()
        with self._lock:
            tries = self._tries.setdefault(key, deque())
            self._tries.move_to_end(key)
            while tries and tries[0] <= at - self.seconds:
                tries.popleft()
            if len(tries) >= self.most:
                wait = max(1, round(tries[0] + self.seconds - at))
                words = _("There were too many tries. Wait %(seconds)d seconds, then try again.")
                raise RefusedError(429, words % {"seconds": wait}, headers={"retry-after": str(wait)})
            tries.append(at)
            if len(self._tries) > _REMEMBERED:
                self._tries.popitem(last=False)

    def forget(self, key: str) -> None:
        """Somebody has shown who they are: earlier tries no longer count."""
        with self._lock:
            self._tries.pop(key, None)


class Rate:
    """About so many requests in so many seconds for each key, in little memory: what is used up flows back.

    Args:
        most: that can come at once.
        seconds: in which all of it has flowed back.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self.most, self.seconds = most, seconds
        self._used: OrderedDict[str, tuple[float, float]] = OrderedDict()  # how much, and when
        self._lock = Lock()

    def count(self, key: str) -> None:
        """Count a request.

        Raises:
            RefusedError: there were too many; this one does not count.
        """
        at = monotonic()
        with self._lock:
            used, before = self._used.get(key, (0.0, at))
            used = max(0.0, used - (at - before) * self.most / self.seconds)
            if used + 1 > self.most:
                wait = max(1, round((used + 1 - self.most) * self.seconds / self.most))
                raise RefusedError(
                    429,
                    _("Wait %(seconds)d seconds, then try again.") % {"seconds": wait},
                    title=_("Too many requests"),
                    headers={"retry-after": str(wait)},
                )
            self._used[key] = (used + 1, at)
            self._used.move_to_end(key)
            if len(self._used) > _REMEMBERED:
                self._used.popitem(last=False)
