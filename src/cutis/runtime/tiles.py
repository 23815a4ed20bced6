"""How a large image is cut into tiles so that their maps together are the map of the whole."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Grid:
    """The patches of an image that a dense graph answers for; one cell each.

    Attributes:
        patch: side of a patch in pixels.
        stride: pixels from one patch to the next.
        rows: cells down.
        columns: cells across.
    """

    patch: int
    stride: int
    rows: int
    columns: int

    @staticmethod
    def of(height: int, width: int, patch: int, stride: int) -> Grid:
        """The grid of an image; no rows or columns where it is smaller than a patch."""
        rows, columns = (max(0, (side - patch) // stride + 1) for side in (height, width))
        return Grid(patch, stride, rows, columns)

    def pixels(self, start: int, stop: int) -> slice:
        """Pixels that cells from ``start`` up to ``stop`` see, down or across."""
        return slice(start * self.stride, (stop - 1) * self.stride + self.patch)


@dataclass(frozen=True)
class Span:
    """Cells that are computed at once, down or across.

    Attributes:
        start: first cell.
        stop: after the last cell.
        fresh: first cell that no span before had.
    """

    start: int
    stop: int
    fresh: int


def spans(cells: int, most: int) -> list[Span]:
    """Cut a row of cells into equally long spans.

    All are equally long so that a network's memory is laid out once; for that the last ones begin a few
    cells earlier than the one before ends.

    Args:
        cells: how many there are, at least 1.
        most: longest span.
    """
    count = -(-cells // max(1, most))
    length = -(-cells // count)
    found: list[Span] = []
    for number in range(count):
        start = min(number * length, cells - length)
        found.append(Span(start, start + length, found[-1].stop if found else 0))
    return found


def plan(grid: Grid, tile: int) -> tuple[list[Span], list[Span]]:
    """Spans down and across; each pair is one tile, worked off row by row.

    Args:
        grid: with at least one cell.
        tile: pixels that a tile advances by; it sees ``patch - stride`` more.
    """
    most = max(1, tile // grid.stride)
    return spans(grid.rows, most), spans(grid.columns, most)
