"""A rectangle of skin that may be curved, windows of it, and what lies in each of its pixels."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutis.phantoms.canvas import Canvas, Field, Points, View
from cutis.phantoms.skin import Layers, Person

_COARSE = 4  # pixels that one of a field without detail covers


class Frame(Canvas):
    """Places on the skin of every pixel of a rectangle.

    Args:
        x, y: (height, width) mm on the skin; on a curved limb, along its surface.
        pixel: mm, in the middle.
    """

    def __init__(self, x: Field, y: Field, pixel: float) -> None:
        self.x, self.y, self.pixel = x, y, pixel
        self.shape: tuple[int, int] = (x.shape[0], x.shape[1])
        self.size = max(self.shape)
        middle = (self.shape[0] // 2, self.shape[1] // 2)
        self.view = View(self.size, self.size * pixel, shift=(float(x[middle]), float(y[middle])))

    @cached_property
    def coarse(self) -> tuple[Field, Field]:
        """Places of every fourth row and column."""
        some = slice(_COARSE // 2, None, _COARSE) if min(self.shape) > 2 * _COARSE else slice(None)
        return np.ascontiguousarray(self.x[some, some]), np.ascontiguousarray(self.y[some, some])

    def enlarge(self, field: Field) -> Field:
        """A coarse field at full size."""
        picture = Image.fromarray(field).resize(self.shape[::-1], Image.Resampling.BICUBIC)
        return np.array(picture, dtype=np.float32)

    def full(self, value: float) -> Field:
        """The same value everywhere."""
        return np.full(self.shape, value, dtype=np.float32)

    def draw(self, paths: list[Points], widths: list[NDArray[np.float64]]) -> Field:  # type: ignore[override]
        """Coverage 0..1 of lines; see `Canvas.draw`. Curvature is left out."""
        square = super().draw(paths, widths)
        top, left = (self.size - self.shape[0]) // 2, (self.size - self.shape[1]) // 2
        return square[top : top + self.shape[0], left : left + self.shape[1]]

    def window(self, rows: slice, columns: slice) -> Frame:
        """A part of it."""
        return Frame(self.x[rows, columns], self.y[rows, columns], self.pixel)


def seen(canvas: Canvas, smallest: float) -> float:
    """A length in mm, but not smaller than what three pixels show."""
    return max(smallest, 3.0 * canvas.pixel)


def flat(height: int, width: int, pixel: float) -> Frame:
    """A flat rectangle whose middle is (0, 0)."""
    across = (np.arange(width, dtype=np.float32) - np.float32(0.5 * (width - 1))) * np.float32(pixel)
    down = (np.arange(height, dtype=np.float32) - np.float32(0.5 * (height - 1))) * np.float32(pixel)
    x, y = np.meshgrid(across, down)
    return Frame(x, y, pixel)


@dataclass(frozen=True)
class Scene:
    """Skin while it is being painted; windows of it share its pixels.

    Attributes:
        layers: what is in the skin.
        gloss: 0 (dull) to 1 (wet): how much of the light it mirrors.
        numbers: (height, width) int32, number of the lesion in each pixel, from 1; 0 where there is none.
    """

    canvas: Frame
    layers: Layers
    person: Person
    gloss: Field
    numbers: NDArray[np.int32]

    def window(self, centre: tuple[float, float], reach: float) -> Scene | None:
        """The rectangle that holds what lies within ``reach`` mm of a place, or None where none does."""
        near = (np.abs(self.canvas.x - np.float32(centre[0])) < reach) & (
            np.abs(self.canvas.y - np.float32(centre[1])) < reach
        )
        rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
        if len(rows) < 2 or len(columns) < 2:
            return None
        part = (slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))
        layers = Layers(**{f.name: getattr(self.layers, f.name)[part] for f in fields(Layers)})
        return Scene(self.canvas.window(*part), layers, self.person, self.gloss[part], self.numbers[part])
