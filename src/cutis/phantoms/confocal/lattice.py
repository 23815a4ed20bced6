"""Fields that are functions of a place on the skin, so that any window of it can be rendered by itself.

Everything random is hashed from a seed and the index of a lattice point. A patch, a frame of a mosaic and the
frame beside it therefore show the same skin, and nothing larger than one frame has to be in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]  # (height, width) float32 throughout, for speed
Whole = NDArray[np.integer[Any]]

_HEX = np.sqrt(3.0) / 2.0  # distance of the rows of a hexagonal lattice
_NOISE_GAIN = 7.22  # takes spline noise of uniform lattice values to a deviation of 1


@dataclass(frozen=True, eq=False)
class Window:
    """A rectangle of skin.

    Attributes:
        top, left: place of the first pixel, in micrometres.
        height, width: pixels.
        pixel: micrometres from one to the next.
        x, y: (width,) and (height,) places of the pixels.
    """

    top: float
    left: float
    height: int
    width: int
    pixel: float = 1.0
    x: NDArray[np.float64] = field(init=False)
    y: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", self.left + self.pixel * np.arange(self.width))
        object.__setattr__(self, "y", self.top + self.pixel * np.arange(self.height))

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    def pixels(self, x: Field, y: Field) -> tuple[Whole, Whole]:
        """Row and column nearest to places, clipped to the window."""
        row = np.clip(np.rint((y - self.top) / self.pixel), 0, self.height - 1).astype(np.intp)
        column = np.clip(np.rint((x - self.left) / self.pixel), 0, self.width - 1).astype(np.intp)
        return row, column


def hashed(i: Whole, j: Whole, seed: int) -> Field:
    """A number in 0..1 for each lattice point; the same for the same point and seed."""
    h = _mixed(np.asarray(i, dtype=np.int64).astype(np.uint32) + np.uint32(seed & 0xFFFFFFFF))
    h = _mixed(h ^ (np.asarray(j, dtype=np.int64).astype(np.uint32) * np.uint32(0x9E3779B1)))
    return np.asarray(h * np.float32(2.0**-32), dtype=np.float32)


def _mixed(h: NDArray[np.uint32]) -> NDArray[np.uint32]:
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x7FEB352D)
    h = (h ^ (h >> np.uint32(15))) * np.uint32(0x846CA68B)
    return np.asarray(h ^ (h >> np.uint32(16)))


def noise(window: Window, seed: int, scale: float) -> Field:
    """Smooth noise, mean 0 and deviation about 1; ``scale`` is half the size of its features, micrometres."""
    down, rows = _basis(window.y / scale)
    across, columns = _basis(window.x / scale)
    return _spline(down, _table(rows, columns, seed), across)


def noise_with_slope(window: Window, seed: int, scale: float) -> tuple[Field, Field]:
    """Smooth noise as `noise` gives it, and the length of its gradient per micrometre."""
    down, rows = _basis(window.y / scale)
    across, columns = _basis(window.x / scale)
    table = _table(rows, columns, seed)
    value = _spline(down, table, across)
    slope_down = _spline(_basis(window.y / scale, slope=True)[0], table, across)
    slope_across = _spline(down, table, _basis(window.x / scale, slope=True)[0])
    return value, np.hypot(slope_down, slope_across) / np.float32(scale)


def _spline(down: Field, table: Field, across: Field) -> Field:
    return np.asarray(down @ table @ across.T, dtype=np.float32)


def _table(rows: Whole, columns: Whole, seed: int) -> Field:
    return np.asarray((hashed(rows[:, None], columns[None, :], seed) - 0.5) * np.float32(_NOISE_GAIN))


def _basis(place: NDArray[np.float64], *, slope: bool = False) -> tuple[Field, Whole]:
    """Cubic B-spline weights (places, lattice points), and which lattice points."""
    first = np.floor(place).astype(np.int64)
    t = (place - first).astype(np.float32)
    if slope:
        weights = (-0.5 * (1 - t) ** 2, 1.5 * t**2 - 2 * t, -1.5 * t**2 + t + 0.5, 0.5 * t**2)
    else:
        weights = (
            (1 - t) ** 3 / 6,
            (3 * t**3 - 6 * t**2 + 4) / 6,
            (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6,
            t**3 / 6,
        )
    points = np.arange(first[0] - 1, first[-1] + 3)
    matrix = np.zeros((len(place), len(points)), dtype=np.float32)
    row = np.arange(len(place))
    for step, weight in enumerate(weights):
        matrix[row, first - first[0] + step] = weight
    return matrix, points


@dataclass(frozen=True, eq=False)
class Tissue:
    """Which cell of a jittered hexagonal lattice each pixel lies in.

    Attributes:
        border: distance to the border with the next cell, micrometres.
        away: distance from the cell's centre.
        cell, neighbour: indices into the columns of ``points``.
        points: (2, cells) x and y of the centres, in the coordinates that were given.
        lot: (cells,) a number in 0..1 of each cell.
    """

    border: Field
    away: Field
    cell: Whole
    neighbour: Whole
    points: Field
    lot: Field


def tissue(x: Field, y: Field, seed: int, spacing: float, jitter: float) -> Tissue:
    """Cells of a jittered hexagonal lattice, which looks like relaxed Voronoi cells.

    Args:
        x, y: (height, width) coordinates, micrometres; warp them for uneven and stretched cells.
        seed: of this tissue.
        spacing: distance of neighbouring centres, micrometres.
        jitter: how far a centre strays, as a share of the spacing; up to 0.35.
    """
    row = np.rint(y / np.float32(spacing * _HEX)).astype(np.int32)
    top, left = int(row.min()) - 1, int(np.floor(x.min() / spacing)) - 3
    rows = np.arange(top, int(row.max()) + 2)
    columns = np.arange(left, int(np.ceil(x.max() / spacing)) + 4)
    centre_x, centre_y = _centres(rows, columns, seed, spacing, jitter)
    nearest = np.full(x.shape, np.inf, dtype=np.float32)
    second = nearest.copy()
    cell = np.zeros(x.shape, dtype=np.int32)
    neighbour = cell.copy()
    for down in (-1, 0, 1):
        there = row + np.int32(down)
        shift = np.where(there & 1, np.float32(0.5), np.float32(0.0))
        column = np.rint(x / np.float32(spacing) - shift).astype(np.int32)
        middle = (there - np.int32(top)) * np.int32(len(columns)) + column - np.int32(left)
        for across in (-1, 0, 1):
            index = middle + np.int32(across)
            distance = (x - centre_x[index]) ** 2 + (y - centre_y[index]) ** 2
            closer, next_best = distance < nearest, distance < second
            neighbour = np.where(closer, cell, np.where(next_best, index, neighbour))
            second = np.where(closer, nearest, np.minimum(second, distance))
            cell = np.where(closer, index, cell)
            nearest = np.minimum(nearest, distance)
    apart = np.hypot(centre_x[cell] - centre_x[neighbour], centre_y[cell] - centre_y[neighbour])
    border = (second - nearest) / (2 * np.maximum(apart, np.float32(1e-3)))
    lot = hashed(rows[:, None], columns[None, :], seed + 2).ravel()
    return Tissue(border, np.sqrt(nearest), cell, neighbour, np.stack([centre_x, centre_y]), lot)


def _centres(rows: Whole, columns: Whole, seed: int, spacing: float, jitter: float) -> tuple[Field, Field]:
    """Flattened x and y of lattice points."""
    j, i = rows[:, None], columns[None, :]
    stray_x = (hashed(j, i, seed) - 0.5) * 2 * jitter
    stray_y = (hashed(j, i, seed + 1) - 0.5) * 2 * jitter
    x = (i + 0.5 * (j & 1) + stray_x) * spacing
    y = (j * _HEX + stray_y) * spacing
    return x.ravel().astype(np.float32), y.ravel().astype(np.float32)


@dataclass(frozen=True, eq=False)
class Spots:
    """Places strewn over a window and a little beyond.

    Attributes:
        x, y: (spots,) micrometres.
        rank: (spots,) 0..1, evenly spread among any 16 neighbours: those below a share p are that share.
        lots: (4, spots) more numbers in 0..1.
    """

    x: Field
    y: Field
    rank: Field
    lots: Field

    def chosen(self, those: NDArray[np.bool_]) -> Spots:
        """Only some of them."""
        return Spots(self.x[those], self.y[those], self.rank[those], self.lots[:, those])


_ORDER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], dtype=np.float32)


def spots(window: Window, seed: int, spacing: float, beyond: float) -> Spots:
    """Places on a strongly jittered square lattice, with ``beyond`` micrometres around the window."""
    rows = np.arange(
        int((window.top - beyond) // spacing), int((window.top + window.height + beyond) // spacing) + 1
    )
    columns = np.arange(
        int((window.left - beyond) // spacing), int((window.left + window.width + beyond) // spacing) + 1
    )
    j, i = rows[:, None], columns[None, :]
    lots = np.stack([hashed(j, i, seed + channel).ravel() for channel in range(7)])
    # Each block of 4 x 4 has its own order of filling, so that numbers vary less than by chance alone.
    turn = (hashed(j // 4, i // 4, seed + 7) * 16).astype(np.int64)
    order = (_ORDER[(j + turn // 4) % 4, (i + turn) % 4] + (turn * 5) % 16) % 16
    return Spots(
        x=((i + 0.1) * spacing + 0.8 * spacing * lots[0].reshape(order.shape)).ravel(),
        y=((j + 0.1) * spacing + 0.8 * spacing * lots[1].reshape(order.shape)).ravel(),
        rank=((order.ravel() + lots[2]) / 16).astype(np.float32),
        lots=lots[3:],
    )


def step(value: Field, width: float | Field) -> Field:
    """0 below -width/2, 1 above width/2, smooth between."""
    t = np.clip(value / width + np.float32(0.5), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))
