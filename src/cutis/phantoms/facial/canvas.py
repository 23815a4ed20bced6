"""A flat, upright rectangle of face, and quick ways to paint small things on it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cutis.phantoms.canvas import Field, Points
from cutis.phantoms.erythema.frame import Frame


class Sheet(Frame):
    """Places on the face of every pixel of a rectangle.

    Args:
        centre: x and y of its middle, mm.
        shape: height and width in pixels.
        pixel: mm.
    """

    def __init__(self, centre: tuple[float, float], shape: tuple[int, int], pixel: float) -> None:
        height, width = shape
        across = np.float32(centre[0]) + (np.arange(width, dtype=np.float32) - (width - 1) / 2) * pixel
        down = np.float32(centre[1]) + (np.arange(height, dtype=np.float32) - (height - 1) / 2) * pixel
        x, y = np.meshgrid(across.astype(np.float32), down.astype(np.float32))
        super().__init__(x, y, pixel)
        self.corner = (float(across[0]), float(down[0]))
        self.centre = centre

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Least x, least y, greatest x, greatest y, mm."""
        high, wide = self.shape
        left, top = self.corner
        return left, top, left + (wide - 1) * self.pixel, top + (high - 1) * self.pixel

    @property
    def cm2(self) -> float:
        """Its area."""
        return self.shape[0] * self.shape[1] * self.pixel**2 / 100.0

    def part(self, left: float, top: float, right: float, bottom: float) -> tuple[slice, slice] | None:
        """Rows and columns of what lies between those places, or None where nothing does."""
        first = (
            int(np.floor((top - self.corner[1]) / self.pixel)),
            int(np.floor((left - self.corner[0]) / self.pixel)),
        )
        last = (
            int(np.ceil((bottom - self.corner[1]) / self.pixel)) + 1,
            int(np.ceil((right - self.corner[0]) / self.pixel)) + 1,
        )
        rows = slice(max(first[0], 0), min(last[0], self.shape[0]))
        columns = slice(max(first[1], 0), min(last[1], self.shape[1]))
        if rows.stop - rows.start < 1 or columns.stop - columns.start < 1:
            return None
        return rows, columns

    def splat(
        self,
        field: Field,
        points: Points,
        reach: float,
        shape: Callable[[Field, Field, NDArray[np.intp]], Field],
    ) -> None:
        """Raise a field, in place, to what many small things around points have there.

        Args:
            points: (points, 2) mm.
            reach: mm from a point beyond which it has nothing.
            shape: from x and y relative to the points, mm, and the numbers of the points, their value.
        """
        if len(points) == 0:
            return
        half = int(np.ceil(reach / self.pixel))
        steps = np.arange(-half, half + 1)
        column = np.rint((points[:, 0] - self.corner[0]) / self.pixel).astype(np.int64)
        row = np.rint((points[:, 1] - self.corner[1]) / self.pixel).astype(np.int64)
        rows = (row[:, None, None] + steps[None, :, None]) + np.zeros_like(steps)[None, None, :]
        columns = (column[:, None, None] + steps[None, None, :]) + np.zeros_like(steps)[None, :, None]
        inside = (rows >= 0) & (rows < self.shape[0]) & (columns >= 0) & (columns < self.shape[1])
        number = np.broadcast_to(np.arange(len(points))[:, None, None], rows.shape)[inside]
        rows, columns = rows[inside], columns[inside]
        x = self.x[rows, columns] - points[number, 0].astype(np.float32)
        y = self.y[rows, columns] - points[number, 1].astype(np.float32)
        np.maximum.at(field, (rows, columns), shape(x, y, number).astype(field.dtype))

    def at(self, field: Field, points: Points) -> Field:
        """Values of a field at places, the nearest pixel's; (points,)."""
        column = np.clip(np.rint((points[:, 0] - self.corner[0]) / self.pixel), 0, self.shape[1] - 1)
        row = np.clip(np.rint((points[:, 1] - self.corner[1]) / self.pixel), 0, self.shape[0] - 1)
        return np.asarray(field[row.astype(np.intp), column.astype(np.intp)])
