"""Glasses and masks: what covers a face so that it cannot be judged as a whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.face.refusals import Refusal
from cutis.imaging.face.values import Face


def covered(rgb: NDArray[np.uint8], face: Face) -> list[Refusal]:
    """What covers the eyes or the lower face."""
    return []
