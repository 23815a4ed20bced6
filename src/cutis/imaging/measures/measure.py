"""What a measure is, and which there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import Map

Mask = NDArray[np.bool_]

UNITS: dict[str, str] = {
    "ita": "degrees",
    "fitzpatrick": "type",
    "monk": "tone",
    "erythema_index": "index",
    "melanin_index": "index",
    "spot_count": "per cm2",
    "spot_area": "percent",
    "wrinkle_length": "mm per cm2",
    "wrinkle_depth": "percent of light",
    "pore_count": "per cm2",
    "pore_area": "percent",
    "roughness": "percent of light",
    "shine": "percent",
}
NAMES: tuple[str, ...] = tuple(UNITS)


@dataclass(frozen=True, eq=False)
class Measure:
    """One measured property of an area of skin.

    Attributes:
        name: one of `NAMES`.
        value: in ``unit``; not a number where the photo cannot say, and ``words`` tell why.
        unit: as in `UNITS`.
        low: lower end of the range in which another photo of the same skin is expected 95 times of 100; not
            a number where nothing can be said.
        high: upper end.
        map: (height, width) of the photo, float32: where the measure comes from, in the unit that
            `cutis.imaging.measures` documents for it; not a number where there is no usable skin. None for a
            measure that is a single value by nature.
        words: the result in one plain sentence.
    """

    name: str
    value: float
    unit: str
    low: float
    high: float
    map: Map | None
    words: str
