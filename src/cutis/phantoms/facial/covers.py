"""What lies over skin: its coverage and colour."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cutis.phantoms.canvas import Field


@dataclass
class Cover:
    """What lies over skin.

    Attributes:
        share: (height, width) 0 to 1.
        colour: (3,) or (3, height, width) reflectance by camera band.
    """

    share: Field
    colour: NDArray[np.float32]


@dataclass
class Features:
    """Everything over the skin.

    Attributes:
        covers: in the order in which they are laid over the lit skin.
        shade: (height, width) factor of light: lid folds, nostril rims, hair's shadow.
    """

    covers: list[Cover] = field(default_factory=list)
    shade: Field | float = 1.0
