"""The nine areas of a face, as rectangles in millimetres on it, and what can be wrong where.

Places are those of an adult's face whose pupils are 63 mm apart: (0, 0) lies midway between them, x grows
towards the person's left (the right of a photo from the front), y grows downwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MM_PER_PIXEL = 0.15
CONDITIONS = (
    "dryness",
    "texture",
    "wrinkles",
    "pores",
    "melasma",
    "lentigo",
    "ephelides",
    "dermatitis",
)
GRADES = 5  # 0 none, 1 slight, 2 moderate, 3 marked, 4 severe


@dataclass(frozen=True)
class Area:
    """A rectangle of the face.

    Attributes:
        name: left and right are the person's.
        centre: x and y of its middle, mm.
        width: mm.
        height: mm.
        conditions: those that occur there.
        views: from which it is photographed.
    """

    name: str
    centre: tuple[float, float]
    width: float
    height: float
    conditions: tuple[str, ...] = CONDITIONS
    views: tuple[str, ...] = ("front",)

    @property
    def short(self) -> float:
        """Its shorter side, mm."""
        return min(self.width, self.height)


# Melasma spares the lids, and pores there are too fine to enlarge.
_NEAR_EYES = tuple(name for name in CONDITIONS if name not in ("melasma", "pores"))

AREAS: Mapping[str, Area] = MappingProxyType(
    {
        area.name: area
        for area in (
            Area("forehead", (0.0, -45.0), 48.0, 36.0, views=("front", "left", "right")),
            Area("glabella", (0.0, -19.0), 36.0, 36.0),
            Area("periorbital_left", (40.0, 3.0), 48.0, 36.0, _NEAR_EYES, ("front", "left")),
            Area("periorbital_right", (-40.0, 3.0), 48.0, 36.0, _NEAR_EYES, ("front", "right")),
            Area("cheek_left", (41.0, 42.0), 36.0, 36.0, views=("front", "left")),
            Area("cheek_right", (-41.0, 42.0), 36.0, 36.0, views=("front", "right")),
            Area("nose", (0.0, 27.0), 36.0, 48.0),
            Area("perioral", (0.0, 69.0), 48.0, 36.0),
            Area("chin", (0.0, 96.0), 36.0, 36.0),
        )
    }
)
