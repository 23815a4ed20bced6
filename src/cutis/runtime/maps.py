"""The map of a whole image: tiles are decoded, graded and written while the next ones are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle import Dense
from cutis.core.errors import ImageError
from cutis.imaging.mosaic import Mosaic
from cutis.runtime.cells import NOT_GRADED, Cells, cells_of
from cutis.runtime.tiles import Grid, Span, plan
from cutis.runtime.tissue import TissueRule, touched

T = TypeVar("T")
TILE = 1024  # pixels that a tile advances by


class Grader(Protocol):
    """What answers for every patch of a tile, such as `cutis.runtime.dense.DenseSession`."""

    dense: Dense

    def __call__(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """(height, width) grey levels 0..255 -> (labels, rows, columns) probabilities."""


@dataclass(frozen=True, eq=False)
class _Tile:
    across: Span
    pixels: NDArray[np.float32]
    outside: NDArray[np.bool_]
    missing: NDArray[np.bool_]


def grid_of(mosaic: Mosaic, dense: Dense) -> Grid:
    """The cells of an image's map.

    Raises:
        ImageError: the image is smaller than a patch.
    """
    grid = Grid.of(mosaic.height, mosaic.width, dense.patch, dense.stride)
    if not (grid.rows and grid.columns):
        raise ImageError(
            mosaic.path,
            f"is {mosaic.width} x {mosaic.height} pixels, and one answer needs {dense.patch} x "
            f"{dense.patch}. Take an image that is at least as large.",
        )
    return grid


def count_tiles(grid: Grid, tile: int = TILE) -> int:
    """Tiles that `stream_map` works off."""
    down, across = plan(grid, tile)
    return len(down) * len(across)


def stream_map(
    grader: Grader,
    mosaic: Mosaic,
    *,
    tile: int = TILE,
    rule: TissueRule | None = None,
    on_rows: Callable[[NDArray[np.uint8]], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Cells]:
    """Grade every patch of an image, row of tiles by row of tiles.

    The result does not depend on the tiles. Memory is that of a few tiles and of a row of tiles' pixels.

    Args:
        grader: what answers for tiles.
        mosaic: the image.
        tile: pixels that a tile advances by.
        rule: what is outside tissue; None grades every place without missing pixels.
        on_rows: called with the image's rows as uint8 grey levels, from the top, each once; missing pixels
            are 0. It is called in the thread that decodes.
        progress: called with the number of tiles just done.

    Yields:
        The next rows of cells, from the top.

    Raises:
        ImageError: smaller than a patch, or damaged.
    """
    grid = grid_of(mosaic, grader.dense)
    _, across = plan(grid, tile)
    waiting: list[tuple[Span, Cells]] = []
    for down, read in _ahead(_tiles(mosaic, grid, tile, rule, on_rows)):
        answers = grader(read.pixels)
        waiting.append((read.across, cells_of(answers, read.outside, read.missing)))
        if progress:
            progress(1)
        if len(waiting) == len(across):
            yield _joined(waiting, down)
            waiting = []


def _tiles(
    mosaic: Mosaic,
    grid: Grid,
    tile: int,
    rule: TissueRule | None,
    on_rows: Callable[[NDArray[np.uint8]], None] | None,
) -> Iterator[tuple[Span, _Tile]]:
    """Decoded tiles, row by row."""
    downs, acrosses = plan(grid, tile)
    seen = 0  # rows that went to on_rows
    for down in downs:
        where = grid.pixels(down.start, down.stop)
        stored = mosaic.rows(where.start, where.stop)
        if on_rows:
            for top in range(max(seen, where.start), where.stop, 256):
                on_rows(_bytes(mosaic, stored[top - where.start : top - where.start + 256]))
            seen = where.stop
        for across in acrosses:
            yield down, _tile(mosaic, stored, grid, across, rule)
        del stored  # before the next rows are read
    if on_rows:
        for top in range(seen, mosaic.height, 256):
            on_rows(_bytes(mosaic, mosaic.rows(top, min(top + 256, mosaic.height))))


def _tile(
    mosaic: Mosaic, stored: NDArray[np.generic], grid: Grid, across: Span, rule: TissueRule | None
) -> _Tile:
    pixels = mosaic.levels(stored[:, grid.pixels(across.start, across.stop)])
    gaps = np.isnan(pixels)
    rows = (pixels.shape[0] - grid.patch) // grid.stride + 1
    missing = outside = np.zeros((rows, across.stop - across.start), np.bool_)
    if gaps.any():
        missing = touched(gaps, grid.patch, grid.stride)
        pixels = np.where(gaps, np.float32(0), pixels)
    if rule:
        outside = rule.outside(pixels, grid.patch, grid.stride)
    return _Tile(across, pixels, outside, missing)


def _bytes(mosaic: Mosaic, stored: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Grey levels to be shown."""
    return np.rint(np.nan_to_num(mosaic.levels(stored), nan=0.0)).astype(np.uint8)


def _joined(parts: list[tuple[Span, Cells]], down: Span) -> Cells:
    """A row of tiles as rows of cells, without those that were there before."""

    def join(kind: str) -> NDArray[np.generic]:
        pieces = [
            getattr(cells, kind)[down.fresh - down.start :, across.fresh - across.start :]
            for across, cells in parts
        ]
        return np.concatenate(pieces, axis=1)

    return Cells(**{kind: join(kind) for kind in ("grade", "confidence", "named", "missing")})  # type: ignore[arg-type]


def _ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, the next one being made in another thread."""
    pool = ThreadPoolExecutor(1, "cutis-decode")
    end = object()
    try:
        coming = pool.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = pool.submit(next, items, end)
            yield item  # type: ignore[misc]
    finally:
        pool.shutdown(cancel_futures=True)


__all__ = ["NOT_GRADED", "TILE", "Grader", "count_tiles", "grid_of", "stream_map"]
