"""A lesion with the skin around it, as a square."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import check
from cutis.imaging.lesions.values import Lesion

CONTEXT = 2.0  # side of a crop over the longer side of its lesion


def crop(rgb: NDArray[np.uint8], lesion: Lesion, context: float = CONTEXT) -> NDArray[np.uint8]:
    """Cut out a lesion at the photo's own resolution.

    Where the square reaches over the photo's border, the photo is mirrored there. It is never larger than the
    photo is long, since more would only be mirrored.

    Args:
        rgb: (height, width, 3) sRGB, the photo that the lesion was found in.
        lesion: of the photo.
        context: side of the square over the longer side of the lesion's box; at 2 the lesion is half as wide.

    Returns:
        (side, side, 3), with the middle of the lesion's box in its middle.

    Raises:
        ImageError: the array is not a colour photo of bytes.
        ValueError: the context is less than 1.
    """
    check(rgb)
    if not context >= 1:
        raise ValueError(f"context is {context:g}; at least 1 is needed for the lesion to be in its crop")
    box = lesion.box
    longest = max(box.bottom - box.top, box.right - box.left)
    side = max(longest, min(round(context * longest), max(rgb.shape[:2])))
    rows = _mirrored((box.top + box.bottom - side) // 2, side, rgb.shape[0])
    columns = _mirrored((box.left + box.right - side) // 2, side, rgb.shape[1])
    return np.ascontiguousarray(rgb[rows[:, None], columns[None, :]])


def _mirrored(start: int, length: int, size: int) -> NDArray[np.intp]:
    """So many places from a start on, mirrored at both ends of 0 .. size - 1."""
    place = np.mod(np.arange(start, start + length), 2 * size)
    return np.where(place < size, place, 2 * size - 1 - place)
