"""Opened models, bounded in number and in memory; the longest unused is closed first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from cutis.runtime.dense import DenseSession
from cutis.runtime.engine import Engine
from cutis.runtime.session import available_cores


class Engines:
    """Models by their digest, opened when they are first asked. Of one thread.

    Args:
        place: where the file of a digest is.
        most: open at the same time.
        megabytes: of their files together; what runs takes some three times as much memory.
        threads: processor cores that work on one photo; all of up to four when None.
    """

    def __init__(
        self,
        place: Callable[[str], Path],
        *,
        most: int = 12,
        megabytes: float = 200.0,
        threads: int | None = None,
    ) -> None:
        self._place, self._most, self._bytes = place, most, megabytes * 1e6
        self._threads = threads or min(4, available_cores())
        self._open: OrderedDict[str, tuple[Engine, int]] = OrderedDict()
        self._dense: tuple[str, DenseSession] | None = None

    def open(self, digest: str) -> Engine:
        """The model of a digest.

        Raises:
            BundleError: its file is gone or damaged.
        """
        if digest not in self._open:
            place = self._place(digest)
            engine = Engine.open(place, self._threads)
            self._open[digest] = engine, place.stat().st_size
            self._close()
        self._open.move_to_end(digest)
        return self._open[digest][0]

    def dense(self, digest: str) -> DenseSession:
        """The model of a digest, to map whole images; one at a time.

        Raises:
            BundleError: its file is gone or damaged, or it maps no images.
        """
        if self._dense is None or self._dense[0] != digest:
            self._dense = digest, DenseSession(self.open(digest).bundle, self._threads)
        return self._dense[1]

    def digests(self) -> tuple[str, ...]:
        """What is open, the longest unused first."""
        return tuple(self._open)

    def _close(self) -> None:
        def held() -> int:
            return sum(size for _, size in self._open.values())

        while len(self._open) > 1 and (len(self._open) > self._most or held() > self._bytes):
            self._open.popitem(last=False)
