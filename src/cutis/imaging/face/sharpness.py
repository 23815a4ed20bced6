"""How fine the detail is that a photo really holds, whatever its pixels.

A lens out of focus or a shaken hand spreads every edge. The sharpest edges of a face are those of lashes,
lids, iris and brows: their width is the photo's. Skin is not asked: smooth skin is no sign of blur.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.face.refusals import Refusal
from cutis.imaging.face.values import Face
from cutis.imaging.face.warp import cut, placed

COARSEST_BLUR = 0.75  # mm: deviation of the spread beyond which neither pores nor fine lines are left
_FINEST = 0.12  # mm per pixel of the copies that are looked at: none finer is needed
_PART = (48.0, 32.0)  # mm of each eye's surroundings, with its brow
_REACH = 1.8  # mm around an edge within which its foot and its top lie
_EDGES = 0.03  # share of pixels with the steepest edges
_SHARPEST = 35.0  # percentile of their widths


def blur_of(rgb: NDArray[np.uint8], face: Face) -> float:
    """Deviation of the spread of an edge in mm; not below half of what a pixel shows."""
    each = max(_FINEST, face.mm_per_pixel)
    widths = []
    for side in (-1.0, 1.0):
        middle = face.pose.place(np.array([[side * 32.0, -6.0, 0.0]]))[0]
        size = round(_PART[0] / each), round(_PART[1] / each)
        matrix = placed(face, (float(middle[0]), float(middle[1])), size, each)
        width = _width(cut(rgb, matrix, size), round(_REACH / each))
        if width is not None:
            widths.append(width)
    if not widths:
        return float("inf")
    return max(min(widths), 0.5) * each


def _width(part: NDArray[np.uint8], reach: int) -> float | None:
    """Deviation in pixels of the sharper ones of the steepest edges, or None where there is none."""
    import cv2

    grey: Any = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey = cv2.GaussianBlur(grey, (0, 0), 0.6)  # noise has edges too
    slope = np.hypot(cv2.Sobel(grey, -1, 1, 0, scale=1 / 8), cv2.Sobel(grey, -1, 0, 1, scale=1 / 8))
    near = np.ones((2 * max(reach, 4) + 1,) * 2, dtype=np.uint8)
    height = cv2.dilate(grey, near) - cv2.erode(grey, near)
    steep = (slope >= np.quantile(slope, 1 - _EDGES)) & (height > 25)
    if steep.sum() < 12:
        return None
    # A step of height h, spread by a deviation s, is at most h / (s * sqrt(2 pi)) steep.
    width = height[steep] / np.maximum(slope[steep], 1e-3) / np.sqrt(2 * np.pi)
    return float(np.percentile(width, _SHARPEST))


def blurred(rgb: NDArray[np.uint8], face: Face) -> Refusal | None:
    """The refusal of a face that is out of focus or shaken, or None."""
    spread = blur_of(rgb, face)
    if spread <= COARSEST_BLUR:
        return None
    held = "no edge" if np.isinf(spread) else f"no edge sharper than {spread:.1f} mm"
    return Refusal(
        "blurred",
        f"The photo is blurred: a pixel is {face.mm_per_pixel:.2f} mm, but around the eyes there is {held}, "
        f"and pores and fine lines need {COARSEST_BLUR:.2f} mm. Clean the lens, tap on the face to focus, "
        "hold still and use more light.",
    )
