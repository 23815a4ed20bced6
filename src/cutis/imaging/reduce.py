"""A small copy of a photo for what needs no detail, and maps of the copy back at the photo's size."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import Map, check

_FINER = 3  # rows and columns that are averaged for one of the copy; what lies between is skipped


def reduced(rgb: NDArray[np.uint8], pixels: int) -> NDArray[np.uint8]:
    """A copy of at most about so many pixels, aspect kept; a photo that is small enough as it is.

    Every pixel is an average of at least 3 x 3 pixels, not of all: reading 12 megapixels takes longer than
    everything that follows.

    Args:
        rgb: (height, width, 3) sRGB.
        pixels: of the copy.

    Raises:
        ImageError: the array is not a colour photo of bytes.
    """
    import cv2

    check(rgb)
    height, width = rgb.shape[:2]
    shrink = np.sqrt(height * width / pixels)
    if shrink <= 1:
        return np.ascontiguousarray(rgb)
    down, across = max(1, round(height / shrink)), max(1, round(width / shrink))
    skip_down, skip_across = (max(1, n // (_FINER * m)) for n, m in ((height, down), (width, across)))
    kept = np.ascontiguousarray(rgb[skip_down // 2 :: skip_down, skip_across // 2 :: skip_across])
    return np.asarray(cv2.resize(kept, (across, down), interpolation=cv2.INTER_AREA))


def enlarged(small: NDArray[Any], height: int, width: int) -> Map:
    """A map of the copy at the photo's size, bilinear.

    Args:
        small: (height, width) float32 of the copy.
        height: of the photo.
        width: of the photo.
    """
    import cv2

    if small.shape == (height, width):
        return np.asarray(small, dtype=np.float32)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
