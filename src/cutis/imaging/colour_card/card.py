"""A card that was found in a photo, with what its patches measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.colour_card.reference import COLUMNS, PATCH, PATCHES, PITCH_MM, ROWS, Edition
from cutis.imaging.colour_card.spaces import Floats


@dataclass(frozen=True, eq=False)
class Card:
    """A 24-patch card in a photo.

    Attributes:
        matrix: (3, 3) from a place on the card (column and row, the first patch's centre is 0, 0) to pixels.
        light: (24, 3) measured linear sRGB of the patches, row by row from dark skin to black.
        usable: (24,) whether a patch is lit, not clipped, not covered and not in glare.
        shade: (24,) light on each patch over the light on the well-lit ones, about 1; below 0.87 is shade.
        pitch_mm: from patch to patch on the card.
        edition: of the card's colours.
        notes: what the user should know, in words.
    """

    matrix: Floats
    light: Floats
    usable: NDArray[np.bool_]
    shade: Floats
    pitch_mm: float = PITCH_MM
    edition: Edition = "2014"
    notes: tuple[str, ...] = ()

    @property
    def corners(self) -> Floats:
        """(4, 2) pixels of the grid's outer corners: by dark skin, bluish green, black, white."""
        return project(self.matrix, outline())

    @property
    def pitch(self) -> float:
        """Pixels from patch to patch at the card's centre."""
        return pitch_of(self.matrix)

    @property
    def mm_per_pixel(self) -> float:
        """Millimetres per pixel where the card lies, as large as `pitch_mm` says it is."""
        return self.pitch_mm / self.pitch


@dataclass(frozen=True)
class Search:
    """What came of looking for a card.

    Attributes:
        card: None when there is none, or none that can be used.
        words: a sentence about it.
    """

    card: Card | None
    words: str


def outline(grow: float = 0.0) -> Floats:
    """(4, 2) outer corners of the grid of patches, on the card, moved outwards by so many pitches."""
    edge = PATCH / 2 + grow
    right, bottom = COLUMNS - 1 + edge, ROWS - 1 + edge
    return np.array([[-edge, -edge], [right, -edge], [right, bottom], [-edge, bottom]])


def project(matrix: NDArray[Any], points: NDArray[Any]) -> Floats:
    """(..., 2) pixels of (..., 2) places on the card."""
    seen = np.concatenate([points, np.ones((*points.shape[:-1], 1))], axis=-1) @ matrix.T
    return np.asarray(seen[..., :2] / seen[..., 2:])


def pitch_of(matrix: NDArray[Any]) -> float:
    """Pixels of a pitch at the card's centre: root of the area of the middle cell."""
    x, y = (COLUMNS - 1) / 2, (ROWS - 1) / 2
    cell = np.array([[x - 0.5, y - 0.5], [x + 0.5, y - 0.5], [x + 0.5, y + 0.5], [x - 0.5, y + 0.5]])
    return float(np.sqrt(area(project(matrix, cell))))


def area(corners: NDArray[Any]) -> float:
    """Of a polygon of (n, 2) corners."""
    x, y = corners[:, 0], corners[:, 1]
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def count_usable(usable: NDArray[np.bool_]) -> str:
    """How many patches can be used, in words."""
    return f"{int(usable.sum())} of {PATCHES} patches"
