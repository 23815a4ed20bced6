"""Local contrast, limited: of lightness alone, so that no colour is invented.

Contrast-limited adaptive histogram equalisation of CIELAB's lightness (Zuiderveld 1994, Graphics Gems IV
474).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import check
from cutis.imaging.colour_card.spaces import each_strip
from cutis.imaging.enhance.denoise import need_strength

_LIMIT = 2.0  # how steep the curve of a region may become
_REGIONS = 8  # across the longer side
_LEAST = 16  # pixels: with a shorter side there is nothing local


def limit_contrast(rgb: NDArray[np.uint8], strength: float = 0.3) -> NDArray[np.uint8]:
    """Raise local contrast within limits.

    Args:
        rgb: (height, width, 3) sRGB.
        strength: 0 leaves the photo as it is, 1 takes the equalised lightness whole.

    Returns:
        (height, width, 3) sRGB.

    Raises:
        ImageError: the array is not a colour photo of bytes.
        CutisError: a strength outside 0 to 1.
    """
    import cv2

    check(rgb)
    need_strength("contrast", strength, 1.0)
    if strength == 0 or min(rgb.shape[:2]) < _LEAST:
        return rgb
    lightness = np.empty(rgb.shape[:2], np.uint8)
    rows = 512
    for top in range(0, rgb.shape[0], rows):
        lab = cv2.cvtColor(np.ascontiguousarray(rgb[top : top + rows]), cv2.COLOR_RGB2LAB)
        lightness[top : top + rows] = lab[..., 0]
    regions = [max(1, round(_REGIONS * side / max(rgb.shape[:2]))) for side in rgb.shape[1::-1]]
    equalised = cv2.createCLAHE(_LIMIT, (regions[0], regions[1])).apply(lightness)
    change = (equalised.astype(np.float32) - lightness) * np.float32(strength / 2.55)
    return _with_lightness(rgb, change)


def _with_lightness(rgb: NDArray[np.uint8], change: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A photo with lightness changed and a*, b* kept.

    Args:
        rgb: (height, width, 3).
        change: (height, width) of L*.
    """
    import cv2

    done = 0

    def lightened(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
        nonlocal done
        lab = cv2.cvtColor(rows.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
        lab[..., 0] = np.clip(lab[..., 0] + change[done : done + len(rows)], 0, 100)
        done += len(rows)
        back = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
        return np.asarray(np.clip(back * np.float32(255) + np.float32(0.5), 0, 255).astype(np.uint8))

    return each_strip(rgb, lightened)
