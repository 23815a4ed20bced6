"""An image at every zoom, cut into tiles while its rows arrive, in memory of a few rows of tiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]


class Pyramid:
    """Levels of an image, each half the size of the one before, down to a single tile.

    Args:
        height: of the image.
        width: of the image.
        tile: side of a tile in pixels, even.
        halve: (rows, width, ...) to half of both, rounded up; rows are even except for the last ones.
        on_rows: called with level, first row, and the rows of a complete row of tiles.

    Attributes:
        sizes: (height, width) of each level, the full one first.
    """

    def __init__(
        self,
        height: int,
        width: int,
        tile: int,
        halve: Callable[[Pixels], Pixels],
        on_rows: Callable[[int, int, Pixels], None],
    ) -> None:
        self.sizes = level_sizes(height, width, tile)
        self._tile, self._halve, self._on_rows = tile, halve, on_rows
        self._waiting: list[list[Pixels]] = [[] for _ in self.sizes]
        self._done = [0] * len(self.sizes)

    def add(self, rows: Pixels) -> None:
        """Take the next rows of the image; after the last ones every level is complete."""
        self._add(0, rows)

    def _add(self, level: int, rows: Pixels) -> None:
        waiting, height = self._waiting[level], self.sizes[level][0]
        waiting.append(rows)
        while waiting:
            there = sum(len(part) for part in waiting)
            full = there >= self._tile
            if not full and self._done[level] + there < height:
                return
            joined = np.concatenate(waiting) if len(waiting) > 1 else waiting[0]
            ready, rest = joined[: self._tile], joined[self._tile :]
            waiting[:] = [rest.copy()] if len(rest) else []
            self._on_rows(level, self._done[level], ready)
            self._done[level] += len(ready)
            if level + 1 < len(self.sizes):
                self._add(level + 1, self._halve(ready))


def level_sizes(height: int, width: int, tile: int) -> list[tuple[int, int]]:
    """(height, width) of each level, the full one first, the last within one tile."""
    sizes = [(height, width)]
    while max(sizes[-1]) > tile:
        sizes.append((-(-sizes[-1][0] // 2), -(-sizes[-1][1] // 2)))
    return sizes


def halve_grey(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Means of 2 x 2 pixels; an odd last row or column counts twice.

    Args:
        rows: (rows, width) uint8.
    """
    even = np.pad(rows, ((0, len(rows) % 2), (0, rows.shape[1] % 2)), mode="edge")
    across = even[:, ::2].astype(np.uint16) + even[:, 1::2]
    return ((across[::2] + across[1::2] + 2) // 4).astype(np.uint8)
